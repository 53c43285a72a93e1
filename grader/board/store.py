"""The board's file: every event, on the disk before anybody is told that it was heard.

One SQLite database, which a board holds alone. What is in it can be replayed into a ``Room``.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from grader.board.room import Event
from grader.errors import UserError

_FORMAT = 1
_APPLICATION = 0x1B0A4D  # SQLite's mark of whose file it is; a number of our own
_TABLES = """
CREATE TABLE event (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL,
    participant TEXT NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX of_participant ON event (participant);
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class Store:
    """The events and settings of one board.

    Args:
        path: the file; made when it is not there, readable by its owner alone.

    Raises:
        UserError: another board has it open, or it is no board's file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Before SQLite opens it: the host's token is in it, and umask would let others read it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from error
        self._base = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            self._base.close()
            if "locked" in str(error):
                raise UserError(
                    f"{path} belongs to a board that is running: stop that one, or give another "
                    "--state"
                ) from error
            raise UserError(
                f"{path} is not the file of a board, or is damaged ({error}): --new puts it aside"
            ) from error

    def _open(self) -> None:
        self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._base.execute("BEGIN IMMEDIATE")
        (format,) = self._base.execute("PRAGMA user_version").fetchone()
        (application,) = self._base.execute("PRAGMA application_id").fetchone()
        (tables,) = self._base.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if (format, application, tables) == (0, 0, 0):
            for statement in _TABLES.split(";\n"):
                self._base.execute(statement)
            self._base.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._base.execute(f"PRAGMA user_version = {_FORMAT}")
        elif (format, application) != (_FORMAT, _APPLICATION):
            raise sqlite3.DatabaseError("made by another program or version")
        self._base.execute("COMMIT")
        # Not before: each of these may write, and somebody else's file is left as it is.
        self._base.execute("PRAGMA journal_mode = WAL")
        # A commit is on the disk when it returns: pulling the plug loses nothing either.
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.execute("PRAGMA secure_delete = ON")  # who leaves is overwritten

    def events(self) -> Iterator[Event]:
        """Yield the events in the order they came."""
        rows = self._base.execute("SELECT at, kind, participant, body FROM event ORDER BY number")
        for at, kind, participant, body in rows:
            yield Event(at, kind, participant, json.loads(body))

    def add(self, event: Event) -> None:
        """Take an event; `commit` puts it on the disk, with all others since the last."""
        if not self._base.in_transaction:
            self._base.execute("BEGIN IMMEDIATE")
        self._base.execute(
            "INSERT INTO event (at, kind, participant, body) VALUES (?, ?, ?, ?)",
            (event.at, event.kind, event.participant, json.dumps(event.body)),
        )

    def commit(self) -> None:
        """Put on the disk what was added; a disk takes as long for one as for a hundred.

        Raises:
            sqlite3.Error: it cannot be; what was added since the last commit is not kept then.
        """
        if self._base.in_transaction:
            try:
                self._base.execute("COMMIT")
            except sqlite3.Error:
                self._base.rollback()
                raise

    def forget(self, participant: str) -> None:
        """Delete all that is kept of somebody, on the disk too."""
        self.commit()
        self._base.execute("DELETE FROM event WHERE participant = ?", (participant,))
        # The write-ahead log still has what was deleted.
        self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def setting(self, name: str, default: str) -> str:
        """Return a setting, which is the default from now on when it was not set."""
        self._base.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, default))
        row = self._base.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(row[0])

    def set(self, name: str, value: str) -> None:
        """Change a setting."""
        self._base.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Commit, and close the file; nothing is left beside it."""
        with contextlib.suppress(sqlite3.Error):  # nobody was told that it is kept
            self.commit()
        self._base.close()


def put_aside(path: Path) -> Path | None:
    """Give an old board's file a name with its date; return that, or None when there was none.

    Raises:
        UserError: a board has it open, or it cannot be renamed.
    """
    if not path.exists():
        return None
    _refuse_in_use(path)
    made = time.strftime("%Y%m%d-%H%M%S", time.localtime(path.stat().st_mtime))
    aside, number = path.with_name(f"{path.stem}-{made}{path.suffix}"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}-{made}-{number}{path.suffix}")
    try:
        for ending in ("-wal", ""):  # a killed board leaves its log, and the file needs it
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
    except OSError as error:
        raise UserError(f"cannot rename {path}: {error.strerror}") from error
    return aside


def _refuse_in_use(path: Path) -> None:
    base = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        base.execute("PRAGMA locking_mode = EXCLUSIVE")
        base.execute("BEGIN IMMEDIATE")
        base.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise UserError(f"{path} belongs to a board that is running: stop that one") from error
    except sqlite3.DatabaseError:
        pass  # no database at all: that is why it is put aside
    finally:
        base.close()
