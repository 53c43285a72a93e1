"""Who is who: from what a learning platform calls a student to the id the course knows them by.

The roster is a CSV with the column ``student`` (the id that ``release --roster`` drew a challenge
for) and any of these, with whatever the platform has:

- ``canvas_id`` (or ``canvas_user_id``, as Canvas' group export calls it), ``moodle_id`` (or
  ``participant``), ``sid``, ``email`` (or ``login_id``), ``name``;
- ``group`` (or ``group_name``): every student of a group gets the mark of what the group hands in.

A roster without ``student`` will do where there is a ``canvas_user_id`` or an ``email``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from pathlib import Path

from grader.errors import UserError
from grader.intake import tables
from grader.intake.downloads import Sender

_IDS = {
    "key": ("canvas_id", "canvas_user_id", "moodle_id", "participant", "identifier"),
    "email": ("email", "e-mail", "email address", "login_id"),
    "sid": ("sid", "student_number", "sis_user_id", "sis user id"),
    "name": ("name", "full name"),
    "group": ("group", "group_name"),
}
_USUAL = ("student", "email", "login_id", "canvas_user_id", "canvas_id")


class People:
    """The students of a course by every name that a platform may have for them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)

    def __bool__(self) -> bool:
        """Whether there is a roster at all."""
        return bool(self._known)

    def students(self, sender: Sender) -> tuple[str, ...]:
        """Who a sender is: one student, all students of a group, or nobody that is known.

        A number is surer than an address, and that than a name; a name that two students have
        names neither.
        """
        own = (
            ("key", sender.key),
            ("sid", sender.sid),
            ("email", sender.email),
            ("group", sender.name),
            ("name", sender.name),
            ("student", sender.student),
        )
        # Canvas gives a group's hand-in the id of one of its members: the group comes first.
        for kind, value in sorted(own, key=lambda pair: pair[0] != "group"):
            found = tuple(self._known.get((kind, _plain(kind, value)), ())) if value else ()
            if found and (kind == "group" or len(found) == 1):
                return found
        return ()

    @classmethod
    def read(cls, path: Path) -> People:
        """Read a roster.

        Raises:
            UserError: it cannot be read, or has no column that names the student.
        """
        people, table = cls(), tables.read(path, "the roster")
        main = table.column(*_USUAL)
        if main is None:
            raise UserError(
                f"the roster {path} has no column student: it begins {', '.join(table.titles[:6])}"
            )
        columns = {kind: table.column(*names) for kind, names in _IDS.items()}
        for row in table.rows[1:]:
            student = row[main].strip() if main < len(row) else ""
            if not student:
                continue
            people._add("student", student, student)
            for kind, column in columns.items():
                if column is not None and column < len(row) and row[column].strip():
                    people._add(kind, row[column], student)
        if not people:
            raise UserError(f"there is no student in the roster {path}")
        return people

    def _add(self, kind: str, value: str, student: str) -> None:
        self._known[kind, _plain(kind, value)][student] = None


def _plain(kind: str, value: str) -> str:
    """One spelling of a value, as much of it as the platforms keep.

    Canvas writes "Lovelace, Ada" as "lovelaceada", a roster may have "Ada Lovelace": what a name
    keeps is its letters, in any order. Moodle's worksheet says "Participant 12345".
    """
    text = unicodedata.normalize("NFKC", value).casefold().strip()
    if kind == "key":
        return text.removeprefix("participant").strip()
    if kind == "name":
        return letters(text)
    return re.sub(r"[\W_]+", "", text) if kind == "group" else text


def letters(name: str) -> str:
    """The letters of a name in any order: "Lovelace, Ada" and "Ada Lovelace" have the same."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sorted(re.sub(r"[\W_]+", "", text)))
