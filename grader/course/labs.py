"""The labs of the course, found by looking: every ``solutions/NN_topic/topic.nb.py`` is one.

A lab's exercises, points and questions are read from that file; its hidden checks lie in
``grader/checks/NN_topic``. Nothing is registered anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.course import source
from grader.course.source import Cell
from grader.errors import UserError
from grader.records import ManualQuestion

ROOT = Path(__file__).resolve().parents[2]
_FOLDER = re.compile(r"\d\d_[a-z0-9_]+")


@dataclass(frozen=True)
class Exercise:
    """One thing a student writes: a function, a class or a variable of that name."""

    name: str
    points: float
    cell: Cell
    seconds: int = 0  # of processor time, where it needs more than the usual limit


@dataclass(frozen=True)
class Lab:
    """One lab: where it lies and what it asks."""

    name: str  # the folder's name, such as 01_logit_lens
    topic: str  # without the number: the notebook's name
    root: Path
    cells: tuple[Cell, ...]
    exercises: tuple[Exercise, ...]
    questions: tuple[ManualQuestion, ...]

    @property
    def source(self) -> Path:
        """The one file an author edits."""
        return self.root / "solutions" / self.name / f"{self.topic}.nb.py"

    @property
    def released(self) -> Path:
        """The folder a student works in."""
        return self.root / "labs" / self.name

    @property
    def checks(self) -> Path:
        """The folder of hidden checks."""
        return self.root / "grader" / "checks" / self.name

    @property
    def max_score(self) -> float:
        """The points of all checked exercises; written questions are not in it."""
        return sum(exercise.points for exercise in self.exercises)


def find(root: Path = ROOT) -> dict[str, Lab]:
    """Find every lab, by folder name, in order.

    Raises:
        SourceError: a lab's source breaks the conventions.
    """
    folders = sorted(p for p in (root / "solutions").glob("*") if _FOLDER.fullmatch(p.name))
    labs = {}
    for folder in folders:
        topic = folder.name[3:]
        path = folder / f"{topic}.nb.py"
        if path.exists():
            labs[folder.name] = _read(folder.name, topic, root, path, path.stat().st_mtime_ns)
    return labs


def named(name: str, root: Path = ROOT) -> Lab:
    """Return one lab by its folder name, its topic or its number.

    Raises:
        UserError: no lab of that name; the message lists those there are.
    """
    labs = find(root)
    asked = name.strip().rstrip("/").rsplit("/", 1)[-1]
    for lab in labs.values():
        if asked in (lab.name, lab.topic, lab.name[:2], lab.name[:2].lstrip("0")):
            return lab
    raise UserError(f"no lab is called {name!r}: there is {', '.join(labs) or 'none yet'}")


@cache
def _read(name: str, topic: str, root: Path, path: Path, stamp: int) -> Lab:
    cells = tuple(source.read(path))
    checks = {cell.check: cell for cell in cells if cell.check is not None}
    exercises = tuple(
        Exercise(
            cell.exercise, checks[cell.exercise].points or 0.0, cell, checks[cell.exercise].seconds
        )
        for cell in cells
        if cell.exercise is not None
    )
    questions = tuple(
        ManualQuestion(cell.question, cell.points or 0.0)
        for cell in cells
        if cell.question is not None
    )
    return Lab(name, topic, root, cells, exercises, questions)
