"""Find the submissions in what an instructor has: a folder, a flat folder, or a zip of either.

- nbgrader's layout: ``<student>/<lab>/<notebook>.ipynb`` (also below a folder ``submitted``);
- a flat folder: ``<student>_<lab>.ipynb``, or ``<student>.ipynb`` when one lab is asked for.

Whatever is odd about one submission is that submission's reason, never another's problem.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader import labs as course
from grader.archives import unpacked
from grader.errors import UserError
from grader.labs import Lab
from grader.records import Submission

_JUNK = (".", "__MACOSX")  # how the names begin that only a machine gives
# Control characters, ends of lines, and what turns the direction of the text around it.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_MOST_NAMES = 10  # in one reason


def collect(place: Path, labs: Sequence[Lab], scratch: Path) -> list[Submission]:
    """List one submission per student and lab, sorted by both.

    Args:
        place: a folder or a zip file.
        labs: the labs to look for; one that nobody handed in is left out, and a student
            without a notebook for one that others handed in is "missing".
        scratch: an empty folder to unpack a zip into.

    Raises:
        UserError: nothing there, or nothing that looks like a submission.
    """
    damaged: dict[Path, str] = {}
    folder = scratch if place.is_file() else place
    if place.is_file():
        damaged = unpacked(place, scratch)
    if not folder.is_dir():
        raise UserError(f"no such folder or zip file: {place}")
    by_name = {lab.name: lab for lab in labs}
    try:
        root = _inner(folder, labs)
        found = _flat(root, by_name)
        for key, submission in _nested(root, by_name).items():
            if key in found and "missing" not in (submission.status, found[key].status):
                found[key] = _twice(found[key], f"{submission.student}/{submission.lab}")
            elif submission.status != "missing" or key not in found:
                found[key] = submission
    except OSError as error:
        raise UserError(f"{place} cannot be read: {error}") from error
    for key, submission in found.items():
        if submission.notebook is not None and submission.notebook in damaged:
            reason = damaged[submission.notebook]
            found[key] = replace(submission, notebook=None, status="unreadable", reason=reason)
    if not found:
        names = ", ".join(by_name)
        raise UserError(
            f"no submissions in {place}: expected <student>/<lab>/<notebook>.ipynb or "
            f"<student>_<lab>.ipynb with a lab out of {names}"
        )
    present = {lab for (_, lab), submission in found.items() if submission.status != "missing"}
    return [found[key] for key in sorted(found) if key[1] in present or len(labs) == 1]


def _nested(root: Path, labs: dict[str, Lab]) -> dict[tuple[str, str], Submission]:
    found = {}
    students = [p for p in sorted(root.iterdir()) if p.is_dir() and not p.name.startswith(_JUNK)]
    for folder in students:
        student = _printable(folder.name)
        for name, lab in labs.items():
            try:
                found[student, name] = (
                    Submission(student, name, None, "unreadable", f"{student} is a link")
                    if folder.is_symlink()
                    else notebook_in(student, lab, folder / name)
                )
            except OSError as error:
                reason = f"the folder cannot be read: {error.strerror}"
                found[student, name] = Submission(student, name, None, "unreadable", reason)
    if all(submission.status == "missing" for submission in found.values()):
        return {}
    return found


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
        if not any(part.startswith(_JUNK) for part in p.relative_to(folder).parts)
    ]
    named = [p for p in inside if _is_notebook(p)]
    # Some programs unpack a file into a folder of its name.
    notebooks = [p for p in named if not p.is_dir()] or named
    usual = folder / f"{lab.topic}.ipynb"
    if usual in notebooks:
        return _regular(student, lab, usual)
    if len(notebooks) == 1:
        return _regular(student, lab, notebooks[0])
    if not notebooks:
        others = [p for p in inside if not p.is_dir()]
        only = f", only {_listed(others)}: the .ipynb file itself is needed" if others else ""
        return Submission(student, lab.name, None, "missing", f"no notebook in {lab.name}{only}")
    reason = f"{len(notebooks)} notebooks and none is called {usual.name}: {_listed(notebooks)}"
    return Submission(student, lab.name, None, "unreadable", reason)


def _is_notebook(path: Path) -> bool:
    return path.suffix.lower() == ".ipynb"


def _listed(paths: Sequence[Path]) -> str:
    names = ", ".join(_printable(path.name) for path in paths[:_MOST_NAMES])
    more = len(paths) - _MOST_NAMES
    return f"{names} and {more} more" if more > 0 else names


def _flat(root: Path, labs: dict[str, Lab]) -> dict[tuple[str, str], Submission]:
    found: dict[tuple[str, str], Submission] = {}
    files = [p for p in sorted(root.iterdir()) if not p.name.startswith(_JUNK) and _is_notebook(p)]
    others = {name for lab in labs.values() for name in course.find(lab.root)} - set(labs)
    for path in files:
        stem = _printable(path.stem)
        lab = next((lab for name, lab in labs.items() if stem.endswith(f"_{name}")), None)
        if lab is not None:
            student = stem[: -len(lab.name) - 1]
        elif len(labs) == 1 and not any(stem.endswith(f"_{name}") for name in others):
            (lab,) = labs.values()
            student = stem
        else:
            continue
        if (student, lab.name) in found:
            found[student, lab.name] = _twice(found[student, lab.name], _printable(path.name))
        elif student:
            found[student, lab.name] = _regular(student, lab, path)
    for student in {student for student, _ in found}:
        for name in labs:
            missing = Submission(student, name, None, "missing", f"no file {student}_{name}.ipynb")
            found.setdefault((student, name), missing)
    return found


def _twice(first: Submission, other: str) -> Submission:
    """Grade neither of two: which one a student meant is not ours to say."""
    known = _printable(first.notebook.name) if first.notebook else first.reason
    reason = f"more than one notebook of this name was handed in: {known}, {other}"
    return Submission(first.student, first.lab, None, "unreadable", reason)


def _regular(student: str, lab: Lab, path: Path) -> Submission:
    if path.is_symlink() or not stat.S_ISREG(path.lstat().st_mode):
        reason = f"{_printable(path.name)} is a link or a folder, not a file"
        return Submission(student, lab.name, None, "unreadable", reason)
    return Submission(student, lab.name, path)


def _inner(place: Path, labs: Sequence[Lab]) -> Path:
    """Step into ``submitted`` or a zip's single outer folder."""
    submitted = place / "submitted"
    # A student can be called so too: then their labs lie in it, and no students.
    if submitted.is_dir() and not any((submitted / lab.name).exists() for lab in labs):
        beside = [
            p for p in sorted(place.iterdir()) if any((p / lab.name).exists() for lab in labs)
        ]
        if beside:
            raise UserError(
                f"there are students both in {place} ({_listed(beside)}) and in {submitted}: name "
                "the folder to grade, or move one of the two away"
            )
        return submitted
    inside = [p for p in place.iterdir() if not p.name.startswith(_JUNK)]
    if len(inside) == 1 and inside[0].is_dir():
        only = inside[0]
        if not any((only / lab.name).exists() for lab in labs):
            return _inner(only, labs)
    return place


def _printable(name: str) -> str:
    """Make text of any file name: every report has to be able to write it, on one line."""
    # Two names must not become one: a backslash that was there is told from one of ours.
    text = name.replace("\\", "\\\\").encode("utf-8", "backslashreplace").decode()
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
