"""``--to csv``: every mark with its reasons, one row a student and lab, for a spreadsheet.

Columns: student, lab, status, handed_in, days_late, raw, final, max, dropped, reasons. A student's
last row has the lab ``total``. ``raw`` is what the checks gave, ``final`` what is left of it by the
rules of ``course.toml``; ``final`` is empty where there is no mark to give. What a spreadsheet
would run as a formula is written as text (an apostrophe in front).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.course.labs import Lab
from grader.intake import tables
from grader.ledger.results import replace
from grader.marks import gradebook, rules
from grader.marks.gradebook import number
from grader.marks.run import Marks

USUAL = "marks.csv"
TITLES = (
    "student", "lab", "status", "handed_in", "days_late", "raw", "final", "max", "dropped",
    "reasons",
)  # fmt: skip


def write(marks: Marks, labs: Mapping[str, Lab], target: Path) -> str:
    """Write all marks; see `grader.export`.

    Raises:
        OSError: the file cannot be written.
    """
    rows = [tuple(map(gradebook.cell, row)) for row in _rows(marks)]
    replace(target, tables.to_bytes([TITLES, *rows]))
    return f"{len(marks.results)} marks are in {target}"


def _rows(marks: Marks) -> Iterator[tuple[str, ...]]:
    finals = marks.finals()
    totals = {total.student: total for total in rules.totals(finals, marks.rules)}
    for position, mark in enumerate(finals):
        came = marks.handed_in.get((mark.student, mark.lab))
        yield (
            mark.student, mark.lab, mark.status, came.when if came else "",
            str(mark.days_late) if mark.days_late else "",
            number(mark.raw) if mark.status == "graded" else "",
            "" if mark.final is None else number(mark.final), number(mark.max_score),
            ", ".join(mark.dropped), mark.said,
        )  # fmt: skip
        if position + 1 == len(finals) or finals[position + 1].student != mark.student:
            total = totals[mark.student]
            yield (
                mark.student, "total", "", "", "", "", number(total.points),
                number(total.max_score), ", ".join(total.dropped), "; ".join(total.reasons),
            )  # fmt: skip
