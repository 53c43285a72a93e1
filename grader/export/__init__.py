"""Takes the marks of an existing run to where marks are kept. Nothing is graded here.

Every module in this folder is one format, found by looking: its name is what ``--to`` takes. It has

- ``USUAL``: where it writes when nobody says where;
- ``write(results, labs, target) -> str``: writes ``target`` whole or not at all, may be called
  again, and returns the line that says what was done.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path

from grader import labs as course
from grader import results as results_file
from grader.errors import UserError
from grader.labs import Lab


def formats() -> list[str]:
    """Return the names of all formats, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def export(
    marks: Path, to: str, target: Path | None = None, labs: Mapping[str, Lab] | None = None
) -> str:
    """Write the results in a run's folder in another format.

    Args:
        marks: the folder that ``grade --out`` wrote.
        to: one of `formats`.
        target: the file to write; the format's usual one when None.
        labs: the course's labs by name; those of this course when None.

    Returns:
        One line that says what was written where.

    Raises:
        UserError: no such format, no results, or the target cannot be written.
    """
    if to not in formats():
        raise UserError(f"--to is one of {', '.join(formats())}, not {to!r}")
    results = results_file.read(marks / "results.jsonl")
    if not results:
        raise UserError(
            f"no results in {marks}: python -m grader grade SUBMISSIONS --out {marks} comes first"
        )
    module = importlib.import_module(f"{__name__}.{to}")
    said: str = module.write(
        results,
        course.find() if labs is None else labs,
        Path(module.USUAL) if target is None else target,
    )
    return said
