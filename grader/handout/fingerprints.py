"""Makes ``misconceptions.json``: what a lab's visible checks see of each misconception.

The file lies beside the notebook; ``labkit.check`` reads in it which mistakes there are and how far
the lab has come. It holds no code, wrong or right: per exercise, in notebook order, its points and
for each misconception its sentence and one fingerprint for each call of the visible check
(``labkit.check.fingerprint``: size and three projections, or the name of an exception).

``measure`` runs every visible check against every misconception in a process of its own. The
numbers have 4 significant digits, and another CPU may move the last of them; so ``agree`` compares
numbers with a tolerance and everything else exactly, and ``release`` keeps the file that lies there
when it agrees: the same bytes on every machine.

An exercise that is a value has no misconceptions there: its visible check calls nothing, and only
the hidden checks recognise what went wrong.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.course.labs import Lab
from grader.errors import UserError

FILE = "misconceptions.json"
Index = dict[str, Any]
"""The content of one misconceptions.json: {"lab", "exercises": [{"name", "points", ...}]}."""

TIME_LIMIT = 600  # seconds for all labs; a lab takes a few
TOLERANCE = 1e-3  # of a print's largest projection: what labkit takes for one value
NOISE = 1e-5  # rounding around an exact zero


def measure(root: Path) -> dict[str, Index]:
    """Fingerprints of every lab under ``root``, by lab name.

    Raises:
        UserError: a visible check could not be run, or the solution fails it; says which.
    """
    state = hashlib.sha256()
    for folder in ("solutions", "grader/checks", "labs/labkit"):
        for path in sorted((root / folder).rglob("*.py")):
            state.update(str(path.relative_to(root)).encode() + path.read_bytes())
    digest = state.hexdigest()
    if digest not in _measured:
        _measured[digest] = _run(root)
    return _measured[digest]


_measured: dict[str, dict[str, Index]] = {}  # by the state of the files, while this process lives


def _run(root: Path) -> dict[str, Index]:
    """Starts the child process and reads what it measured."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "MPLBACKEND": "agg"}
    command = [sys.executable, "-m", "grader.handout.fingerprints", str(root.resolve())]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"the visible checks ran for over {TIME_LIMIT} s: one hangs") from error
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"cannot run the visible checks on the misconceptions: {reason}")
    measured: dict[str, Index] = json.loads(done.stdout.splitlines()[-1])
    return measured


def to_bytes(index: Index) -> bytes:
    """The file's bytes: sorted keys, and each fingerprint on one line."""
    text = json.dumps(index, indent=1, sort_keys=True, ensure_ascii=False)
    text = re.sub(r"\[\n\s*([^][{}]*?)\n\s*]", _on_one_line, text)
    return (text + "\n").encode()


def agree(mine: object, theirs: object) -> bool:
    """Whether two indexes are equal, the numbers of a fingerprint within the tolerance above."""
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return mine.keys() == theirs.keys() and all(agree(mine[k], theirs[k]) for k in mine)
    if isinstance(mine, list) and isinstance(theirs, list):
        if len(mine) != len(theirs):
            return False
        if all(isinstance(part, float) for part in [*mine, *theirs]):
            return _same_print(mine, theirs)
        return all(map(agree, mine, theirs))
    return type(mine) is type(theirs) and mine == theirs


def _same_print(mine: list[float], theirs: list[float]) -> bool:
    """Whether two fingerprints are of one value; the first number is its size, and exact.

    A projection can be small by cancellation: its error goes with the largest of them.
    """
    largest = max(map(abs, [*mine[1:], *theirs[1:]]), default=0.0)
    allowed = max(TOLERANCE * largest, NOISE)
    return mine[:1] == theirs[:1] and all(
        abs(a - b) <= allowed for a, b in zip(mine[1:], theirs[1:], strict=True)
    )


def _on_one_line(innermost: re.Match[str]) -> str:
    return "[" + re.sub(r"\n\s*", " ", innermost[1]) + "]"


def _index(lab: Lab) -> Index:
    """Runs one lab's visible checks; in the child process only."""
    from grader.judging import reference

    checks = {cell.check: cell.source for cell in lab.cells if cell.check}
    exercises = []
    for exercise in lab.exercises:
        cell, known = checks[exercise.name], []
        if not reference.is_value(lab, exercise.name):
            prints = _prints(cell, dict(reference.definitions(lab)))
            # A check swallows exceptions, its own too: "stop" ends the prints of what fails.
            if not prints or prints[-1][0] == "stop":
                raise UserError(f"{lab.name}: the solution fails the check of {exercise.name}")
            for name, wrong in reference.variants(lab, "misconceptions", exercise.name).items():
                prints = _prints(cell, reference.bind(lab, exercise.name, wrong, None))
                sentence = reference.sentence(wrong)
                known.append({"name": name, "sentence": sentence, "prints": prints})
        exercises.append(
            {"name": exercise.name, "points": exercise.points, "misconceptions": known}
        )
    return {"lab": lab.name, "exercises": exercises}


def _prints(check_cell: str, namespace: dict[str, Any]) -> list[Any]:
    """The fingerprints that one run of a check cell records; what it shows is dropped."""
    from labkit import check

    prints: list[Any] = []
    with contextlib.redirect_stdout(io.StringIO()), check.recording(prints.append):
        exec(compile(check_cell, "check cell", "exec"), namespace)
    return prints


def main() -> None:
    """The child process: the indexes of all labs of a course as one line of JSON."""
    import torch

    from grader.course import labs

    torch.set_num_threads(1)  # the same order of summation whatever the machine
    try:
        found = labs.find(Path(sys.argv[1]))
        print(json.dumps({name: _index(lab) for name, lab in found.items()}))
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
