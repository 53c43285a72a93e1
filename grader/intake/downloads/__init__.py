"""What a learning platform lets an instructor download, as it comes: one module for each system.

Every module in this folder is one system, found by looking. It has ``read(root) -> Download |
None``: the hand-ins in an unpacked download, or None when it is no download of that system.

Modules know names and metadata only. Which lab a file belongs to, and which of two files counts, is
the same for every system and decided by `grader.intake.handing`.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sender:
    """Who handed something in, as the system calls them: one person, or one group."""

    student: str  # what names them in marks and reports, when no roster says otherwise
    key: str = ""  # the system's own number for them
    name: str = ""
    email: str = ""
    sid: str = ""  # the student number, where the system has it


@dataclass(frozen=True)
class Piece:
    """One file of a hand-in."""

    senders: tuple[Sender, ...]  # more than one: a group whose members the system names
    path: Path  # where it lies now
    name: str  # as the student called it
    when: str = ""  # ISO 8601 with its offset
    late: bool | None = None
    key: str = ""  # of the hand-in itself, where the system counts these: Gradescope's submission


@dataclass(frozen=True)
class Download:
    """All that a download holds."""

    system: str
    pieces: tuple[Piece, ...]
    others: tuple[tuple[Path, str], ...] = ()  # files that are nobody's notebook, with the reason
    senders: tuple[Sender, ...] = ()  # who is named in it, also those whose hand-in has no file


def read(root: Path) -> Download | None:
    """Read an unpacked download of whatever system it is of; None when it is of none.

    Raises:
        UserError: it is a download whose own description cannot be read.
        OSError: the folder cannot be read.
    """
    for module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        found: Download | None = importlib.import_module(f"{__name__}.{module}").read(root)
        if found is not None:
            return found
    return None
