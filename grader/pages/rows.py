"""The tables of the class page, row by row: results are read when their row is written.

So a class of ten thousand is never in memory as a whole; what is kept is positions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import normalize

from grader.ledger.results import InOrder
from grader.marks import gradebook
from grader.pages import feedback
from grader.records import ExerciseResult, LabResult

Where = dict[tuple[str, str], str]  # (student, lab) -> link from the class page
Ordered = InOrder | list[LabResult]


@dataclass(frozen=True)
class Who:
    """A student, and the link from the class page to their feedback on the matter at hand."""

    student: str
    href: str
    said: str = ""  # what there is to say of this student alone


@dataclass(frozen=True)
class Cell:
    """One exercise of one student in the heatmap."""

    state: str  # "full", "z4" (nearly all) to "z0" (nothing), "open", "fault", "void" (not there)
    text: str
    title: str
    href: str  # empty where there is nothing to read


@dataclass(frozen=True)
class Row:
    """One student's line in a lab's heatmap."""

    who: Who
    score: float
    cells: tuple[Cell, ...]


class OfLab:
    """The results of one lab, by student; perhaps only those of one status."""

    def __init__(self, ordered: Ordered, lab: str, status: str | None = None) -> None:
        self.ordered = ordered
        self.lab = lab
        self._status = status

    def __iter__(self) -> Iterator[LabResult]:
        """Go through them once more."""
        return (result for _, result in self.places())

    def places(self) -> Iterator[tuple[int, LabResult]]:
        """Go through them with their positions among all results."""
        for position, result in enumerate(self.ordered):
            if result.lab == self.lab and self._status in (None, result.status):
                yield position, result


class Rows:
    """The lines of a lab's heatmap."""

    def __init__(
        self, ordered: Ordered, positions: list[int], exercises: tuple[str, ...], where: Where
    ) -> None:
        self._ordered = ordered
        self._positions = positions
        self._exercises = exercises
        self._where = where

    def __len__(self) -> int:
        """Say how many there are."""
        return len(self._positions)

    def __iter__(self) -> Iterator[Row]:
        """Make them one after another."""
        for position in self._positions:
            result = self._ordered[position]
            own = {exercise.name: exercise for exercise in result.exercises}
            cells = (_cell(result, name, own.get(name), self._where) for name in self._exercises)
            yield Row(link_to(result, self._where), result.score, tuple(cells))


class Students:
    """Every student with their results by lab, by name as people look it up."""

    def __init__(self, ordered: Ordered) -> None:
        self._ordered = ordered
        places: dict[str, list[int]] = {}
        for position, result in enumerate(ordered):
            places.setdefault(result.student, []).append(position)
        self._places = sorted(places.items(), key=lambda item: _spoken(item[0]))

    def __len__(self) -> int:
        """Say how many there are."""
        return len(self._places)

    def items(self) -> Iterator[tuple[str, dict[str, LabResult]]]:
        """Go through them."""
        for student, positions in self._places:
            yield student, {r.lab: r for r in (self._ordered[p] for p in positions)}


def link_to(result: LabResult, where: Where, exercise: str = "") -> Who:
    """The student, with a link to their feedback, perhaps to one exercise of it."""
    href = where[result.student, result.lab]
    anchor = f"#{feedback.anchor(exercise)}" if exercise else ""
    return Who(result.student, href + anchor, result.reason)


def fraction(exercise: ExerciseResult) -> float:
    """The share of an exercise's points that were earned, 0 to 1."""
    if exercise.max_score:
        return exercise.score / exercise.max_score
    return sum(check.status == "PASS" for check in exercise.checks) / (len(exercise.checks) or 1)


def _cell(result: LabResult, name: str, exercise: ExerciseResult | None, where: Where) -> Cell:
    if exercise is None or not exercise.checks:
        return Cell("void", "", f"{result.student}, {name}: no check was run", "")
    count, faults = len(exercise.checks), gradebook.faults(exercise)
    passed = sum(check.status == "PASS" for check in exercise.checks)
    said = f"{result.student}, {name}: {passed} of {count} checks"
    href = link_to(result, where, name).href
    if faults:
        return Cell("fault", "!", f"{said}; {faults} failed on our side", href)
    if feedback.is_open(exercise):
        return Cell("open", "–", f"{result.student}, {name}: not written yet", "")
    share = fraction(exercise)
    if share >= 1:
        return Cell("full", "✓", said, "")
    state = "z0" if share <= 0 else f"z{int(share * 4) + 1}"
    return Cell(state, f"{passed}/{count}", said, href)


def _spoken(student: str) -> str:
    """The name without regard to case and accents."""
    return re.sub("[\u0300-\u036f]", "", normalize("NFKD", student)).casefold()
