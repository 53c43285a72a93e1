"""A submission as nbgrader can work on it, and a result as nbgrader can read it.

nbgrader ends the batch, for everyone after, at a cell with incomplete metadata, loses a student
whose file is no notebook, and gives no mark for a check cell that was deleted. So `readable` hands
it a notebook that is whole whatever was handed in: the student's cells where they can be read, the
released notebook where they cannot. `show` writes the scores where nbgrader looks for them.

Not here: the marks. They come from the judge, which reads the submitted file itself.
"""

from __future__ import annotations

import copy
import html
import json
import re
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.nbgraderformat import (
    MetadataValidator,
    SchemaTooNewError,
    SchemaTooOldError,
    ValidationError,
)

from grader.course import notebooks
from grader.course.labs import Lab
from grader.judging import extract
from grader.records import CheckResult, ExerciseResult, LabResult

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MAKE = {
    "code": nbformat.v4.new_code_cell,
    "markdown": nbformat.v4.new_markdown_cell,
    "raw": nbformat.v4.new_raw_cell,
}


def readable(path: Path | None, lab: Lab) -> NotebookNode:
    """Make a whole notebook of a submission: its cells, without outputs, every check in place.

    Args:
        path: what was handed in; None where there is nothing that may be opened.
        lab: whose released notebook gives what is missing.
    """
    notebook = _released(lab)
    # Anything may go wrong here, and all of it is the file's doing: the mark hangs on none of it.
    try:
        cells = _cells(path) if path is not None else []
    except Exception:
        cells = []
    if cells:
        notebook.cells = _restored(cells, notebook.cells)
    return notebook


def show(notebook: NotebookNode, result: LabResult) -> None:
    """Write each exercise's score and reasons into its check cell, as the cell's output."""
    by_name = {f"check_{exercise.name}": exercise for exercise in result.exercises}
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        exercise = by_name.get(marks.get("grade_id"))
        if exercise is None or not marks.get("grade"):
            continue
        # nbgrader refuses more than the cell's points, and rounding must not get there.
        score = min(exercise.score, float(marks.points))
        data = {"text/plain": repr(score), "text/html": _feedback(exercise, result)}
        cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]
        cell.execution_count = 1


def _released(lab: Lab) -> NotebookNode:
    return copy.deepcopy(_student_notebook(lab))


@cache
def _student_notebook(lab: Lab) -> NotebookNode:
    return notebooks.student_notebook(lab.cells, lab.name)


def _cells(path: Path) -> list[NotebookNode]:
    """Read a notebook's cells and keep of each what nbgrader and its pages can work with."""
    if path.stat().st_size > extract.MAX_BYTES:
        return []
    data = path.read_bytes()
    text = data.decode(json.detect_encoding(data))
    try:
        found = nbformat.reads(text, as_version=4).cells
    except Exception:  # it refuses a notebook of no version it knows; the cells may be fine
        found = nbformat.from_dict(json.loads(text)["cells"])
    if len(found) > extract.MAX_CELLS:
        return []
    cells = []
    taken: set[str] = set()
    for cell in found:
        if not isinstance(cell, dict) or cell.get("cell_type") not in _MAKE:
            continue
        source = cell.get("source", "")
        lines = source if isinstance(source, str) else "".join(map(str, source or ""))
        # Half of a surrogate pair is legal JSON, and nothing can write it.
        new = _MAKE[cell["cell_type"]](lines.encode("utf-8", "replace").decode())
        name = cell.get("id")
        if isinstance(name, str) and _ID.fullmatch(name) and name not in taken:
            new["id"] = name
        taken.add(new["id"])
        metadata = cell.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("nbgrader"), dict):
            new.metadata.nbgrader = metadata["nbgrader"]
        if isinstance(cell.get("attachments"), dict) and new.cell_type == "markdown":
            new.attachments = cell["attachments"]
        cells.append(new)
    return cells


def _restored(cells: list[NotebookNode], released: list[NotebookNode]) -> list[NotebookNode]:
    """Drop nbgrader's metadata where it is broken or there twice, and add what is missing."""
    wanted = {c.metadata.nbgrader.grade_id: c for c in released if "nbgrader" in c.metadata}
    held = set()
    for place, cell in reversed(list(enumerate(cells))):  # of two of one name the last counts
        name = _valid_name(cell)
        if name is None or name not in wanted or name in held:
            cell.metadata.pop("nbgrader", None)
            continue
        held.add(name)
        kind = wanted[name].cell_type
        if cell.cell_type != kind:
            cells[place] = _MAKE[kind](cell.source, metadata=cell.metadata, id=cell["id"])
    for cell in reversed(cells):
        name = cell["id"]
        if name in wanted and name not in held and cell.cell_type == wanted[name].cell_type:
            held.add(name)
            cell.metadata.nbgrader = wanted[name].metadata.nbgrader
    missing = [c for n, c in wanted.items() if n not in held and c.metadata.nbgrader.grade]
    taken = {cell["id"] for cell in cells}
    for cell in missing:
        if cell["id"] in taken:
            cell["id"] = nbformat.v4.new_code_cell()["id"]
    return cells + missing


def _valid_name(cell: NotebookNode) -> str | None:
    """The grade id of a cell whose metadata nbgrader will accept."""
    try:
        MetadataValidator().validate_cell(cell)
        name = cell.metadata.nbgrader.grade_id
    except (ValidationError, SchemaTooOldError, SchemaTooNewError):
        return None
    except (AttributeError, TypeError, KeyError, ValueError):  # of another type than it should be
        return None
    return name if isinstance(name, str) else None


def _feedback(exercise: ExerciseResult, result: LabResult) -> str:
    """One line per check; a student's own words are text here, never markup."""
    if not exercise.checks:
        return f"<p>{html.escape(result.reason or 'not graded')}</p>"
    items = "".join(f"<li>{_line(check)}</li>" for check in exercise.checks)
    return f"<p>{exercise.score:g} of {exercise.max_score:g} points</p><ul>{items}</ul>"


def _line(check: CheckResult) -> str:
    message = check.message
    if check.status == "FAULT":  # what broke in a check is for the instructor, and may quote it
        message = "This check broke through our own fault and does not count."
    sentence = html.escape(message or check.id.replace("_", " ")).replace("\n", "<br>")
    text = f"<b>{check.status}</b> {sentence}"
    if check.misconception:
        text += f"<br><i>{html.escape(check.misconception)}</i>"
    return text
