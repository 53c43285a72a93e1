"""Takes the marks of an existing run to where marks are kept. Nothing is graded here.

Every module in this folder is one format, found by looking: its name is what ``--to`` takes. It has

- ``USUAL``: where it writes when nobody says where;
- ``write(marks, labs, target) -> str``: writes ``target`` whole or not at all, may be called
  again, and returns the line that says what was done.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path

from grader.course import labs as course_labs
from grader.course.labs import Lab
from grader.errors import UserError
from grader.marks import run as run_marks


def formats() -> list[str]:
    """Return the names of all formats, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def export(
    marks: Path,
    to: str,
    target: Path | None = None,
    labs: Mapping[str, Lab] | None = None,
    *,
    course: Path | None = None,
    source: Path | None = None,
    lab: str | None = None,
) -> str:
    """Write the results in a run's folder in another format.

    Args:
        marks: the folder that ``grade --out`` wrote.
        to: one of `formats`.
        target: the file to write; the format's usual one when None.
        labs: the course's labs by name; those of this course when None.
        course: the course.toml with the rules for late work and dropped labs.
        source: what the platform itself exported, for a format that fills it in.
        lab: the one lab to export, by its folder's name; all when None.

    Returns:
        What was written where.

    Raises:
        UserError: no such format, no results, or a file cannot be read or written.
    """
    if to not in formats():
        raise UserError(f"--to is one of {', '.join(formats())}, not {to!r}")
    known = course_labs.find() if labs is None else labs
    found = run_marks.read(marks, known, course=course, source=source, lab=lab)
    module = importlib.import_module(f"{__name__}.{to}")
    where = Path(module.USUAL) if target is None else target
    try:
        said: str = module.write(found, known, where)
    except OSError as error:
        raise UserError(f"cannot write {where}: {error.strerror}") from error
    return said
