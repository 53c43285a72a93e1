"""Mutants graded as a class, and whether each came to what it must.

Each gets a grade or a reason that its student could act on, and none stops the run. Marks that a
mutant does not touch are those of the notebook it was made of, which is graded in the same class.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader import grading
from grader.course.labs import Lab
from grader.grading import Graded, Order, Step
from grader.pages import feedback
from grader.records import LabResult
from grader.sandbox import Limits
from grader.seeds import PUBLIC
from tests.fuzz.draft import EXERCISES, FILE
from tests.fuzz.mutants import Mutant, bases

LIMITS = replace(Limits(), cpu_call=3, cpu_exercise=3, wall_factor=20)
"""Small: what loops is no subject of its own here."""

_NUMBER = re.compile(r"m(\d{5})")
_OURS = re.compile(
    r"Traceback|File \"|site-packages|<frozen|\bat 0x[0-9a-f]|/(tmp|work|home|usr)/|our own"
)
_PYTHONS = re.compile(
    r"\w(Error|Exception)\b|NoneType|Errno|codec|unhashable|indices|not subscriptable"
)
_UNPRINTABLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u2028-\\u202e\\u2066-\\u2069]")
_LONGEST = 4_000  # characters of a reason that somebody still reads


@dataclass(frozen=True)
class Verdict:
    """What came of one mutant."""

    mutant: Mutant
    result: LabResult | None
    seconds: float
    problems: tuple[str, ...]


def verdicts(mutants: Sequence[Mutant], lab: Lab, folder: Path) -> Iterator[Verdict]:
    """Grade mutants as one class, together with what they were made of.

    Args:
        mutants: the mutants.
        lab: their lab.
        folder: an empty folder for the class and its marks.
    """
    place, out = folder / "class", folder / "marks"
    for mutant in mutants:
        mutant.write(place)
    for base, path in bases().items():
        home = place / f"base {base}" / lab.name
        home.mkdir(parents=True)
        (home / FILE).write_bytes(path.read_bytes())
    order = Order(place, out, (lab,), 1, PUBLIC, LIMITS)
    graded, seconds = _graded(order)
    again: list[Step] = []
    grading.grade(order, again.append)
    results = {result.student: result for result in graded}
    by_number = {int(found[1]): r for s, r in results.items() if (found := _NUMBER.search(s))}
    pages = feedback.links(results.values())
    for mutant in mutants:
        result = by_number.get(mutant.number)
        problems = ["it has no result"]
        if result is not None:
            problems = [*problems_of(result), *lost_marks(mutant, result, results)]
            if not out.joinpath(*pages[result.student, result.lab]).is_file():
                problems.append("it has no page of feedback")
        if len(again) > 1:
            problems += [
                "a second run graded it again" for step in again
                if step.result and result and step.result.student == result.student
            ]  # fmt: skip
        took = seconds.get(result.student, 0.0) if result else 0.0
        yield Verdict(mutant, result, took, tuple(problems))


def _graded(order: Order) -> tuple[Graded, dict[str, float]]:
    """Grade; return also how many seconds each student took."""
    seconds: dict[str, float] = {}
    last = time.perf_counter()

    def on_step(step: Step) -> None:
        nonlocal last
        now = time.perf_counter()
        if step.result is not None:
            seconds[step.result.student] = now - last
        last = now

    return grading.grade(order, on_step), seconds


def problems_of(result: LabResult) -> Iterator[str]:
    """Say what no result may be."""
    told = bool(result.reason.strip()) and not _PYTHONS.search(result.reason)
    if result.status != "graded" and not told:
        yield f"no reason that a student could act on: {result.reason!r}"
    if "\n" in result.reason or len(result.reason) > _LONGEST or _OURS.search(result.reason):
        yield f"a reason that nobody should read: {result.reason[:400]!r}"
    if _UNPRINTABLE.search(result.student + result.reason):
        yield f"unprintable: {result.student!r}, {result.reason[:400]!r}"
    for exercise in result.exercises:
        for check in exercise.checks:
            if check.status == "FAULT":
                yield f"{exercise.name} {check.id} is a FAULT: {check.message}"
            elif check.status != "PASS" and not check.message.strip():
                yield f"{exercise.name} {check.id} says nothing"
            elif _OURS.search(check.message):
                yield f"{exercise.name} {check.id} says {check.message[:400]!r}"
    if result.status == "graded" and not any(e.checks for e in result.exercises):
        yield "nothing was checked"


def lost_marks(mutant: Mutant, result: LabResult, results: dict[str, LabResult]) -> Iterator[str]:
    """Say which mark it lost that it should have kept."""
    if mutant.costs is None:
        return
    if result.status != "graded":
        yield f"it was not graded: {result.reason}"
        return
    before = {e.name: e.score for e in results[f"base {mutant.base}"].exercises}
    for exercise in result.exercises:
        name, full = exercise.name, exercise.max_score
        if name not in EXERCISES or name in mutant.costs:
            continue
        # What is wrong may pass more checks with one name's seeds than with another's.
        if (exercise.score == full) != (before[name] == full):
            said = {check.message for check in exercise.checks if check.message}
            yield f"{name} had {before[name]:g} and has {exercise.score:g}: {sorted(said)[:2]}"
