"""Gives each student of a class their own planted challenge, as a weights file.

The circuit's place is drawn from the course secret and the student's id, and the file holds weights
and prompts without it: the answer is in nothing a student holds. ``labkit.models.challenge`` finds
the file by the name the student types.

The roster is a CSV: the ids are the column ``student`` (in any case), or the first column when no
column is called that; the first line is then a header if it says so (``id``, ``name``, ``email``
or another word of that kind). Semicolons and tabs do as well as commas.

Not here: what a challenge is (``labkit.planted``), the seeds (``seeds``).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from labkit import models, planted

from grader import seeds
from grader.course import labs
from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import tables
from grader.judging import reference
from grader.seeds import Secret

HEADER = re.compile(r"\b(student|id|name|login|username|user|e-?mail)\b", re.IGNORECASE)


def students(path: Path) -> list[str]:
    """The students' ids in the order of the file.

    Raises:
        UserError: no such file, no CSV, nobody in it, or one student twice.
    """
    rows = tables.read(path, "the roster").rows
    titles = [title.strip().casefold() for title in rows[0]] if rows else []
    column = titles.index("student") if "student" in titles else 0
    if titles and ("student" in titles or HEADER.search(titles[0].replace("_", " "))):
        rows = rows[1:]
    found: dict[str, str] = {}
    for row in rows:
        student = row[column].strip() if column < len(row) else ""
        if not student:
            continue
        file = planted.challenge_file(student)
        if file in found:
            raise UserError(f"the roster {path} has {student!r} twice (case does not count)")
        found[file] = student
    if not found:
        raise UserError(f"there is no student in the roster {path}")
    return list(found.values())


def weights(root: Path, ids: Sequence[str], secret: Secret) -> dict[PurePosixPath, bytes]:
    """The weights files of all students and labs: path relative to ``root`` -> content."""
    files = {}
    with tempfile.TemporaryDirectory() as scratch:
        for lab in labs.find(root).values():
            kind = _challenge_kind(lab)
            if kind is None:
                continue
            for student in ids:
                seed = seeds.challenge_seed(secret, student, lab.name)
                path = Path(scratch, "challenge.safetensors")
                models.planted(kind, seed).save(path)
                name = planted.challenge_file(student)
                files[PurePosixPath("labs", lab.name, "challenges", name)] = path.read_bytes()
    return files


def _challenge_kind(lab: Lab) -> str | None:
    """The kind of planted model that the lab's helper module names, if it has a challenge."""
    helpers = reference.definitions(lab).get("helpers")
    kind: str | None = getattr(helpers, "CHALLENGE", None)
    return kind
