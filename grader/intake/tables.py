"""CSV files that instructors have, in whatever form a spreadsheet, Canvas or Moodle writes them.

UTF-8 with or without a byte order mark; commas, semicolons or tabs, whichever the first line has
most of.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UserError


@dataclass(frozen=True)
class Table:
    """A CSV's rows, the titles first, and how it was written."""

    rows: list[list[str]]
    delimiter: str = ","
    mark: bool = False  # a byte order mark stood in front

    @property
    def titles(self) -> list[str]:
        """The cells of the first row."""
        return self.rows[0] if self.rows else []

    def column(self, *names: str) -> int | None:
        """The position of the first of these titles that is there; case does not count."""
        own = [title.strip().casefold() for title in self.titles]
        return next((own.index(name.casefold()) for name in names if name.casefold() in own), None)


def read(path: Path, what: str) -> Table:
    """Read a CSV; empty lines are left out.

    Args:
        path: the file.
        what: how a message calls it: "the roster".

    Raises:
        UserError: no such file, not UTF-8, or no CSV.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {what} {path}: {error.strerror}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{what} {path} is not UTF-8: save it as CSV UTF-8") from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [row for row in lines if any(row)]
    except csv.Error as error:
        raise UserError(f"{what} {path} is no CSV: {error}") from error
    return Table(rows, delimiter, data.startswith(b"\xef\xbb\xbf"))


def to_bytes(rows: Iterable[Sequence[str]], like: Table | None = None) -> bytes:
    """Rows as CSV in UTF-8, written as ``like`` was (commas and no mark when None)."""
    known = like or Table([])
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=known.delimiter, lineterminator="\r\n").writerows(rows)
    # A folder name that was never Unicode becomes visible escapes, not an error.
    return text.getvalue().encode("utf-8-sig" if known.mark else "utf-8", "backslashreplace")
