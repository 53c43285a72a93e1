"""What a run keeps of how its class came in: ``handed_in.jsonl`` and ``not_used.csv``.

``handed_in.jsonl`` has one JSON object per student and lab: who they are on the platform, when they
handed in, whether late. Exports and the rules for late work read it; no mark in ``results.jsonl``
hangs on it. ``not_used.csv`` lists each file that was handed in and not graded, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from grader.errors import UserError
from grader.intake import tables
from grader.ledger.results import replace
from grader.records import HandedIn, Unused

FILE, UNUSED = "handed_in.jsonl", "not_used.csv"


def write(
    out: Path, handed_in: Iterable[HandedIn], unused: Iterable[Unused], labs: Iterable[str]
) -> None:
    """Write both files; what is known of other labs than these stays. No file says nothing.

    Raises:
        OSError: the folder cannot be written.
    """
    here = set(labs)
    known = {key: record for key, record in read(out).items() if key[1] not in here}
    known |= {(record.student, record.lab): record for record in handed_in}
    lines = [json.dumps(asdict(known[key])).encode("ascii") + b"\n" for key in sorted(known)]
    _put(out / FILE, lines)
    rows = [(record.file, record.why) for record in unused]
    _put(out / UNUSED, [tables.to_bytes([("file", "why"), *rows])] if rows else [])


def read(marks: Path) -> dict[tuple[str, str], HandedIn]:
    """What is known of each (student, lab); empty when nothing is.

    Raises:
        UserError: the file is damaged.
    """
    path = marks / FILE
    if not path.exists():
        return {}
    try:
        records = [HandedIn(**json.loads(line)) for line in path.read_bytes().splitlines()]
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{path} is damaged: remove it and run python -m grader grade again, which writes it"
        ) from error
    return {(record.student, record.lab): record for record in records}


def _put(path: Path, pieces: list[bytes]) -> None:
    if pieces:
        replace(path, pieces)
    else:
        path.unlink(missing_ok=True)
