"""From a notebook to the program a worker runs: imports, definitions and constants, in order.

Everything here reads hostile text and runs none of it. What a student may damage without losing
their work: metadata, cell ids and order (a function is found by its name), outputs, check cells,
other cells. Where a function is not found, the program says what became of it.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from labkit.bindings import Part, defined_by, has_body, imported_by, is_definition, is_unwritten
from labkit.leaning import loaded_names, survivors

from grader.intake import reading
from grader.intake.reading import MAX_BYTES as MAX_BYTES
from grader.intake.reading import MAX_CELLS as MAX_CELLS
from grader.intake.reading import Cell, Notebook
from grader.intake.reading import Unreadable as Unreadable
from grader.line.faults import NOT_WRITTEN
from grader.records import Program, Statement

_CELL_MAGIC = re.compile(r"\s*(%%\w{1,30})")


def extract(path: Path, exercises: Sequence[str]) -> Program:
    """Read a notebook and keep what grading runs.

    Args:
        path: the submitted notebook, any nbformat from 2 on.
        exercises: the names the lab asks for; an assignment to one of them is always kept.

    Raises:
        Unreadable: no notebook, with the reason as one sentence.
    """
    notebook = reading.read(path)
    code = notebook.code
    found = survivors([cell.source for cell in code], keep=exercises)
    program = tuple(Statement(k.source, k.cell, k.line) for k in found.kept)
    parsed = [
        Part(kept.cell, kept.node, defined_by(kept.node), imported_by(kept.node))
        for kept in found.kept
    ]
    defined = set().union(*(part.defined | part.imported for part in parsed))
    notes = [notebook.note] if notebook.note else []
    broken = {}
    for name in exercises:
        invalid = {
            number: f"code cell {number} is not valid Python: {why}"
            for number, why in found.broken.items()
            if code[number - 1].grade_id == name or _seems_to_define(code[number - 1].source, name)
        }
        definitions = [p for p in parsed if name in p.defined and is_definition(p.node, name)]
        places = [part.cell for part in definitions]
        # A variable that is filled in step by step is nobody's mistake.
        functions = [part.cell for part in definitions if has_body(part.node)]
        if name in defined:
            last = places[-1] if places else 0
            notes += _of_several(name, places, functions, code)
            if is_unwritten(name, parsed):  # every check would only find it out again
                elsewhere = _elsewhere(name, invalid, found.shadowed, notebook)
                broken[name] = elsewhere or NOT_WRITTEN
            notes += [
                f"{why}; the {name!r} of code cell {last} was graded"
                for number, why in invalid.items()
                if number > last > 0
            ]
        elif invalid:
            broken[name] = list(invalid.values())[-1]
        elif name in found.left_out:
            broken[name] = _inside(name, found.left_out[name])
        elif why := _not_run(name, notebook):
            broken[name] = why
        else:
            notes.append(_lost(name, code, parsed))
    return Program(program, found.left_out, tuple(notes), broken)


def _elsewhere(
    name: str, invalid: dict[int, str], shadowed: dict[str, int], notebook: Notebook
) -> str:
    """Say where a function is written that was not filled in where it was given, if it is."""
    if invalid:
        return list(invalid.values())[-1]
    if name in shadowed:
        return _inside(name, shadowed[name])
    return _not_run(name, notebook)


def _lost(name: str, code: Sequence[Cell], parts: Sequence[Part]) -> str:
    """Say what became of a name that nothing defines."""
    own = [number for number, cell in enumerate(code, start=1) if cell.grade_id == name]
    others = sorted({other for part in parts if part.cell in own for other in part.defined})
    if others:
        listed = ", ".join(map(repr, others[:5]))
        return f"{name!r} is not in the notebook: code cell {own[0]} defines {listed} in its place"
    return f"{name!r} is not in the notebook: its cell was removed or renamed"


def _inside(name: str, cell: int) -> str:
    return (
        f"{name!r} is made by code cell {cell} inside something that grading does not run: "
        "define it at the top level of a cell"
    )


def _of_several(
    name: str, places: list[int], functions: list[int], code: Sequence[Cell]
) -> list[str]:
    """Say which definition counts, where there is more than one."""
    cells = sorted(set(places))
    if len(cells) > 1:
        listed = ", ".join(map(str, cells[:-1][:20])) + f" and {cells[-1]}"
        return [f"{name!r} is defined in code cells {listed}; the last one was graded"]
    if len(functions) > 1:
        return [
            f"{name!r} is defined {len(functions)} times in code cell {cells[0]}; "
            "the last one was graded"
        ]
    if (count := sum(cell.grade_id == name for cell in code)) > 1:
        graded = f"; the one that defines it, code cell {cells[0]}, was graded" if cells else ""
        return [f"cell {name!r} stands {count} times in the notebook{graded}"]
    return []


def _not_run(name: str, notebook: Notebook) -> str:
    """Say which cell would define a name, were it run; nothing when there is none."""
    numbers: Counter[str] = Counter()
    for cell in notebook.cells:
        numbers[cell.kind] += 1
        own = cell.grade_id == name
        if own and cell.damaged:
            return f"cell {name!r} is damaged: its source is no text"
        if not own and (name not in cell.source or not _seems_to_define(cell.source, name)):
            continue
        if cell.kind != "code":
            kind = cell.kind if cell.kind in ("markdown", "raw") else "damaged"
            return f"{name!r} stands in a {kind} cell, which is not run: make it a code cell again"
        if magic := _CELL_MAGIC.match(cell.source):
            return (
                f"code cell {numbers['code']} begins with {magic[1]}, so what stands in it does "
                "not run in the notebook: take that line out"
            )
    return ""


def uses(program: Program, name: str) -> set[str]:
    """Return every name that ``name``'s code reads, directly or through the notebook's own code."""
    reads: dict[str, set[str]] = {}
    for statement in program.statements:
        for node in _parse(statement):
            for defined in defined_by(node):
                reads.setdefault(defined, set()).update(loaded_names(node))
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        for read in reads.get(waiting.pop(), set()):
            if read not in reached:
                reached.add(read)
                waiting.append(read)
    return reached


def needed(program: Program, names: Sequence[str]) -> Program:
    """Cut a program down to its imports and the definitions that ``names`` lead to."""
    wanted = set(names).union(*(uses(program, name) for name in names))
    kept = []
    for statement in program.statements:
        nodes = _parse(statement)
        imports = all(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes)
        if imports or any(defined_by(node) & wanted for node in nodes):
            kept.append(statement)
    return Program(tuple(kept))


def literal(program: Program, name: str) -> object:
    """Return the value of the last literal assignment to ``name``, or None."""
    value: object = None
    for statement in program.statements:
        for node in _parse(statement) if name in statement.source else []:
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            if name in defined_by(node):
                try:
                    value = ast.literal_eval(node.value)
                except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                    value = None
    return value


def _parse(statement: Statement) -> list[ast.stmt]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a string is the student's affair
        try:
            return ast.parse(statement.source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []  # read once, but at the very edge of how deep Python reads


def _seems_to_define(source: str, name: str) -> bool:
    own = re.escape(name)
    pattern = rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{own}\b|^{own}[ \t]*="
    return re.search(pattern, source, re.MULTILINE) is not None
