"""What took longest in a lab, for the class page: exercises and submissions by their seconds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grader.ledger.results import Named
from grader.pages.rows import Where, Who, link_to
from grader.records import LabResult, Timing

Timings = Mapping[Named, Timing]

_SHOWN = 5


@dataclass(frozen=True)
class ExerciseTime:
    """How long an exercise's checks took."""

    name: str
    median: float  # seconds, over the class
    longest: float
    who: Who  # whose took longest


@dataclass(frozen=True)
class Times:
    """Seconds by the clock of the machine that graded, of submissions where they are known."""

    median: float  # of a whole submission
    exercises: tuple[ExerciseTime, ...]  # the slowest first
    submissions: tuple[tuple[Who, float], ...]  # the slowest first


def times(graded: Iterable[LabResult], timings: Timings, where: Where) -> Times | None:
    """Work out what took longest in one lab; None where nothing is known of it."""
    totals: list[tuple[float, Who]] = []
    spent: dict[str, list[float]] = {}
    most: dict[str, tuple[float, Who]] = {}
    for result in graded:
        timing = timings.get((result.student, result.lab))
        if timing is None:
            continue
        total = timing.rest
        for name in (exercise.name for exercise in result.exercises):
            seconds = timing.exercises.get(name)
            if seconds is None:
                continue
            total += seconds
            spent.setdefault(name, []).append(seconds)
            if name not in most or seconds > most[name][0]:
                most[name] = seconds, link_to(result, where, name)
        totals.append((total, link_to(result, where)))
    if not totals:
        return None
    exercises = [
        ExerciseTime(name, statistics.median(found), *most[name]) for name, found in spent.items()
    ]
    exercises.sort(key=lambda one: (-one.median, one.name))
    totals.sort(key=lambda one: -one[0])
    return Times(
        statistics.median(seconds for seconds, _ in totals),
        tuple(exercises[:_SHOWN]),
        tuple((who, seconds) for seconds, who in totals[:_SHOWN]),
    )
