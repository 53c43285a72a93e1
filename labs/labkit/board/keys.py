"""Who a participant is, kept over a restart of the kernel: one small file in the course's cache.

A board, known by its code since its address may change, gives each participant a key when they
join, and only its holder can speak for them. Without the file joining again would be joining as
somebody else. Nothing here may stop a participant: a file that cannot be read or written is one
that is not there.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from labkit.board.link import Link
from labkit.fetch import cache_dir

_MOST = 20  # boards to remember


def recall(link: Link, nickname: str) -> str:
    """Return the key that this nickname was given on this board, or an empty string."""
    known = _read().get(link.code)
    # Another nickname is another person, on a machine that several use.
    return str(known[1]) if known and known[0] == str(nickname) else ""


def remember(link: Link, nickname: str, key: str) -> None:
    """Keep a key; it replaces an earlier one of the same board."""
    known = _read()
    known.pop(link.code, None)
    known[link.code] = [str(nickname), key]
    _write(dict(list(known.items())[-_MOST:]))


def forget(link: Link) -> None:
    """Throw a board's key away."""
    known = _read()
    if known.pop(link.code, None) is not None:
        _write(known)


def _path() -> Path:
    return cache_dir() / "boards.json"


def _read() -> dict[str, list[str]]:
    try:
        content: Any = json.loads(_path().read_text(encoding="utf-8"))
        return {str(code): [str(one[0]), str(one[1])] for code, one in content.items()}
    except (OSError, ValueError, AttributeError, LookupError, TypeError):
        return {}


def _write(known: dict[str, list[str]]) -> None:
    path = _path()
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        # Nobody else on this machine may read it: whoever has the key is the participant.
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(known, file)
        part.replace(path)
