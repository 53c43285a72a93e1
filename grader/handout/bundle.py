"""Packs what an instructor hands out: one zip with the labs, labkit and how to install them.

The labs in it are derived anew from their sources, so nobody's work in ``labs/`` gets into it; only
labkit and the set-up files are taken from disk. With a roster and the course secret it also holds
each student's planted challenge. The same inputs give the same bytes: entries are sorted, dated
1980 and stored uncompressed (zlib's output differs from version to version).

Never in it: a solution (``leaks`` refuses), a hidden check, a misconception, the grader, a secret.
"""

from __future__ import annotations

import zipfile
from importlib import resources
from pathlib import Path, PurePosixPath

import jinja2

from grader.course import labs
from grader.errors import UserError
from grader.handout import release
from grader.seeds import Secret

TOP = "interp-labs"
"""The one folder in the zip."""

SETUP = ("pyproject.toml", "requirements.lock", "environment.yml")
"""The same files as in the repository: a student installs what was tested."""


def write(root: Path, path: Path, roster: Path | None = None, secret: Secret | None = None) -> int:
    """Writes the zip and returns how many files are in it.

    Args:
        root: the repository.
        path: the zip to write; an old one is replaced.
        roster: a CSV with the students' ids, see ``roster``.
        secret: the course secret; needed with a roster, and useless without.

    Raises:
        UserError: a file is missing, the source of a lab is wrong, solution text would get out, or
            only one of roster and secret is given. Nothing is written then.
    """
    files = contents(root)
    if (roster is None) != (secret is None):
        raise UserError("--roster and --secret go together: challenges are made from both")
    if roster is not None and secret is not None:
        # It imports torch, which a plain bundle can do without.
        from grader.handout import roster as challenges

        files |= challenges.weights(root, challenges.students(roster), secret)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")  # half a bundle must not look like one
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            for relative, content in sorted(files.items()):
                entry = zipfile.ZipInfo(str(TOP / relative), date_time=(1980, 1, 1, 0, 0, 0))
                entry.create_system = 3  # Unix, wherever it is made: it gives the mode its meaning
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, content)
        part.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error
    return len(files)


def contents(root: Path) -> release.Files:
    """What goes into every bundle, by path inside ``TOP``.

    Raises:
        UserError: as ``write``.
    """
    files = release.student_files(root)
    for name in SETUP:
        if not (root / name).is_file():
            raise UserError(f"the bundle needs {name}, and {root} has none")
        files[PurePosixPath(name)] = (root / name).read_bytes()
    files[PurePosixPath("README.md")] = _readme(root).encode()
    return files


def _readme(root: Path) -> str:
    """The student's README, with the labs there are."""
    template = resources.files("grader") / "templates" / "bundle" / "README.md.j2"
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, trim_blocks=True
    )
    text = environment.from_string(template.read_text(encoding="utf-8"))
    return text.render(labs=list(labs.find(root).values()))
