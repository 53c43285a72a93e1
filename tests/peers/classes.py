"""The class that all graders get, and a lab's notebooks as another grader needs them.

A notebook as a student hands it in trains and loads models between the exercises, and a grader that
runs notebooks runs that too. `lean` takes it out: imports, definitions and exercises stay, which is
what our own worker runs. So the comparison is kind to those who run everything.
"""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

from grader.course import notebooks
from grader.course.labs import Lab
from grader.judging.extract import extract
from tests import sample_class

Notebook = Any
_HIDDEN = """\
### BEGIN HIDDEN TESTS
from tests.peers import bridge
bridge.score({lab!r}, {exercise!r}, globals())
### END HIDDEN TESTS"""


def pupils(lab: Lab, count: int) -> dict[str, Notebook]:
    """Return as many notebooks as asked for, by student.

    One of seven is all right; each of the others has one of the sample class's misconceptions.
    All are solved for the planted challenge of whoever hands them in.
    """
    mistakes = [None, *sample_class.MISCONCEPTIONS.values()]
    made = {}
    for number in range(count):
        mistake, student = mistakes[number % len(mistakes)], f"student-{number:02d}"
        notebook = sample_class.solved(lab, student)
        if mistake is not None:
            exercise, name = mistake
            code = sample_class.as_cell(lab, "misconceptions", exercise, name)
            sample_class.write(notebook, exercise, code)
        made[student] = notebook
    return made


def source(lab: Lab) -> Notebook:
    """Return the solution notebook with our hidden checks in its check cells."""
    notebook = notebooks.solution_notebook(lab.cells, lab.name)
    for cell in notebook.cells:
        if exercise := _checks(cell):
            cell.source += "\n" + _HIDDEN.format(lab=lab.name, exercise=exercise)
    return notebook


def lean(notebook: Notebook, lab: Lab) -> Notebook:
    """Return a notebook without its experiments; check cells keep their hidden part alone."""
    left = copy.deepcopy(notebook)
    kept = _statements(notebook, lab)
    exercises = {exercise.name for exercise in lab.exercises}
    number, cells = 0, []
    for cell in left.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code":
            number += 1
            if _checks(cell):
                _, begin, hidden = cell.source.partition("### BEGIN HIDDEN")
                cell.source = begin + hidden
            elif marks.get("grade_id") not in exercises:
                cell.source = "\n".join(kept.get(number, []))
            if cell.source or marks:
                cells.append(cell)
        elif marks:  # a written question: nbgrader wants its cell
            cells.append(cell)
    left.cells = cells
    return left


def supplement(lab: Lab, folder: Path) -> None:
    """Copy what lies beside the notebook of a lab."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in lab.released.iterdir():
        if path.is_file() and path.suffix in (".py", ".json"):
            (folder / path.name).write_bytes(path.read_bytes())


def write(notebook: Notebook, path: Path) -> None:
    """Write a notebook; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook))


def _checks(cell: Any) -> str:
    """Return the exercise that a cell checks, or ""."""
    marks = cell.metadata.get("nbgrader", {})
    is_check = cell.cell_type == "code" and marks.get("grade")
    return str(marks["grade_id"]).removeprefix("check_") if is_check else ""


def _statements(notebook: Notebook, lab: Lab) -> dict[int, list[str]]:
    """What grading runs, by code cell."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notebook.ipynb"
        write(notebook, path)
        program = extract(path, [exercise.name for exercise in lab.exercises])
    kept: dict[int, list[str]] = {}
    for statement in program.statements:
        kept.setdefault(statement.cell, []).append(statement.source)
    return kept
