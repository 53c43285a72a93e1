"""Derives from each ``topic.nb.py`` what students and nbgrader get, and finds every drift from it.

For a lab ``solutions/NN_topic/`` it makes, byte for byte the same on every run and machine:

- ``solutions/NN_topic/topic.ipynb``: output-free, solutions in it (nbgrader's source version);
- ``solutions/NN_topic/misconceptions.json``: see ``fingerprints``;
- ``labs/NN_topic/``: the student notebook, and every other file of the solutions folder as it is
  (helpers, README, misconceptions.json; never a ``.nb.py``).

So ``labs/NN_topic/`` is what stock ``nbgrader generate_assignment NN_topic`` makes.

``misconceptions.json`` holds measured numbers: compared with a tolerance, and kept while they agree
(see ``fingerprints``). All else is compared byte by byte.

A student who studies alone fills in the notebooks of ``labs/`` in a clone, so ``write`` overwrites
no notebook that someone has worked in unless forced.

Not here: what the notebooks look like (``notebooks``), what a leak is (``leaks``).
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from grader.course import labs, notebooks
from grader.course.labs import Lab
from grader.errors import UserError
from grader.handout import fingerprints, leaks

Files = dict[PurePosixPath, bytes]
"""File contents by path relative to the repository root."""

IGNORED = (
    ".*",
    "__pycache__",
    "*.pyc",
    "*.egg-info",
    "figures",
    "challenges",
)
"""What running the course leaves behind in labs/ and solutions/ (git ignores it too): never drift.

``challenges`` holds a student's own planted model, made from the roster."""


def derive(root: Path) -> Files:
    """Everything ``write`` writes, from the sources alone (and the numbers measured last time).

    Raises:
        SourceError: a lab's source breaks a rule.
        UserError: a visible check could not be run.
    """
    found = labs.find(root)
    measured = fingerprints.measure(root) if found else {}
    files: Files = {}
    for name, lab in found.items():
        home, away = PurePosixPath("solutions", name), PurePosixPath("labs", name)
        for path in _files(lab.source.parent):
            if not path.name.endswith((".nb.py", ".ipynb")) and path.name != fingerprints.FILE:
                relative = path.relative_to(lab.source.parent).as_posix()
                files[away / relative] = path.read_bytes()
        index = _kept_or_new(lab, measured[name])
        files[home / fingerprints.FILE] = files[away / fingerprints.FILE] = index
        notebook = f"{lab.topic}.ipynb"
        files[home / notebook] = notebooks.to_bytes(notebooks.solution_notebook(lab.cells, name))
        files[away / notebook] = notebooks.to_bytes(notebooks.student_notebook(lab.cells, name))
    return files


def write(root: Path, *, force: bool = False) -> list[str]:
    """Brings every derived file up to date; returns the paths that changed, relative to ``root``.

    Raises:
        UserError: someone has worked in a notebook of ``labs/`` and ``force`` is not given; or
            solution text would reach ``labs/``. Nothing is written then.
    """
    for lab in labs.find(root).values():
        path = lab.released / f"{lab.topic}.ipynb"
        if not force and path.exists() and (sign := work_in(path.read_bytes())):
            raise UserError(
                f"{path.relative_to(root)} holds someone's work ({sign}) and release would "
                "overwrite it: move it away, or say --force"
            )
    derived = derive(root)
    _refuse_leaks(root, _in_labs(derived))
    changed = []
    for relative, content in sorted(derived.items()):
        path = root / relative
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)  # nbgrader makes what it writes read-only
            path.write_bytes(content)
            changed.append(str(relative))
    return changed


def drift(root: Path) -> list[str]:
    """What is wrong with ``labs/`` and the generated files of ``solutions/``, one line each.

    A generated file that is missing or differs, a file that nobody accounts for, and solution text
    in anything under ``labs/``, labkit included.
    """
    expected = derive(root)
    remedy = "run `python -m grader release`"
    problems = []
    for name, lab in labs.find(root).items():
        if not lab.released.is_dir():
            why = "nbgrader generate_assignment --force deletes it when it fails"
            problems.append(f"labs/{name}: missing ({why}): {remedy}")
    for relative, content in sorted(expected.items()):
        path = root / relative
        if path.exists() and path.read_bytes() != content:
            problems.append(f"{relative}: differs from what its source makes: {remedy}")
        elif not path.exists() and root.joinpath(*relative.parts[:2]).is_dir():
            problems.append(f"{relative}: missing: {remedy}")
    problems += [f"{path}: {what}" for path, what in _unexpected(root, expected)]
    return problems + _leaks(root, _on_disk(root, root / "labs"))


