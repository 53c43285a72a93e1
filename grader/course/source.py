"""The single source of a lab: parses ``topic.nb.py`` into cells and refuses what is wrong with it.

A ``.nb.py`` is a jupytext percent file. Options on a cell's ``# %%`` line say what the cell is:

- ``exercise="name"``: a solution cell, which defines ``name``; the solution stands between lines
  ``### BEGIN SOLUTION`` and ``### END SOLUTION``;
- ``check="name" points=2``: the visible check of that exercise, and its points; ``seconds=90``
  allows it more processor time than an exercise usually has;
- ``[markdown] question="name" points=2``: a written question, its model answer between the same
  marks;
- none: prose and given code.

Whatever a lab author can get wrong raises ``SourceError``, one line that names the place and the
remedy. Not here: the notebooks made of the cells (``notebooks``), hidden checks (``labs``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

import jupytext
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from grader.errors import UserError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
KEYS = ("exercise", "check", "question", "points", "seconds")
JUPYTEXT_OWN = ("lines_to_next_cell",)  # layout that jupytext remembers; no author wrote it
MARK = re.compile(r"^(#\s*%%.*?)\s*$")
LINE_OPTION = re.compile(r"[ \t]source_line=(\d+)[ \t]*$", re.MULTILINE)


class SourceError(UserError):
    """A lab author's mistake; the text is ``file:line: what to do``."""


@dataclass(frozen=True)
class Cell:
    """One cell of a ``.nb.py``; at most one of exercise, check and question is set."""

    kind: Literal["code", "markdown"]
    source: str
    exercise: str | None
    check: str | None
    question: str | None
    points: float | None
    index: int  # 0-based position in the notebook
    line: int  # 1-based line of its ``# %%`` in the file
    seconds: int = 0  # of processor time, where a check grants more than the usual

    @property
    def grade_id(self) -> str | None:
        """nbgrader's name for the cell; None for prose and given code."""
        if self.exercise:
            return self.exercise
        if self.check:
            return f"check_{self.check}"
        return f"question_{self.question}" if self.question else None


