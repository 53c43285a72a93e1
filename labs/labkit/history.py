"""What ran last in a notebook's kernel, out of the history that IPython keeps on disk.

A notebook that was not saved differs from it: the terminal has no other way to see that.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path

_SESSIONS = 20  # how far to look back for the kernel of a notebook
_SHORTEST = 80  # characters of a cell that tells one notebook from another


def newer_than(
    cells: Sequence[str], names: Collection[str], database: Path | None = None
) -> list[str]:
    """Return which of some functions ran last in another version than a saved notebook has.

    Args:
        cells: the notebook's code cells.
        names: functions, classes or values that it defines.
        database: IPython's history; the usual place by default. Without one nothing is newer.
    """
    saved = {cell.strip() for cell in cells}
    ran = _last_session(saved, database or _usual())
    newer = []
    for name in names:
        own = re.escape(name)
        defines = re.compile(rf"^(?:(?:async )?def|class) {own}\b|^{own} *=", re.MULTILINE)
        last = next((source for source in reversed(ran) if defines.search(source)), None)
        if last is not None and last.strip() not in saved:
            newer.append(name)
    return newer


def _last_session(saved: Collection[str], database: Path) -> list[str]:
    """Return what the last kernel ran that ran a cell of this notebook, in order."""
    if not database.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1)) as db:
            sessions = db.execute(
                "SELECT DISTINCT session FROM history ORDER BY session DESC LIMIT ?", (_SESSIONS,)
            ).fetchall()
            for (session,) in sessions:
                rows = db.execute(
                    "SELECT source_raw FROM history WHERE session = ? ORDER BY line", (session,)
                ).fetchall()
                ran = [str(source) for (source,) in rows]
                if any(len(source) > _SHORTEST and source.strip() in saved for source in ran):
                    return ran
    except sqlite3.Error:  # another program's file: whatever is wrong with it is not ours to say
        return []
    return []


def _usual() -> Path:
    from IPython.paths import get_ipython_dir

    return Path(get_ipython_dir()) / "profile_default" / "history.sqlite"