def student_files(root: Path) -> Files:
    """What a student gets of ``labs/``: the labs as their sources make them, and labkit.

    Raises:
        UserError: solution text is in it, or a lab's source is wrong.
    """
    files = _in_labs(derive(root)) | _on_disk(root, root / "labs" / "labkit")
    _refuse_leaks(root, files)
    return files


def work_in(content: bytes) -> str:
    """What shows that someone has worked in a released notebook; empty when nothing does.

    nbgrader keeps the checksum of each released solution cell in the cell's metadata, so no copy of
    the last release is needed; and release gives every cell an id of its own making.
    """
    try:
        cells: list[dict[str, Any]] = json.loads(content)["cells"]
        for cell in cells:
            marks = cell["metadata"].get("nbgrader", {})
            if marks.get("solution") and marks.get("checksum") != notebooks.checksum(cell):
                return f"{marks['grade_id']} is filled in"
            if not (marks or notebooks.is_own_id(cell["id"])):
                return "a cell was added"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "it is no released notebook"
    return ""


def _kept_or_new(lab: Lab, measured: fingerprints.Index) -> bytes:
    """The bytes of the lab's misconceptions.json: those on disk while their numbers hold."""
    path = lab.source.parent / fingerprints.FILE
    try:
        old = path.read_bytes()
        if fingerprints.agree(json.loads(old), measured):
            return old
    except (OSError, ValueError):
        pass  # there is none yet, or no JSON: a new one it is
    return fingerprints.to_bytes(measured)


def _unexpected(root: Path, expected: Mapping[PurePosixPath, bytes]) -> Iterator[tuple[str, str]]:
    """Files and folders that no source accounts for; labkit is written by hand and its own."""
    known = labs.find(root)
    for path in _files(root / "labs"):
        relative = PurePosixPath(path.relative_to(root).as_posix())
        if relative not in expected and relative.parts[1] != "labkit":
            yield str(relative), "no source makes it: delete it, or put it into solutions/"
    for folder in sorted((root / "solutions").glob("*")):
        relative = PurePosixPath("solutions", folder.name)
        if _is_ignored(folder.name):
            continue
        if folder.name not in known:
            wanted = f"{folder.name[3:]}.nb.py" if folder.is_dir() else "solutions/NN_topic/"
            yield str(relative), f"is no lab: it needs {wanted}, or delete it"
            continue
        for path in _files(folder):
            if path.name.endswith((".nb.py", ".ipynb")) and path != known[folder.name].source:
                inside = PurePosixPath(path.relative_to(root).as_posix())
                if inside not in expected:
                    yield str(inside), "no source makes it: delete it"


def _leaks(root: Path, files: Files) -> list[str]:
    """Say where student files hold solution text of any lab; see `leaks` for the rule."""
    found = []
    for name, lab in labs.find(root).items():
        hidden = leaks.hidden_text(lab.cells)
        others = {f"labs/{other}" for other in labs.find(root) if other != name}
        foreign = {path: text for path, text in files.items() if str(path.parent) in others}
        own = {path: text for path, text in files.items() if path not in foreign}
        found += leaks.find(hidden, own)
        found += leaks.find([text for text in hidden if text.shown == leaks.WHOLE], foreign)
    return found


def _refuse_leaks(root: Path, files: Files) -> None:
    found = _leaks(root, files)
    if found:
        raise UserError(found[0] + (f" (and {len(found) - 1} more)" if found[1:] else ""))


def _in_labs(files: Files) -> Files:
    return {path: content for path, content in files.items() if path.parts[0] == "labs"}


def _on_disk(root: Path, folder: Path) -> Files:
    """The files below a folder as they lie there."""
    return {
        PurePosixPath(path.relative_to(root).as_posix()): path.read_bytes()
        for path in _files(folder)
    }


def _files(folder: Path) -> list[Path]:
    """Files below a folder, sorted, without what ``IGNORED`` names."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(map(_is_ignored, path.relative_to(folder).parts))
    )


def _is_ignored(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in IGNORED)
