"""``timings.jsonl``: how long each submission took, beside the results and no part of them.

Results are the same bytes on every machine; seconds are not, so they stand in a file of their own,
which grows as results come. Nothing hangs on it: of a run without it, or with a damaged line in
it, less is known, and that is all.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, replace
from pathlib import Path

from grader.ledger.results import DAMAGE, Named
from grader.records import Timing

FILE = "timings.jsonl"


def add(path: Path, timing: Timing) -> None:
    """Append one submission's seconds.

    Raises:
        OSError: the disk is full or the file cannot be written.
    """
    line = asdict(timing)
    line["exercises"] = {name: round(spent, 4) for name, spent in timing.exercises.items()}
    line["rest"] = round(timing.rest, 4)
    with path.open("ab+") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a killed run left half a line
                file.write(b"\n")
        file.write(json.dumps(line).encode("ascii") + b"\n")


def read(path: Path) -> dict[Named, Timing]:
    """The seconds by student and lab; nothing when there is no file. Damaged lines are passed over.

    An exercise that was taken over from an earlier result keeps the seconds it took then.
    """
    found: dict[Named, Timing] = {}
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return found
    for line in lines:
        try:
            timing = _decoded(json.loads(line))
        except DAMAGE:
            continue
        key = (timing.student, timing.lab)
        before = found[key].exercises if key in found else {}
        found[key] = replace(timing, exercises={**before, **timing.exercises})
    return found


def _decoded(data: dict[str, object]) -> Timing:
    spent = data["exercises"]
    if not isinstance(spent, dict) or type(data["student"]) is not str:
        raise TypeError
    exercises = {str(name): _seconds(value) for name, value in spent.items()}
    return Timing(data["student"], str(data["lab"]), exercises, _seconds(data["rest"]))


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError
    return float(value)
