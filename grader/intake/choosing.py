"""Which file of one student's counts for a lab, or the reason why none does."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from grader.course.labs import Lab
from grader.intake import naming
from grader.intake.naming import printable
from grader.records import Submission

_MOST_NAMES = 10  # in one reason


def notebook_in(student: str, lab: Lab, folder: Path) -> Submission:
    """Choose the notebook to grade in one student's folder for one lab, or say why there is none.

    Raises:
        OSError: the folder cannot be read.
    """
    if not folder.is_dir():
        return Submission(student, lab.name, None, "missing", f"no folder {lab.name}")
    if folder.is_symlink():
        return Submission(student, lab.name, None, "unreadable", f"{lab.name} is a link")
    inside = [
        p
        for p in sorted(folder.rglob("*"))
        if not any(part.startswith(naming.JUNK) for part in p.relative_to(folder).parts)
    ]
    named = [p for p in inside if naming.is_notebook(p)]
    # Some programs unpack a file into a folder of its name.
    notebooks = [p for p in named if not p.is_dir()] or named
    usual = folder / f"{lab.topic}.ipynb"
    if usual in notebooks:
        return regular(student, lab, usual)
    if len(notebooks) == 1:
        return regular(student, lab, notebooks[0])
    meant = [p for p in notebooks if naming.lab_named(printable(p.stem), [lab])]
    if len(meant) == 1:
        return regular(student, lab, meant[0])
    if not notebooks:
        others = [p for p in inside if not p.is_dir()]
        only = f", only {listed(others)}: the .ipynb file itself is needed" if others else ""
        return Submission(student, lab.name, None, "missing", f"no notebook in {lab.name}{only}")
    reason = f"{len(notebooks)} notebooks and none is called {usual.name}: {listed(notebooks)}"
    return Submission(student, lab.name, None, "unreadable", reason)


def regular(student: str, lab: Lab, path: Path) -> Submission:
    """A submission of this file, if it is one."""
    if path.is_symlink() or not stat.S_ISREG(path.lstat().st_mode):
        reason = f"{printable(path.name)} is a link or a folder, not a file"
        return Submission(student, lab.name, None, "unreadable", reason)
    return Submission(student, lab.name, path)


def twice(first: Submission, other: str) -> Submission:
    """Grade neither of two: which one a student meant is not ours to say."""
    known = printable(first.notebook.name) if first.notebook else first.reason
    reason = f"more than one notebook of this name was handed in: {known}, {other}"
    return Submission(first.student, first.lab, None, "unreadable", reason)


def listed(paths: Sequence[Path]) -> str:
    """The names of files, the first of them when they are many."""
    names = ", ".join(printable(path.name) for path in paths[:_MOST_NAMES])
    more = len(paths) - _MOST_NAMES
    return f"{names} and {more} more" if more > 0 else names
