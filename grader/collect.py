"""Find the submissions in what an instructor has: a folder, a flat folder, or a zip of either.

- nbgrader's layout: ``<student>/<lab>/<notebook>.ipynb`` (also below a folder ``submitted``);
- a flat folder: ``<student>_<lab>.ipynb``, or ``<student>.ipynb`` when one lab is asked for.

Whatever is odd about one submission is that submission's reason, never another's problem.
"""

from __future__ import annotations

import contextlib
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from grader.errors import UserError
from grader.labs import Lab
from grader.records import Submission

MAX_UNPACKED = 4 << 30
MAX_MEMBER = 256 << 20


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
    if place.is_file():
        place = _unpacked(place, scratch)
    if not place.is_dir():
        raise UserError(f"no such folder or zip file: {place}")
    root = _inner(place, labs)
    by_name = {lab.name: lab for lab in labs}
    found = {**_flat(root, by_name), **_nested(root, by_name)}
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
    students = [p for p in sorted(root.iterdir()) if p.is_dir() and not p.name.startswith(".")]
    for folder in students:
        for name, lab in labs.items():
            found[folder.name, name] = _one(folder.name, lab, folder / name)
    if all(submission.status == "missing" for submission in found.values()):
        return {}
    return found


def _one(student: str, lab: Lab, folder: Path) -> Submission:
    if not folder.is_dir():
        return Submission(student, lab.name, None, "missing", f"no folder {lab.name}")
    notebooks = sorted(
        p for p in folder.rglob("*.ipynb") if not any(x.startswith(".") for x in p.parts[-3:])
    )
    usual = folder / f"{lab.topic}.ipynb"
    if usual in notebooks:
        return _regular(student, lab, usual)
    if len(notebooks) == 1:
        return _regular(student, lab, notebooks[0])
    if not notebooks:
        return Submission(student, lab.name, None, "missing", f"no notebook in {lab.name}")
    names = ", ".join(p.name for p in notebooks)
    reason = f"{len(notebooks)} notebooks and none is called {usual.name}: {names}"
    return Submission(student, lab.name, None, "unreadable", reason)


def _flat(root: Path, labs: dict[str, Lab]) -> dict[tuple[str, str], Submission]:
    found: dict[tuple[str, str], Submission] = {}
    for path in sorted(root.glob("*.ipynb")):
        lab = next((lab for name, lab in labs.items() if path.stem.endswith(f"_{name}")), None)
        if lab is not None:
            student = path.stem[: -len(lab.name) - 1]
        elif len(labs) == 1:
            (lab,) = labs.values()
            student = path.stem
        else:
            continue
        if student:
            found[student, lab.name] = _regular(student, lab, path)
    for student in {student for student, _ in found}:
        for name in labs:
            missing = Submission(student, name, None, "missing", f"no file {student}_{name}.ipynb")
            found.setdefault((student, name), missing)
    return found


def _regular(student: str, lab: Lab, path: Path) -> Submission:
    if path.is_symlink() or not stat.S_ISREG(path.lstat().st_mode):
        reason = f"{path.name} is a link, not a file"
        return Submission(student, lab.name, None, "unreadable", reason)
    return Submission(student, lab.name, path)


def _inner(place: Path, labs: Sequence[Lab]) -> Path:
    """Step into ``submitted`` or a zip's single outer folder."""
    if (place / "submitted").is_dir():
        return place / "submitted"
    inside = [p for p in place.iterdir() if not p.name.startswith((".", "__MACOSX"))]
    if len(inside) == 1 and inside[0].is_dir():
        only = inside[0]
        if not any((only / lab.name).exists() for lab in labs):
            return _inner(only, labs)
    return place


def _unpacked(archive: Path, scratch: Path) -> Path:
    try:
        with zipfile.ZipFile(archive) as bundle:
            members = [m for m in bundle.infolist() if not m.is_dir()]
            if sum(m.file_size for m in members) > MAX_UNPACKED:
                raise UserError(f"{archive} unpacks to more than {MAX_UNPACKED >> 30} GB")
            for member in members:
                _unpack(bundle, member, scratch)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise UserError(f"{archive} is not a zip file that can be read: {error}") from error
    return scratch


def _unpack(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, scratch: Path) -> None:
    """Unpack one plain notebook, inside ``scratch``; links, other files and odd paths are left."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or is_link or path.suffix != ".ipynb":
        return
    target = scratch.joinpath(*path.parts)
    # A damaged or encrypted member leaves a short file, which is then that student's reason.
    with contextlib.suppress(zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError):
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as writer, bundle.open(member) as reader:
            left = MAX_MEMBER
            while chunk := reader.read(min(1 << 20, left)):
                writer.write(chunk)
                left -= len(chunk)
