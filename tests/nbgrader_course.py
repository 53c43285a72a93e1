"""What the tests of nbgrader share: its commands as a user gives them, and its gradebook read."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from grader import grading, sandbox
from grader.course import labs
from grader.records import LabResult
from grader.seeds import PUBLIC, Secret

LAB, CHECK = "07_entropy", "check_token_entropy"
QUESTION = "question_entropy_and_truth"
RIGHT = "return torch.distributions.Categorical(logits=logits).entropy()"

Notebook = Any


def nbgrader(course: Path, *arguments: str, code: int = 0) -> str:
    """Run an nbgrader command; return what it logged."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stderr


def take_any_machine(course: Path) -> None:
    """Let the course grade on a machine with weak isolation too: the notebooks are our own."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write('c.GradeIsolated.isolation = "weak"\n')


def solved(course: Path, body: str) -> Notebook:
    """The released notebook with the stub replaced."""
    notebook = nbformat.read(course / "labs" / LAB / "entropy.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("raise NotImplementedError()", body)
    return notebook


def hand_in(course: Path, student: str, content: Notebook | bytes) -> Path:
    """Put a notebook, or a file's bytes, into a student's folder."""
    folder = course / "submitted" / student / LAB
    folder.mkdir(parents=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path = folder / "entropy.ipynb"
    path.write_bytes(data)
    return path


def changed(notebook: Notebook, change: Callable[[Notebook], object]) -> Notebook:
    """A copy with something done to it."""
    other = copy.deepcopy(notebook)
    change(other)
    return other


def cell(notebook: Notebook, grade_id: str) -> Notebook:
    """The cell with nbgrader's name."""
    return next(c for c in notebook.cells if c.id == grade_id)


def graded_by_us(
    course: Path, place: Path, out: Path, names: tuple[str, ...], secret: Secret = PUBLIC
) -> list[LabResult]:
    """What ``python -m grader grade`` makes of the same folder."""
    found = {**labs.find(), **labs.find(course)}
    order = grading.Order(
        place=place,
        out=out,
        labs=tuple(found[name] for name in names),
        workers=1,
        secret=secret,
        rungs=sandbox.rungs(),
    )
    return list(grading.grade(order, lambda step: None))


def in_gradebook(database: Path, lab: str) -> dict[str, dict[str, float | None]]:
    """What nbgrader's gradebook holds: student -> cell -> automatic score."""
    with Gradebook(f"sqlite:///{database}") as book:
        return {
            submission.student.id: {grade.name: grade.auto_score for grade in notebook.grades}
            for submission in book.assignment_submissions(lab)
            for notebook in submission.notebooks
        }


def in_results(results: list[LabResult]) -> dict[str, dict[str, float]]:
    """The same of our results: student -> check cell -> score; nothing for who handed in none."""
    return {
        result.student: {f"check_{e.name}": e.score for e in result.exercises}
        for result in results
        if result.status != "missing"
    }


def of_checks(marks: dict[str, dict[str, float | None]]) -> dict[str, dict[str, float | None]]:
    """The gradebook without the written questions."""
    return {
        student: {name: mark for name, mark in cells.items() if name.startswith("check_")}
        for student, cells in marks.items()
    }
