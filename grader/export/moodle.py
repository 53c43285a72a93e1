"""``--to moodle``: the offline grading worksheet of one assignment, filled in.

Moodle gives the worksheet (in the assignment: "Download grading worksheet") and takes it back
("Upload grading worksheet"); it finds students by "Identifier", takes "Grade", and refuses a row
that was graded on the page since, by "Last modified (grade)". So the worksheet is filled in as it
is, with ``--from FILE.csv``: marks scaled to "Maximum grade", and the reasons as "Feedback
comments" where that is there and empty. How late a file came, which is not in Moodle's download, is
read from "Status". Rows of a team are filled by the column "Group". A row
whose grade cannot be changed stays. The titles are in the language of whoever downloads: it should
be English.

What Moodle asks of the file stands in its own source, ``mod/assign/feedback/offline``.
"""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Mapping
from pathlib import Path

from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import tables
from grader.ledger.results import replace
from grader.marks import filling
from grader.marks.gradebook import number
from grader.marks.rules import FinalMark
from grader.marks.run import Marks
from grader.records import HandedIn, LabResult

USUAL = "moodle.csv"
_LATE = re.compile(r"((?:\d+\s*(?:week|day|hour|min|sec)\w*\s*)+)late")
_SECONDS = {"week": 604_800, "day": 86_400, "hour": 3_600, "min": 60, "sec": 1}
_WHERE = "in Moodle, set to English: the assignment, Download grading worksheet"


def write(marks: Marks, labs: Mapping[str, Lab], target: Path) -> str:
    """Fill the marks into a worksheet; see `grader.export`.

    Raises:
        UserError: no worksheet, or the marks are of several labs.
        OSError: the file cannot be written.
    """
    lab = marks.only_lab()
    given = filling.source(marks, "Moodle's grading worksheet", _WHERE)
    table = tables.read(given, "the worksheet")
    identity, grade = table.column("Identifier"), table.column("Grade")
    if identity is None or grade is None or table.column("Last modified (grade)") is None:
        raise UserError(
            f"{given} is no grading worksheet: Identifier, Grade and Last modified (grade) are not "
            f"all there. Get it {_WHERE}"
        )
    most = table.column("Maximum grade")
    comment = table.column("Feedback comments")
    locked = table.column("Grade can be changed")
    status = table.column("Status")
    columns: filling.Columns = {
        "key": [identity],
        "email": [table.column("Email address")],
        "student": [table.column("ID number"), table.column("Username")],
        "name": [table.column("Full name")],
        "group": [table.column("Group")],
    }
    rows = filling.Rows(table, columns)
    cells = [[*row, *[""] * (len(table.titles) - len(row))] for row in table.rows]
    written, strangers, fixed = 0, [], 0
    for result in marks.results:
        came = marks.came(result)
        where = rows.of(result, came)
        if where and status is not None:
            came = _with_lateness(came, result, cells[where[0]][status])
        mark = marks.final(result, came)
        if not where and mark.final is not None:
            strangers.append(result.student)
        for row in where:
            if locked is not None and cells[row][locked].strip().casefold() == "no":
                fixed += 1
                continue
            if mark.final is not None:
                maximum = cells[row][most] if most is not None else ""
                cells[row][grade] = _scaled(mark.final, result.max_score, maximum)
                written += 1
            if comment is not None and not cells[row][comment].strip():
                cells[row][comment] = html.escape(_comment(mark))
    replace(target, tables.to_bytes(cells, table))
    said = f"{written} marks of {lab} are in {target}"
    if fixed:
        said += f"; {fixed} cannot be changed in Moodle"
    if strangers:
        said += f"; not in the worksheet, so not in it: {filling.listed(strangers)}"
    return said


def _scaled(mark: float, most: float, maximum: str) -> str:
    """A mark on Moodle's scale, with the decimal sign of its "Maximum grade"."""
    text = maximum.strip()
    try:
        scale = float(text.replace(",", ".")) / most if most else 1.0
    except ValueError:
        scale = 1.0
    scaled = number(round(mark * scale, 4))
    return scaled.replace(".", ",") if "," in text else scaled


def _with_lateness(came: HandedIn | None, result: LabResult, status: str) -> HandedIn | None:
    """What is known, with what the worksheet's "Status" says: "... - 2 hours 5 mins late"."""
    found = _LATE.search(status)
    if found is None or (came is not None and came.when):
        return came
    amounts = re.findall(r"(\d+)\s*(week|day|hour|min|sec)", found[1])
    seconds = float(sum(int(count) * _SECONDS[unit] for count, unit in amounts))
    known = came or HandedIn(result.student, result.lab, "moodle")
    return dataclasses.replace(known, late=True, late_seconds=seconds)


def _comment(mark: FinalMark) -> str:
    if mark.final is None:
        return mark.said
    points = f"{number(mark.final)} of {number(mark.max_score)} points"
    return f"{points} ({mark.said})" if mark.said else points
