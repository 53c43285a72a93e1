"""Find the submissions in what an instructor has: a folder, or a zip of one.

A download of Canvas, Moodle or Gradescope is taken as it comes (`downloads`); anything else is read
as a plain folder, in every layout that `folders` knows.

Whatever is odd about one submission is that submission's reason, never another's problem. Files
that are not used are listed, each with the reason.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course import labs as course_labs
from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import downloads, naming
from grader.intake.archives import unpacked, zips_unpacked
from grader.intake.choosing import listed
from grader.intake.downloads.gradescope import METADATA
from grader.intake.folders import Folder, holds_students
from grader.intake.handing import Handing
from grader.intake.people import People
from grader.intake.zipped import Zips
from grader.records import HandedIn, Submission, Unused


@dataclass(frozen=True)
class Collected:
    """What was found: one submission per student and lab, and what is known of how it came in."""

    submissions: list[Submission]  # sorted by student, then lab
    handed_in: list[HandedIn]  # of those where something is known
    unused: list[Unused]
    system: str = ""  # of which platform it is a download; empty for a plain folder
    strangers: tuple[str, ...] = ()  # in the download and not in the roster, where there is one


def collect(place: Path, labs: Sequence[Lab], scratch: Path) -> list[Submission]:
    """List one submission per student and lab, sorted by both; see `gather`."""
    return gather(place, labs, scratch).submissions


def gather(
    place: Path, labs: Sequence[Lab], scratch: Path, people: People | None = None
) -> Collected:
    """Find all submissions.

    Args:
        place: a folder or a zip file.
        labs: the labs to look for; one that nobody handed in is left out, and a student
            without a notebook for one that others handed in is "missing".
        scratch: an empty folder to unpack a zip into.
        people: who is who, for the download of a platform.

    Raises:
        UserError: nothing there, or nothing that looks like a submission.
    """
    damaged: dict[Path, str] = {}
    folder = scratch if place.is_file() else place
    if place.is_file():
        damaged = unpacked(place, scratch)
    if not folder.is_dir():
        raise UserError(f"no such folder or zip file: {place}")
    by_name = {lab.name: lab for root in {lab.root for lab in labs} for lab in _all(root)}
    by_name |= {lab.name: lab for lab in labs}
    try:
        archive, known = place if place.is_file() else None, list(by_name.values())
        sorter = _sorter(archive, folder, labs, known, people or People(), scratch)
        sorter.read()
        came = sorter.came if isinstance(sorter, Handing) else _timestamps(sorter.found.values())
    except OSError as error:
        raise UserError(f"{place} cannot be read: {error}") from error
    found = sorter.found
    for key, submission in found.items():
        if submission.notebook is not None and submission.notebook in damaged:
            reason = damaged[submission.notebook]
            found[key] = replace(submission, notebook=None, status="unreadable", reason=reason)
    if not found:
        raise UserError(_nothing(place, labs, sorter.unused))
    present = {lab for (_, lab), submission in found.items() if submission.status != "missing"}
    kept = [key for key in sorted(found) if key[1] in present or len(labs) == 1]
    return Collected(
        [found[key] for key in kept],
        [came[key] for key in kept if key in came],
        sorted(set(sorter.unused), key=lambda unused: (unused.file, unused.why)),
        sorter.download.system if isinstance(sorter, Handing) else "",
        tuple(sorter.strangers) if isinstance(sorter, Handing) else (),
    )


def _sorter(
    archive: Path | None,
    folder: Path,
    asked: Sequence[Lab],
    course: Sequence[Lab],
    people: People,
    scratch: Path,
) -> Folder | Handing:
    """What sorts this folder: a platform's way, or that of plain folders."""
    if archive is not None:
        zips_unpacked(archive, folder)
    root = _inner(folder, asked, course)
    for place in dict.fromkeys((folder, root)):
        if found := downloads.read(place):
            return Handing(found, place, asked, course, people, scratch / ".of-students")
    return Folder(root, asked, course, Zips(scratch / ".of-students", course))


def _all(root: Path) -> Iterable[Lab]:
    return course_labs.find(root).values()


def _nothing(place: Path, labs: Sequence[Lab], unused: Sequence[Unused]) -> str:
    names = ", ".join(lab.name for lab in labs)
    first = f" (not used: {unused[0].file}: {unused[0].why})" if unused else ""
    return (
        f"no submissions in {place}: expected <student>/<lab>/<notebook>.ipynb or "
        f"<student>_<lab>.ipynb with a lab out of {names}, or a download of Canvas, Moodle or "
        f"Gradescope{first}"
    )


def _timestamps(found: Iterable[Submission]) -> dict[tuple[str, str], HandedIn]:
    """When nbgrader collected a submission: it writes that beside the notebook."""
    came = {}
    for submission in found:
        if submission.notebook is None:
            continue
        stamp = submission.notebook.parent / "timestamp.txt"
        if stamp.is_symlink() or not stamp.is_file():
            continue
        with contextlib.suppress(OSError, ValueError):
            text = stamp.read_bytes()[:80].decode("utf-8").strip()
            # "2015-02-02 15:58:23.948203 America/Los_Angeles": a zone's name is not ISO 8601, and
            # nbgrader writes UTC itself.
            when = datetime.datetime.fromisoformat(text.removesuffix(" UTC"))
            zoned = when if when.tzinfo else when.replace(tzinfo=datetime.UTC)
            came[submission.student, submission.lab] = HandedIn(
                submission.student, submission.lab, "nbgrader", when=zoned.isoformat(),
                file=submission.notebook.name,
            )  # fmt: skip
    return came


def _inner(place: Path, asked: Sequence[Lab], course: Sequence[Lab]) -> Path:
    """Step into ``submitted`` or a zip's single outer folder."""
    submitted = place / "submitted"
    # A student can be called so too: then their labs lie in it, and no students.
    if submitted.is_dir() and not _is_students(submitted, course):
        beside = [
            p
            for p in sorted(place.iterdir())
            if p != submitted and any((p / lab.name).exists() for lab in asked)
        ]
        if beside:
            raise UserError(
                f"there are students both in {place} ({listed(beside)}) and in {submitted}: name "
                "the folder to grade, or move one of the two away"
            )
        return submitted
    inside = [p for p in place.iterdir() if not p.name.startswith(naming.JUNK)]
    if len(inside) == 1 and inside[0].is_dir() and not (place / METADATA).exists():
        only = inside[0]
        if not _is_students(only, course) and holds_students(only, course) is None:
            return _inner(only, asked, course)
    return place


def _is_students(folder: Path, course: Sequence[Lab]) -> bool:
    """Whether a folder is one student's: labs lie in it, as folders or as notebooks."""
    found = False
    for path in folder.iterdir():
        if path.name.startswith(naming.JUNK):
            continue
        is_notebook = naming.is_notebook(path)
        if naming.lab_named(path.stem if is_notebook else path.name, course):
            if not is_notebook and _is_of_several(path, course):
                return False
            found = True
    return found


def _is_of_several(folder: Path, course: Sequence[Lab]) -> bool:
    """Whether in a lab's folder several students lie, each a folder or a file that names them."""
    if not folder.is_dir():
        return False
    inside = [p for p in folder.iterdir() if not p.name.startswith(naming.JUNK)]
    folders = [p for p in inside if p.is_dir() and any(map(naming.is_notebook, p.rglob("*")))]
    files = [p for p in inside if naming.is_notebook(p) and not p.is_dir()]
    named = [p for p in files if any(rest for _, rest in naming.split(p.stem, course))]
    return len(folders) + len(named) > 1
