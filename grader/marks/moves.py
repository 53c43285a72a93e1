"""Who moved, and why: two results of one student and lab, held against each other.

What a student reads may also change without anybody moving (a message, a recognised misconception):
that is on the pages, not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.judging.digests import failed
from grader.marks import gradebook
from grader.records import ExerciseResult, LabResult

Change = tuple[LabResult | None, LabResult]

_NOTHING = "-"


@dataclass(frozen=True)
class Move:
    """One line of the table: what changed for one student."""

    student: str
    lab: str
    scores: str  # old -> new
    exercise: str
    check: str
    statuses: str  # old -> new
    why: str

    def cells(self) -> tuple[str, ...]:
        """The line's columns."""
        return (
            self.student, self.lab, self.scores, self.exercise, self.check, self.statuses, self.why,
        )  # fmt: skip


def of(change: Change) -> Iterator[Move]:
    """Tell what moved between two results, exercise by exercise, check by check."""
    before, after = change
    old = gradebook.number(before.score) if before else _NOTHING
    scores = f"{old} -> {gradebook.number(after.score)}"

    def move(exercise: str, check: str, was: object, now: object, why: str) -> Move:
        return Move(after.student, after.lab, scores, exercise, check, f"{was} -> {now}", why)

    if before is None:
        yield move(_NOTHING, _NOTHING, _NOTHING, after.status, "handed in since")
        return
    if before.status != after.status:
        yield move(_NOTHING, _NOTHING, before.status, after.status, "another notebook")
    if before.status != "graded" or after.status != "graded":
        return  # without marks, nobody moves
    earlier = {exercise.name: exercise for exercise in before.exercises}
    for exercise in after.exercises:
        own = earlier.pop(exercise.name, None)
        if own is None:
            points = gradebook.number(exercise.max_score)
            yield move(exercise.name, _NOTHING, _NOTHING, f"{points} points", "exercise added")
            continue
        if own.max_score != exercise.max_score:
            was, now = gradebook.number(own.max_score), gradebook.number(exercise.max_score)
            yield move(exercise.name, _NOTHING, f"{was} points", now, "points changed")
        for check, status, new_status, why in _checks(own, exercise):
            why = why or _cascade(exercise.name, before, after)
            yield move(exercise.name, check, status, new_status, why)
    for name in earlier:
        yield move(name, _NOTHING, "marked", _NOTHING, "exercise removed")


def said(
    results: Iterable[LabResult], changes: Iterable[Change], *, everything: bool = False
) -> Iterator[str]:
    """How many checks were run again, how many students moved, and the table of them, as lines.

    Args:
        results: all results that hold now.
        changes: what this run changed; gone through twice.
        everything: whether all checks were run, changed or not.
    """
    total = sum(len(exercise.checks) for result in results for exercise in result.exercises)
    run = total if everything else sum(_checks_run(change) for change in changes)
    found = [move for change in changes for move in of(change)]
    count = len({move.student for move in found})
    yield f"{run} of {total} checks were run again; {count or 'no'} students moved"
    if found:
        yield from table(found)


def _checks_run(change: Change) -> int:
    """Count the checks of exercises whose digest is another: those were run again."""
    before, after = change
    old = {exercise.name: exercise.digest for exercise in before.exercises} if before else {}
    return sum(len(e.checks) for e in after.exercises if old.get(e.name) != e.digest)


def table(moves: Iterable[Move]) -> Iterator[str]:
    """The moves as lines of text in columns; nothing in them that a terminal would obey."""
    head = ("student", "lab", "score", "exercise", "check", "outcome", "why")
    rows = [head, *(tuple(map(_printable, move.cells())) for move in moves)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _checks(own: ExerciseResult, now: ExerciseResult) -> Iterator[tuple[str, str, str, str]]:
    """The checks whose outcome is another: id, old, new, and why where that is plain."""
    old = {check.id: check.status for check in own.checks}
    for check in now.checks:
        status = old.pop(check.id, None)
        if status is None:
            yield check.id, _NOTHING, check.status, "check added"
        elif status != check.status:
            yield check.id, status, check.status, ""
    for name, status in old.items():
        yield name, status, _NOTHING, "check removed"


def _cascade(exercise: str, before: LabResult, after: LabResult) -> str:
    """Name an earlier exercise that passes or fails now: another version of it was used here."""
    names = [mark.name for mark in after.exercises]
    flipped = set(failed(before.exercises)) ^ set(failed(after.exercises))
    earlier = [name for name in names[: names.index(exercise)] if name in flipped]
    return f"{earlier[0]} before it moved" if earlier else ""


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
