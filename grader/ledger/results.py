"""``results.jsonl``: one JSON object per ``LabResult``; and how a run's other files are written.

This module knows what a line says; `chain` knows what its last two fields prove, `ledger` which
lines hold. The file also has lines that are no results: a seal at the end of each run, and a
"gone" where a submission that had a result was taken out of the class.

The other writers of a run's files use ``replace`` to put a whole file in place at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.errors import UserError
from grader.records import CheckResult, ExerciseResult, LabResult, ManualQuestion

Named = tuple[str, str]  # student, lab

DAMAGE = (ValueError, TypeError, KeyError, AttributeError)
"""What reading a line raises that is not what ``encode`` wrote."""


class InOrder:
    """Results sorted by student, then lab, that can be read through more than once.

    A class of ten thousand is then never in memory as a whole.
    """

    def __iter__(self) -> Iterator[LabResult]:
        """Go through the results once more."""
        raise NotImplementedError

    def __len__(self) -> int:
        """Say how many there are."""
        raise NotImplementedError

    def __getitem__(self, position: int) -> LabResult:
        """Read the result at a position, from 0."""
        raise NotImplementedError


def in_order(results: Iterable[LabResult]) -> InOrder | list[LabResult]:
    """The results sorted by student, then lab: the order of every file that a run writes."""
    if isinstance(results, InOrder):
        return results
    return sorted(results, key=lambda result: (result.student, result.lab))


def read(path: Path) -> list[LabResult]:
    """The results that hold in the file; none when there is no file. The chain is not looked at.

    Where a student and lab stand in it twice, the later record holds: it is a submission graded
    again. A piece of a line that a killed run left at the end is passed over.

    Raises:
        UserError: a line other than the last is damaged; names its number.
    """
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    found: dict[Named, LabResult] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if "sealed" in data:
                continue
            found.pop((data["student"], data["lab"]), None)
            if "gone" not in data:
                found[data["student"], data["lab"]] = decode(data)
        except DAMAGE as error:
            # Only what no newline ends can be a line that a kill cut short.
            if number == len(lines):
                break
            raise UserError(
                f"{path}:{number}: this line is not a result: see python -m grader verify"
            ) from error
    return list(found.values())


def encode(result: LabResult) -> bytes:
    """A result as one JSON object on one line, keys in the order of the records' fields.

    Plain ASCII: a student's id can hold what UTF-8 cannot (a folder name that was never Unicode).
    """
    return json.dumps(asdict(result), allow_nan=False).encode("ascii")


def decode(data: dict[str, Any]) -> LabResult:
    """The record that ``encode`` wrote.

    Raises:
        one of ``DAMAGE``: it wrote something else.
    """
    exercises = tuple(
        ExerciseResult(
            name=exercise["name"],
            score=float(exercise["score"]),
            max_score=float(exercise["max_score"]),
            checks=tuple(CheckResult(**check) for check in exercise["checks"]),
            digest=exercise.get("digest", ""),
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


def replace(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a whole file: whoever looks sees the old bytes or the new ones, never half of them.

    Args:
        path: where; folders are made.
        data: the bytes, or pieces of them as they come.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old file is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            for piece in [data] if isinstance(data, bytes) else data:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def refresh(path: Path, data: bytes) -> None:
    """Like ``replace``, for one of many files that can be made again: no bytes, no write.

    Such a file is not waited for: should the machine die, the same command writes it again.
    """
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return
    except OSError:
        path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
