"""From a notebook to the program a worker runs: imports, definitions and constants, in order.

Everything here reads hostile text and runs none of it. What a student may damage without losing
their work: metadata, cell ids and order (a function is found by its name), outputs, check cells,
other cells. What cannot be read at all is one sentence.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labkit.cells import statements
from labkit.leaning import loaded_names, survivors

from grader.records import Program, Statement

MAX_BYTES = 64 << 20
MAX_CELLS = 5_000
MAX_CODE = 500_000


class Unreadable(Exception):
    """The file is no notebook that could be graded; the text is the reason, for people."""


def extract(path: Path, exercises: Sequence[str]) -> Program:
    """Read a notebook and keep what grading runs.

    Args:
        path: the submitted notebook, any nbformat from 2 on.
        exercises: the names the lab asks for; an assignment to one of them is always kept.

    Raises:
        Unreadable: no notebook, with the reason as one sentence.
    """
    cells = _code_cells(path)
    found = survivors([source for _, source in cells], keep=exercises)
    statements = tuple(Statement(k.source, k.cell, k.line) for k in found.kept)
    defined = {name for statement in statements for name in _defines(statement)}
    broken = {}
    for name in exercises:
        for number, why in found.broken.items():
            grade_id, source = cells[number - 1]
            if name not in defined and (grade_id == name or _seems_to_define(source, name)):
                broken[name] = f"code cell {number} is not valid Python: {why}"
    notes = [
        f"cell {name!r} stands {count} times in the notebook; the last one was graded"
        for name, count in Counter(grade_id for grade_id, _ in cells).items()
        if name in exercises and count > 1
    ]
    notes += [
        f"{name!r} is not in the notebook: its cell was removed or renamed"
        for name in exercises
        if name not in defined and name not in broken
    ]
    return Program(statements, found.left_out, tuple(notes), broken)


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


def _code_cells(path: Path) -> list[tuple[str, str]]:
    """Return (grade_id, source) of each code cell."""
    document = _document(path)
    # By hand, not by nbformat: that fails on damage, and copies outputs, which do not matter here.
    sheets = document.get("worksheets")  # where they stood before nbformat 4
    lists = [part.get("cells") for part in (document, *_dicts(sheets))]
    cells = [cell for part in lists if isinstance(part, list) for cell in part]
    if not any(isinstance(part, list) for part in lists):
        raise Unreadable("the notebook's format is damaged: it has no list of cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells)} cells, over the limit of {MAX_CELLS}")
    result = []
    for cell in _dicts(cells):
        if cell.get("cell_type") != "code":
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if isinstance(source, str):
            result.append((_grade_id(cell), source))
    if (size := sum(len(source) for _, source in result)) > MAX_CODE:
        raise Unreadable(
            f"the notebook has {size} characters of code, over the limit of {MAX_CODE}"
        )
    return result


def _document(path: Path) -> dict[str, Any]:
    """Read a notebook's JSON object."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Unreadable(
                f"the file has {size >> 20} MB, over the limit of {MAX_BYTES >> 20} MB: "
                "clear the outputs and submit again"
            )
        data = path.read_bytes()
        text = data.decode(json.detect_encoding(data))
    except OSError as error:
        raise Unreadable(f"the file cannot be opened: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not text, so it is not a notebook") from error
    if not text.strip():
        raise Unreadable("the file is empty")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            f"the file is not valid JSON ({_short(error)}): it was cut off or edited by hand"
        ) from error
    if type(document) is not dict or not document.keys() & {"nbformat", "cells", "worksheets"}:
        raise Unreadable("the file is JSON but not a notebook")
    return document


def _dicts(value: object) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _grade_id(cell: dict[str, object]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return grade_id if isinstance(grade_id, str) else ""


def _parse(statement: Statement) -> list[ast.stmt]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a string is the student's affair
        try:
            return ast.parse(statement.source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []  # read once, but at the very edge of how deep Python reads


def _defines(statement: Statement) -> set[str]:
    return set().union(*(_defined_by(node) for node in _parse(statement)))


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


def _seems_to_define(source: str, name: str) -> bool:
    pattern = rf"^\s*(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*="
    return re.search(pattern, source, re.MULTILINE) is not None


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