def read(path: Path) -> list[Cell]:
    """Parses and validates a ``.nb.py``; raises SourceError at the first thing to mend."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}:1: cannot be read as UTF-8 text: {error}") from error
    # jupytext keeps no line numbers, so each mark carries its own through the parser. Inside a
    # string that looks like a mark the number is text again, and is taken out with the others.
    numbered = "\n".join(
        MARK.sub(rf"\1 source_line={number}", line)
        for number, line in enumerate(text.splitlines(), start=1)
    )
    if not text.strip():
        _fail(path, 1, "the file is empty: start a cell with a line `# %%`")
    notebook = jupytext.reads(numbered + "\n", fmt="py:percent")
    cells = [_cell(path, index, cell) for index, cell in enumerate(notebook.cells)]
    _validate(path, cells)
    return cells


def regions(cell: Cell) -> list[str]:
    """The text between each pair of solution marks of a cell."""
    found: list[list[str]] = []
    inside = False
    for line in cell.source.split("\n"):
        if line.strip() == BEGIN:
            found.append([])
        elif inside and line.strip() != END:
            found[-1].append(line)
        inside = line.strip() == BEGIN or (inside and line.strip() != END)
    return ["\n".join(lines) for lines in found]


def _cell(path: Path, index: int, raw: NotebookNode) -> Cell:
    """One parsed cell with its line number and its options, checked on their own."""
    options = {key: value for key, value in raw.metadata.items() if key not in JUPYTEXT_OWN}
    if "incorrectly_encoded_metadata" in options:
        text = str(options["incorrectly_encoded_metadata"])
        found = LINE_OPTION.search(" " + text)
        _fail(
            path,
            int(found[1]) if found else 1,
            f'cannot read the options `{LINE_OPTION.sub("", text)}`: write key="name" points=2',
        )
    if "source_line" not in options:
        _fail(path, 1, "text before the first cell: put `# %%` or `# %% [markdown]` above it")
    line = int(options.pop("source_line"))
    if raw.cell_type not in ("code", "markdown"):
        _fail(path, line, f"a {raw.cell_type} cell: use `# %%` or `# %% [markdown]`")
    for key in options:
        if key not in KEYS:
            _fail(path, line, f"unknown option `{key}`: only {', '.join(KEYS)} mean something")
    named = [key for key in ("exercise", "check", "question") if key in options]
    if len(named) > 1:
        _fail(path, line, f"{' and '.join(named)} on one cell: keep one of them")
    for key in named:
        if not (isinstance(options[key], str) and options[key].isidentifier()):
            _fail(path, line, f'{key}={options[key]!r}: give it a Python name, {key}="name"')
    points = options.get("points")
    if points is not None and (isinstance(points, bool) or not isinstance(points, int | float)):
        _fail(path, line, f"points={points!r}: give a number")
    seconds = options.get("seconds", 0)
    if type(seconds) is not int or not 0 <= seconds <= 600 or (seconds and named != ["check"]):
        _fail(path, line, f"seconds={seconds!r}: give a check a whole number up to 600")
    return Cell(
        kind=raw.cell_type,
        source=LINE_OPTION.sub("", raw.source),
        exercise=options.get("exercise"),
        check=options.get("check"),
        question=options.get("question"),
        points=None if points is None else float(points),
        index=index,
        line=line,
        seconds=seconds,
    )


def _validate(path: Path, cells: Sequence[Cell]) -> None:
    """What holds between the cells, and inside each."""
    seen: dict[str, Cell] = {}
    for cell in cells:
        if cell.grade_id in seen:
            first = seen[cell.grade_id].line
            _fail(path, cell.line, f"{cell.grade_id} is taken by the cell at line {first}: rename")
        if cell.grade_id:
            seen[cell.grade_id] = cell
        _validate_kind(path, cell)
        _validate_marks(path, cell)
        if cell.kind == "code":
            _validate_code(path, cell)
        if cell.check and cell.check not in seen:
            problem = f"no cell above has exercise={cell.check!r}: put the check below its exercise"
            _fail(path, cell.line, problem)
    for cell in cells:
        if cell.exercise and f"check_{cell.exercise}" not in seen:
            _fail(path, cell.line, f'no check: add a cell `# %% check="{cell.exercise}" points=1`')


def _validate_kind(path: Path, cell: Cell) -> None:
    """Code or markdown as its role asks, points where they belong."""
    wanted = "markdown" if cell.question else "code" if cell.grade_id else cell.kind
    if cell.kind != wanted:
        _fail(path, cell.line, f"{cell.grade_id} must be a {wanted} cell")
    if cell.check or cell.question:
        if cell.points is None or cell.points <= 0:
            _fail(path, cell.line, f"{cell.grade_id} has no points: add points=1 or more")
    elif cell.points is not None:
        _fail(path, cell.line, "points belong to checks and questions: take them off this cell")


def _validate_marks(path: Path, cell: Cell) -> None:
    """BEGIN and END in pairs, alone on their lines, only where a solution stands."""
    is_open = False
    lines = cell.source.split("\n")
    for offset, line in enumerate(lines, start=1):
        for mark, opens in ((BEGIN, True), (END, False)):
            if mark.removeprefix("### ") not in line:
                continue
            place = cell.line + offset
            if not (cell.exercise or cell.question):
                _fail(path, place, f"`{mark}` in a cell that is neither exercise nor question")
            if line.strip() != mark:
                _fail(path, place, f"write `{mark}` alone on its line")
            if is_open is opens:
                _fail(path, place, f"`{mark}` without its partner: they come in pairs")
            below = next((text for text in lines[offset:] if text.strip()), "")
            if opens and _indent(below) != _indent(line):
                _fail(path, place, f"indent `{mark}` as the solution below: the stub stands there")
            is_open = opens
    if is_open:
        _fail(path, cell.line, f"{cell.grade_id} opens a solution and never says `{END}`")
    if cell.exercise or cell.question:
        found = regions(cell)
        if not found:
            _fail(path, cell.line, f"{cell.grade_id} has no `{BEGIN}` ... `{END}`")
        if not all(region.strip() for region in found):
            _fail(path, cell.line, f"{cell.grade_id} has an empty solution between its marks")


def _validate_code(path: Path, cell: Cell) -> None:
    """Valid Python, with and without the solution, that defines what it says it defines."""
    versions = [("", cell.source)]
    if cell.exercise:
        region = rf"(?ms)^([ \t]*){BEGIN}[ \t]*$.*?{END}[ \t]*$"
        stub = re.sub(region, r"\1raise NotImplementedError()", cell.source)
        versions.append((" without its solution", stub))
    for which, source in versions:
        try:
            # IPython's own rules turn magics such as %matplotlib into Python.
            tree = ast.parse(TransformerManager().transform_cell(source))
        except SyntaxError as error:
            place = cell.line + (error.lineno or 0)
            _fail(path, place, f"the cell{which} is not valid Python: {error.msg}")
        if cell.exercise and cell.exercise not in _defined(tree):
            problem = f"the cell{which} does not define `{cell.exercise}`: give both one name"
            _fail(path, cell.line, problem)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _defined(tree: ast.Module) -> Iterator[str]:
    """Names that the top level of a module binds."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            if isinstance(target, ast.Name):
                yield target.id


def _fail(path: Path, line: int, problem: str) -> NoReturn:
    raise SourceError(f"{path}:{line}: {problem}")
