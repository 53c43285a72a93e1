"""``results.jsonl``: one JSON object per ``LabResult``, on disk before the next one is graded.

A record counts once it is whole. A run that is killed while it writes leaves at most a piece of
one line at the end of the file; ``read`` passes over it, and the next ``append`` cuts it off, so
that the submission is simply graded again. ``finish`` rewrites the file in one canonical order: the
bytes do not depend on the order of grading, on the workers or on how often a run was killed.

The other writers of a run's files use ``replace`` to put a whole file in place at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.errors import UserError
from grader.records import CheckResult, ExerciseResult, LabResult, ManualQuestion


def append(path: Path, result: LabResult) -> None:
    """Add one result to the file and return when it is on the disk (flushed and fsynced).

    A piece of a line that a killed run left at the end is cut off first. One writer at a time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _mend_the_end(path)
    is_new = not path.exists()
    with path.open("ab") as file:
        file.write(_line(result))
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _sync_folder(path.parent)


def read(path: Path) -> list[LabResult]:
    """The results in the file, in its order; none when there is no file.

    Where a student and lab stand in it twice, the later record holds: it is a submission graded
    again. Raises ``UserError`` with the line's number when a line other than the last is damaged.
    """
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    found: dict[tuple[str, str], LabResult] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            result = _result(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # Only what no newline ends can be a line that a kill cut short.
            if number == len(lines):
                break
            raise UserError(
                f"{path}:{number}: this line is not a result. Delete the line, "
                "and the same command grades its submission again."
            ) from error
        found.pop((result.student, result.lab), None)
        found[result.student, result.lab] = result
    return list(found.values())


def finish(path: Path, final: Iterable[LabResult]) -> None:
    """Rewrite the file in its final form: these results alone, sorted, atomically."""
    replace(path, b"".join(_line(result) for result in in_order(final)))


def in_order(results: Iterable[LabResult]) -> list[LabResult]:
    """The results sorted by student, then lab: the order of every file that a run writes."""
    return sorted(results, key=lambda result: (result.student, result.lab))


def replace(path: Path, data: bytes) -> None:
    """Write a whole file: whoever looks sees the old bytes or the new ones, never half of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _line(result: LabResult) -> bytes:
    """A result as one line of JSON, keys in the order of the records' fields.

    Plain ASCII: a student's id can hold what UTF-8 cannot (a folder name that was never Unicode).
    """
    return json.dumps(asdict(result), allow_nan=False).encode("ascii") + b"\n"


def _result(data: dict[str, Any]) -> LabResult:
    """The record that ``_line`` wrote."""
    exercises = tuple(
        ExerciseResult(
            name=exercise["name"],
            score=float(exercise["score"]),
            max_score=float(exercise["max_score"]),
            checks=tuple(CheckResult(**check) for check in exercise["checks"]),
        )
        for exercise in data["exercises"]
    )
    return LabResult(
        student=data["student"],
        lab=data["lab"],
        status=data["status"],
        reason=data["reason"],
        score=float(data["score"]),
        max_score=float(data["max_score"]),
        exercises=exercises,
        manual=tuple(ManualQuestion(**question) for question in data.get("manual", ())),
        digest=data.get("digest", ""),
    )


def _mend_the_end(path: Path) -> None:
    """Make the file end with a newline: drop a piece of a record, keep a record that is whole."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        data = file.read()
        start = data.rfind(b"\n") + 1
        try:
            # No piece of a JSON object is itself valid JSON, so what can be read is whole.
            _result(json.loads(data[start:]))
        except (ValueError, TypeError, KeyError, AttributeError):
            file.truncate(start)
        else:
            file.seek(0, os.SEEK_END)
            file.write(b"\n")


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on the disk too; where folders cannot be opened there is no need."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
