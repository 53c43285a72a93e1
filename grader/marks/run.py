"""The marks of a run with all that shows or exports them: how they came in, and the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import came_in
from grader.ledger import results as results_file
from grader.marks import course_file, rules
from grader.marks.rules import FinalMark, Rules
from grader.records import HandedIn, LabResult


@dataclass(frozen=True)
class Marks:
    """A run's results, sorted by student, then lab."""

    results: list[LabResult]
    handed_in: Mapping[tuple[str, str], HandedIn] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    source: Path | None = None  # what the platform itself has exported, to be filled in

    def came(self, result: LabResult) -> HandedIn | None:
        """What is known of how a result's notebook came in."""
        return self.handed_in.get((result.student, result.lab))

    def final(self, result: LabResult, came: HandedIn | None = None) -> FinalMark:
        """The final mark of one result, by what is known of how it came in, or by ``came``."""
        return rules.final(result, came or self.came(result), self.rules)

    def finals(self) -> list[FinalMark]:
        """The final marks of all results, in their order."""
        return [self.final(result) for result in self.results]

    def only_lab(self) -> str:
        """The one lab that these marks are of.

        Raises:
            UserError: they are of several.
        """
        found = sorted({result.lab for result in self.results})
        if len(found) != 1:
            raise UserError(
                f"the marks are of {', '.join(found)}, and this format holds one lab: add --lab"
            )
        return found[0]


def read(
    folder: Path,
    labs: Mapping[str, Lab],
    *,
    course: Path | None = None,
    source: Path | None = None,
    lab: str | None = None,
) -> Marks:
    """Read the marks of a run.

    Args:
        folder: what ``grade --out`` wrote.
        labs: the course's labs by name.
        course: its course.toml, if it has one.
        source: what the platform exported, for an export that fills it in.
        lab: only this lab.

    Raises:
        UserError: no results, or one of the files cannot be read.
    """
    found = results_file.in_order(results_file.read(folder / "results.jsonl"))
    kept = [result for result in found if lab in (None, result.lab)]
    if not kept:
        of = f" of {lab}" if found and lab else ""
        raise UserError(
            f"no results{of} in {folder}: python -m grader grade SUBMISSIONS --out {folder} comes "
            "first"
        )
    return Marks(kept, came_in.read(folder), course_file.read(course, labs.values()), source)
