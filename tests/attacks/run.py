"""The whole corpus graded as one class, and what came of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from grader import grading
from grader.course import labs
from grader.course.notebooks import to_bytes
from grader.grading import Order, Step
from grader.records import LabResult
from grader.sandbox import Limits
from grader.seeds import Secret
from tests.attacks import corpus, notebooks
from tests.attacks.canaries import Canaries, left, put_out, sweep
from tests.descendants import descendants

LAB = labs.named(corpus.LAB)
ATTACKS = corpus.find(LAB)
LIMITS = replace(Limits(), cpu_call=1, cpu_exercise=3, wall_factor=6)
"""Small, so that what runs into a limit does not take long."""


@dataclass
class Run:
    """What came of grading the corpus.

    Attributes:
        results: by student.
        steps: as they were told while the run went on.
        again: the steps of the same order given a second time.
        out: the folder of marks and feedback.
        canaries: what the attacks aimed at.
        shared_touched: which of the shared canaries somebody touched.
        left: temporary files, processes and shared memory that were not there before.
    """

    results: dict[str, LabResult]
    steps: list[Step]
    again: list[Step]
    out: Path
    canaries: Canaries
    shared_touched: list[str]
    left: list[str]


@contextlib.contextmanager
def everything(folder: Path) -> Iterator[Run]:
    """Grade every attack, every poisoned notebook and a bystander for each family."""
    place, out, scratch = (folder / name for name in ("class", "marks", "scratch"))
    scratch.mkdir()
    with put_out(folder) as canaries:
        for student, content in _class(canaries).items():
            path = place / student / LAB.name / f"{LAB.topic}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
        order = Order(place, out, (LAB,), 2, Secret(canaries.token.encode()), LIMITS)
        steps: list[Step] = []
        again: list[Step] = []
        before = _traces(scratch)
        usual, tempfile.tempdir = tempfile.tempdir, str(scratch)
        try:
            graded = grading.grade(order, steps.append)
            end = time.monotonic() + 20  # judges take a moment to end
            while (remains := _traces(scratch) - before) and time.monotonic() < end:
                time.sleep(0.1)
            touched = canaries.shared_touched()
            grading.grade(order, again.append)
        finally:
            tempfile.tempdir = usual
            sweep()
        by_student = {result.student: result for result in graded}
        yield Run(by_student, steps, again, out, canaries, touched, sorted(remains))


def bystander(family: str) -> str:
    """Who hands in the honest part alone, and is graded right after a family's attacks."""
    return f"{family}-~bystander"


def families() -> list[str]:
    """Return the families of all that is handed in."""
    return sorted({attack.family for attack in ATTACKS} | {notebooks.FAMILY})


def marks(result: LabResult) -> dict[str, float]:
    """Return the marks by exercise."""
    return {exercise.name: exercise.score for exercise in result.exercises}


def said(result: LabResult) -> str:
    """Return all that the student is told."""
    checks = [check for exercise in result.exercises for check in exercise.checks]
    return "\n".join([result.reason, *(check.message for check in checks)])


def _class(canaries: Canaries) -> dict[str, bytes]:
    """Return what everybody hands in, by student."""
    files = {}
    for attack in ATTACKS:
        notebook = corpus.submission(LAB, attack, canaries.constants(attack.student))
        files[attack.student] = to_bytes(notebook)
    for family in families():
        files[bystander(family)] = to_bytes(
            corpus.honest(LAB, canaries.constants(bystander(family)))
        )
    for name, poison in notebooks.find().items():
        student = notebooks.student(name)
        notebook = corpus.honest(LAB, canaries.constants(student))
        files[student] = notebooks.poisoned(poison, to_bytes(notebook))
    return files


def _traces(scratch: Path) -> set[str]:
    """What could be left behind: processes below this one, temporary files, shared memory."""
    found = {f"process {pid}" for pid in descendants(os.getpid())}
    found |= {str(path) for path in scratch.rglob("*")}
    return found | left()
