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
from functools import lru_cache
from pathlib import Path

from labkit.cells import statements
from labkit.leaning import loaded_names, survivors

from grader import reading
from grader.faults import NOT_WRITTEN
from grader.reading import MAX_BYTES as MAX_BYTES
from grader.reading import MAX_CELLS as MAX_CELLS
from grader.reading import Cell, Notebook
from grader.reading import Unreadable as Unreadable
from grader.records import Program, Statement

_SHORT = 4_000  # characters
_CELL_MAGIC = re.compile(r"\s*(%%\w+)")


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
    parsed = [(statement.cell, node) for statement in program for node in _parse(statement)]
    defined = set().union(*(_defined_by(node) | _imported_by(node) for _, node in parsed))
    notes = [notebook.note] if notebook.note else []
    broken = {}
    for name in exercises:
        invalid = {
            number: f"code cell {number} is not valid Python: {why}"
            for number, why in found.broken.items()
            if code[number - 1].grade_id == name or _seems_to_define(code[number - 1].source, name)
        }
        places = [cell for cell, node in parsed if _is_definition(node, name)]
        # A variable that is filled in step by step is nobody's mistake.
        functions = [c for c, node in parsed if _is_definition(node, name) and _has_body(node)]
        if name in defined:
            last = places[-1] if places else 0
            notes += _of_several(name, places, functions, code)
            if _is_unwritten(name, parsed):  # every check would only find it out again
                broken[name] = NOT_WRITTEN
            notes += [
                f"{why}; the {name!r} of code cell {last} was graded"
                for number, why in invalid.items()
                if number > last > 0
            ]
        elif invalid:
            broken[name] = list(invalid.values())[-1]
        elif name in found.left_out:
            broken[name] = (
                f"{name!r} is made by code cell {found.left_out[name]} inside something that "
                "grading does not run: define it at the top level of a cell"
            )
        elif why := _not_run(name, notebook):
            broken[name] = why
        else:
            notes.append(f"{name!r} is not in the notebook: its cell was removed or renamed")
    return Program(program, found.left_out, tuple(notes), broken)


def _has_body(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _is_unwritten(name: str, parsed: Sequence[tuple[int, ast.stmt]]) -> bool:
    """Is there nothing of a function but what was given: a docstring and NotImplementedError?"""
    nodes = [node for _, node in parsed]
    if any("*" in _imported_by(node) for node in nodes):  # it may come from there
        return False
    match [node for node in nodes if name in _defined_by(node) | _imported_by(node)]:
        case [ast.FunctionDef(decorator_list=[], body=body)]:
            pass
        case _:
            return False
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    match body:
        case [ast.Raise(exc=ast.Name(id=raised) | ast.Call(func=ast.Name(id=raised)))]:
            return raised == "NotImplementedError"
    return False


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
            for defined in _defined_by(node):
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
        if imports or any(_defined_by(node) & wanted for node in nodes):
            kept.append(statement)
    return Program(tuple(kept))


def literal(program: Program, name: str) -> object:
    """Return the value of the last literal assignment to ``name``, or None."""
    value: object = None
    for statement in program.statements:
        for node in _parse(statement):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            if name in _defined_by(node):
                try:
                    value = ast.literal_eval(node.value)
                except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                    value = None
    return value


def _parse(statement: Statement) -> list[ast.stmt]:
    # Most of a class's statements are the same; long ones are not worth the memory.
    source = statement.source
    return _parsed_before(source) if len(source) <= _SHORT else _parsed(source)


def _parsed(source: str) -> list[ast.stmt]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a string is the student's affair
        try:
            return ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []  # read once, but at the very edge of how deep Python reads


_parsed_before = lru_cache(maxsize=256)(_parsed)


def _defined_by(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.If | ast.Try):
        return set().union(*(_defined_by(part) for part in statements(node)))
    targets = (
        node.targets if isinstance(node, ast.Assign)
        else [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign)
        else []
    )  # fmt: skip
    names = set()
    for target in targets:
        root: ast.AST = target
        while isinstance(root, ast.Attribute | ast.Subscript):  # Class.method = ... is of Class
            root = root.value
        names |= {part.id for part in ast.walk(root) if isinstance(part, ast.Name)}
    return names


def _imported_by(node: ast.stmt) -> set[str]:
    parts = statements(node) if isinstance(node, ast.If | ast.Try) else iter([node])
    imports = [part for part in parts if isinstance(part, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for part in imports for alias in part.names}


def _is_definition(node: ast.stmt, name: str) -> bool:
    """Does a statement define a name from nothing, rather than change what it was?"""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        plain = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        return plain and node.value is not None and name not in loaded_names(node)
    return not isinstance(node, ast.AugAssign) and name in _defined_by(node)


def _seems_to_define(source: str, name: str) -> bool:
    own = re.escape(name)
    pattern = rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{own}\b|^{own}[ \t]*="
    return re.search(pattern, source, re.MULTILINE) is not None
