"""``course.toml``: the rules of a course, as its instructor writes them.

    [late]
    percent_per_day = 10        # of what was earned, for each day begun
    most_percent = 50           # never more than this
    latest_days = 7             # after a week it earns nothing; leave it out for no such day
    grace_minutes = 15          # so late is still in time
    days_when_unknown = 1       # Canvas says that a file is late, and not how late

    [late.due]
    01_logit_lens = 2026-03-01T23:59:00+01:00

    [[extension]]
    student = "ada"
    lab = "01_logit_lens"       # leave it out for all labs
    days = 3

    [drop]
    labs = 1
    exercises = 1               # of every lab; or { 01_logit_lens = 2 }

    [columns]                   # where a platform's column cannot be told by its title
    01_logit_lens = "Homework 3 (88817)"

Every table may be left out. What the numbers do is said in `grader.marks.rules`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import naming
from grader.marks.rules import Rules

_LATE = {"percent_per_day", "most_percent", "latest_days", "grace_minutes", "days_when_unknown"}
_KNOWN = {"late", "extension", "drop", "columns"}


def read(path: Path | None, labs: Iterable[Lab]) -> Rules:
    """Read a course's rules; none when there is no path.

    Raises:
        UserError: it cannot be read, or something in it is not as it should be; names it.
    """
    if path is None:
        return Rules()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no TOML: {error}") from error
    return _Reader(path, content, list(labs)).rules()


class _Reader:
    def __init__(self, path: Path, content: dict[str, Any], labs: list[Lab]) -> None:
        self.path, self.content, self.labs = path, content, labs

    def rules(self) -> Rules:
        self._only(self.content, _KNOWN, "")
        late = self._table("late")
        self._only(late, _LATE | {"due"}, "late.")
        drop = self._table("drop")
        self._only(drop, {"labs", "exercises"}, "drop.")
        latest = late.get("latest_days")
        exercises = drop.get("exercises", {})
        if not isinstance(exercises, dict):
            exercises = {"": exercises}
        return Rules(
            due={self._lab(name): self._time(name, time) for name, time in self._due(late).items()},
            grace=timedelta(minutes=self._number(late, "grace_minutes", 0)),
            percent_per_day=self._number(late, "percent_per_day", 0, 100),
            most_percent=self._number(late, "most_percent", 100, 100),
            latest_days=None if latest is None else int(self._number(late, "latest_days", 0)),
            days_when_unknown=int(self._number(late, "days_when_unknown", 1)),
            extensions=dict(self._extensions()),
            drop_exercises={
                self._lab(name) if name else "": int(self._number(exercises, name, 0))
                for name in exercises
            },
            drop_labs=int(self._number(drop, "labs", 0)),
            columns={self._lab(name): str(c) for name, c in self._table("columns").items()},
        )

    def _extensions(self) -> Iterable[tuple[tuple[str, str], timedelta]]:
        listed = self.content.get("extension", [])
        if not isinstance(listed, list):
            raise self._wrong("extension", "written as [[extension]]")
        for entry in listed:
            self._only(entry, {"student", "lab", "days", "reason"}, "extension.")
            student = entry.get("student")
            if not isinstance(student, str) or not student:
                raise self._wrong("extension.student", "a student's id")
            days = timedelta(days=self._number(entry, "days", 0))
            named = [self._lab(entry["lab"])] if "lab" in entry else [lab.name for lab in self.labs]
            for lab in named:
                yield (student, lab), days

    def _due(self, late: Mapping[str, Any]) -> dict[str, Any]:
        due = late.get("due", {})
        if not isinstance(due, dict):
            raise self._wrong("late.due", "a table of labs and times")
        return due

    def _time(self, name: str, value: object) -> datetime:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self._wrong(
                f"late.due.{name}", "a time with its offset, such as 2026-03-01T23:59:00+01:00"
            )
        return value

    def _lab(self, name: object) -> str:
        lab = naming.lab_named(str(name), self.labs)
        if lab is None:
            there = ", ".join(lab.name for lab in self.labs)
            raise UserError(f"{self.path} names a lab {name!r}: there is {there}")
        return lab.name

    def _table(self, name: str) -> dict[str, Any]:
        table = self.content.get(name, {})
        if not isinstance(table, dict):
            raise self._wrong(name, f"a table: [{name}]")
        return table

    def _number(
        self, table: Mapping[str, Any], name: str, usual: float, most: float = 100_000
    ) -> float:
        value = table.get(name, usual)
        if type(value) not in (int, float) or not 0 <= value <= most:
            raise self._wrong(name or "drop.exercises", f"a number from 0 to {most:g}")
        return float(value)

    def _only(self, table: object, known: set[str], inside: str) -> None:
        names = table if isinstance(table, dict) else {}
        for name in names:
            if name not in known:
                listed = ", ".join(sorted(known))
                raise UserError(f"{self.path} has {inside}{name}, which means nothing: {listed} do")

    def _wrong(self, name: str, should: str) -> UserError:
        return UserError(f"{self.path}: {name} should be {should}")
