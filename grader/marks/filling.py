"""Finds a student's row in the CSV that a platform exported, to fill a mark in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from grader.errors import UserError
from grader.intake.people import letters
from grader.intake.tables import Table
from grader.marks.run import Marks
from grader.records import HandedIn, LabResult

_MOST_NAMES = 8  # in one message


Columns = dict[str, list[int | None]]
"""What a column tells (``key``, ``student``, ``email``, ``name``, ``group``) -> positions."""


class Rows:
    """The rows of a table by what names a student in them.

    Args:
        table: the platform's.
        columns: where the students' names stand.
        skipped: rows, by position, that are no students.
    """

    def __init__(self, table: Table, columns: Columns, skipped: Iterable[int] = ()) -> None:
        self._found: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._names: dict[int, str] = {}
        leave = {0, *skipped}
        for number, row in enumerate(table.rows):
            if number in leave:
                continue
            for kind, positions in columns.items():
                for position in positions:
                    if position is None or position >= len(row) or not row[position].strip():
                        continue
                    found = self._found[kind, _plain(row[position])]
                    if number not in found:
                        found.append(number)
                    if kind == "name":
                        self._names[number] = letters(row[position])

    def of(self, result: LabResult, came: HandedIn | None) -> list[int]:
        """The positions of a student's row, or of a whole group's; empty where none is theirs.

        A number is surer than an id, and that than a name; but a number whose row has another name
        is a group's, which happens to be somebody's too. What several rows have names none of
        them, but for a group.
        """
        tries = [("student", result.student), ("email", result.student), ("name", result.student)]
        if came is not None:
            tries = [("key", came.key), *tries[:2], ("email", came.email), ("name", came.name)]
        for kind, value in tries:
            found = self._found.get((kind, _plain(value)), []) if value.strip() else []
            if len(found) == 1 and (kind != "key" or self._agrees(found[0], came)):
                return found
        group = came.name if came is not None else ""
        return self._found.get(("group", _plain(group)), []) if group else []

    def _agrees(self, row: int, came: HandedIn | None) -> bool:
        """Whether a row's name is the one that came with the file, as far as both are known."""
        name = letters(came.name) if came is not None else ""
        there = self._names.get(row, "")
        return not name or not there or name in (there, letters("participant"))


def source(marks: Marks, what: str, where: str) -> Path:
    """The platform's own file, which the marks are filled into.

    Raises:
        UserError: nobody has named it.
    """
    if marks.source is None:
        raise UserError(f"this format fills in {what}: export it ({where}) and add --from FILE.csv")
    return marks.source


def listed(names: Iterable[str]) -> str:
    """Names for a message, the first of them when they are many."""
    found = sorted(set(names))
    more = len(found) - _MOST_NAMES
    return ", ".join(found[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).removeprefix("participant ").strip()
