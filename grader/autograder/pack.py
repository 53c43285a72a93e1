"""Packs an autograder for Gradescope: one zip, uploaded at "Configure Autograder".

As Gradescope's specification asks, ``setup.sh`` and ``run_autograder`` lie at the root of the zip.
Beside them lies the course with its hidden checks, so that `grader.autograder.run` grades
there as ``grade`` does here: the same worker, the same marks. With ``--secret`` and ``--roster``
these go in too. The zip holds everything that students must not see: it is for Gradescope alone.
"""

from __future__ import annotations

import io
import shlex
import zipfile
from pathlib import Path, PurePosixPath

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from grader.course.labs import Lab
from grader.errors import UserError
from grader.ledger.results import replace
from grader.workers.isolation import choose

SECRET, ROSTER = "course-secret.key", "course-roster.csv"
_TEMPLATES = Path(__file__).parents[1] / "templates" / "gradescope"
_FOLDERS = ("grader", "labs/labkit")
_FILES = ("pyproject.toml", "requirements.lock", "README.md", "nbgrader_config.py")
_LEFT_OUT = ("__pycache__", ".ipynb_checkpoints", "challenges", "figures")
_EXECUTABLE, _PLAIN = 0o100755 << 16, 0o100644 << 16


def write(
    lab: Lab,
    target: Path,
    *,
    secret: Path | None = None,
    roster: Path | None = None,
    isolation: str = "strong",
    index: str = "",
) -> str:
    """Write the zip for one lab.

    Args:
        lab: the lab that the assignment on Gradescope is for.
        target: the zip; an old one is replaced.
        secret: the course secret, where the class has one.
        roster: who is who, where students' ids are not their addresses on Gradescope.
        isolation: "strong", or "weak" for whatever Gradescope's container has.
        index: a package index to install from besides the usual one, such as PyTorch's for CPUs.

    Returns:
        The line that says what was written.

    Raises:
        UserError: a file cannot be read or written, or an unknown isolation.
    """
    if isolation != "strong":
        choose(isolation)
    try:
        files = _course(lab)
        options = f" --isolation {isolation}"
        for path, name in ((secret, SECRET), (roster, ROSTER)):
            if path is not None:
                files[PurePosixPath(name)] = path.read_bytes()
        for name, words in (
            ("setup.sh", {"index": shlex.quote(index) if index else ""}),
            ("run_autograder", {"lab": lab.name, "options": options}),
        ):
            files[PurePosixPath(name)] = _page(f"{name}.j2", words)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for relative, content in sorted(files.items()):
                entry = zipfile.ZipInfo(str(relative), date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
                runs = str(relative) in ("setup.sh", "run_autograder")
                entry.external_attr = _EXECUTABLE if runs else _PLAIN
                archive.writestr(entry, content)
        replace(target, packed.getvalue())
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.filename}: {error.strerror}") from error
    return f"wrote {target}: upload it at Configure Autograder; it holds the hidden checks"


def _course(lab: Lab) -> dict[PurePosixPath, bytes]:
    """The repository's own files that grading this lab needs, by path; of other labs none."""
    found = {}
    for name in (*_FOLDERS, f"solutions/{lab.name}", f"labs/{lab.name}", *_FILES):
        place = lab.root / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            inside = path.relative_to(lab.root)
            if inside.parts[:2] == ("grader", "checks") and inside.parts[2:3] != (lab.name,):
                continue
            if path.is_file() and not any(part in _LEFT_OUT for part in inside.parts):
                found[PurePosixPath(inside.as_posix())] = path.read_bytes()
    ini = lab.root / "grader" / "checks" / "pytest.ini"
    if ini.exists():
        found[PurePosixPath("grader/checks/pytest.ini")] = ini.read_bytes()
    return found


def _page(template: str, words: dict[str, str]) -> bytes:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**words).encode()
