"""Late work and dropped exercises or labs: a final mark from a mark, as the course's rules say.

Arithmetic only. ``results.jsonl`` keeps what the checks gave; final marks are worked out from it
whenever they are shown or exported, so a rule can change without a notebook being graded again.

In this order, for each student and lab:

1. of the exercises, so many are dropped as the rule says: those without which the student stands
   best; what is left is scaled to the lab's points;
2. late work loses a percentage of that for each day begun since it was due, up to a cap; after the
   latest day it earns nothing. Within the grace time nothing is late, beyond it all of it counts.

Over the labs, those are dropped without which the student stands best.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grader.marks.gradebook import number
from grader.records import HandedIn, LabResult

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rules:
    """A course's rules; without any, every final mark is the mark."""

    due: Mapping[str, datetime] = field(default_factory=dict)  # by lab
    grace: timedelta = timedelta(0)
    percent_per_day: float = 0.0
    most_percent: float = 100.0
    latest_days: int | None = None  # after so many days begun it earns nothing
    days_when_unknown: int = 1  # where a platform says late, and not how late
    extensions: Mapping[tuple[str, str], timedelta] = field(default_factory=dict)  # student, lab
    drop_exercises: Mapping[str, int] = field(default_factory=dict)  # by lab; "" for every other
    drop_labs: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)  # lab -> its column on the platform


@dataclass(frozen=True)
class FinalMark:
    """What one student gets for one lab, and why it is not just the score."""

    student: str
    lab: str
    status: str
    raw: float
    max_score: float
    final: float | None  # None where there is no mark to give
    days_late: int = 0
    dropped: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The reasons, as one sentence; empty where the mark is the score."""
        return "; ".join(self.reasons)


@dataclass(frozen=True)
class Total:
    """What one student has over all labs."""

    student: str
    points: float
    max_score: float
    dropped: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def final(result: LabResult, came: HandedIn | None, rules: Rules) -> FinalMark:
    """Return the final mark of one result; the same input gives the same mark.

    Args:
        result: what the checks gave.
        came: what is known of how it was handed in, if anything is.
        rules: the course's.
    """
    if result.status != "graded":
        reason = f"{result.status}: {result.reason}" if result.reason else result.status
        return FinalMark(
            result.student, result.lab, result.status, result.score, result.max_score, None,
            reasons=(reason,),
        )  # fmt: skip
    mark = result.score
    reasons: list[str] = []
    dropped: tuple[str, ...] = ()
    count = rules.drop_exercises.get(result.lab, rules.drop_exercises.get("", 0))
    if count and len(result.exercises) > count:
        pairs = [(exercise.score, exercise.max_score) for exercise in result.exercises]
        gone = best_without(pairs, count)
        left = [pair for position, pair in enumerate(pairs) if position not in gone]
        mark = result.max_score * _share(left)
        dropped = tuple(result.exercises[position].name for position in gone)
        reasons.append(f"dropped: {', '.join(dropped)} ({_arrow(result.score, mark)})")
    days, why = lateness(result.student, result.lab, came, rules)
    if days:
        percent = _penalty(days, rules)
        reduced = mark * (1 - percent / 100)
        if percent:
            reasons.append(f"{why}: {number(percent)}% off ({_arrow(mark, reduced)})")
        else:
            reasons.append(why)
        mark = reduced
    elif why:
        reasons.append(why)
    return FinalMark(
        result.student, result.lab, result.status, result.score, result.max_score, round(mark, 4),
        days, dropped, tuple(reasons),
    )  # fmt: skip


def lateness(student: str, lab: str, came: HandedIn | None, rules: Rules) -> tuple[int, str]:
    """Return how many days late, each begun day counted, and what to say of it; 0 is in time."""
    if came is None:
        return 0, ""
    extra = rules.extensions.get((student, lab), timedelta(0))
    due = rules.due.get(lab)
    over: timedelta | None = None  # how long after it was due to everybody
    if came.when and due is not None:
        over = datetime.fromisoformat(came.when) - due
    elif came.late_seconds is not None:
        over = timedelta(seconds=came.late_seconds)
    if over is not None:
        if over - extra <= rules.grace:
            return 0, "in time by an extension" if over > rules.grace else ""
        days = math.ceil((over - extra) / _DAY)
        return days, f"{days} {'day' if days == 1 else 'days'} late"
    said = f"late, says {came.system.capitalize()}, not by how much"
    if came.late and extra:
        return 0, f"{said}: there is an extension, so look"
    if came.late:
        return rules.days_when_unknown, said
    return 0, ""


def totals(marks: Iterable[FinalMark], rules: Rules) -> list[Total]:
    """Return each student's total over the labs, sorted by student.

    What was not handed in counts as nothing, and so does for now what could not be read.
    """
    by_student: dict[str, list[FinalMark]] = {}
    for mark in marks:
        by_student.setdefault(mark.student, []).append(mark)
    found = []
    for student, own in sorted(by_student.items()):
        pairs = [(mark.final or 0.0, mark.max_score) for mark in own]
        count = min(rules.drop_labs, len(pairs) - 1)
        gone = best_without(pairs, count) if count > 0 else ()
        left = [pair for position, pair in enumerate(pairs) if position not in gone]
        dropped = tuple(own[position].lab for position in gone)
        reasons = [f"dropped: {', '.join(dropped)}"] if dropped else []
        reasons += [
            f"{mark.lab} is {mark.status}: counted as 0"
            for position, mark in enumerate(own)
            if mark.final is None and position not in gone
        ]
        found.append(
            Total(
                student,
                round(sum(score for score, _ in left), 4),
                round(sum(most for _, most in left), 4),
                dropped,
                tuple(reasons),
            )
        )
    return found


def best_without(pairs: Sequence[tuple[float, float]], count: int) -> tuple[int, ...]:
    """Return which of (score, maximum) to drop so that the share of the rest is largest.

    That is not always the lowest shares: 0 of 1 costs less than 40 of 100. Solved exactly, by
    Dinkelbach's method for ratios: with the best share known so far, the pieces are ranked by how
    far they lie above it.
    """
    share = -1.0
    kept = list(range(len(pairs)))
    while True:
        ranked = sorted(
            range(len(pairs)), key=lambda n: (-(pairs[n][0] - share * pairs[n][1]), -pairs[n][1], n)
        )
        kept = ranked[: len(pairs) - count]
        better = _share([pairs[n] for n in kept])
        if better <= share + 1e-12:
            return tuple(n for n in range(len(pairs)) if n not in set(kept))
        share = better


def _penalty(days: int, rules: Rules) -> float:
    if rules.latest_days is not None and days > rules.latest_days:
        return 100.0
    return min(days * rules.percent_per_day, rules.most_percent)


def _share(pairs: Sequence[tuple[float, float]]) -> float:
    most = sum(maximum for _, maximum in pairs)
    return sum(score for score, _ in pairs) / most if most else 0.0


def _arrow(before: float, after: float) -> str:
    return f"{number(before)} to {number(after)}"
