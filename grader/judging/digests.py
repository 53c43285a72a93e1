"""Digests of what a mark hangs on: the same digest, and nothing need be run again.

An exercise's outcomes hang on its check file and misconceptions, on the solution's statements that
the checks, the misconceptions and the stand-ins for failed exercises use, on the lab's helpers, on
the secret and the student's name, and on the student's program. Points are not among them: a
change of points only counts again. A submission's digest covers all that and the points.

The grader's own code and labkit are not covered: ``regrade --all`` is for a change of those.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from labkit.planted.challenges import spelling

from grader.course.labs import Exercise, Lab
from grader.judging import reference
from grader.records import ExerciseResult, Program, Submission
from grader.seeds import Secret, draw

_LENGTH = 16  # hex digits


class Digests:
    """Makes digests for one run; what all submissions share is read once.

    Args:
        secret: the course secret.
    """

    def __init__(self, secret: Secret) -> None:
        self._secret = str(draw(secret, "digest"))
        self._sides: dict[tuple[str, str, tuple[str, ...]], str] = {}
        self._shared: dict[str, str] = {}

    def submission(self, submission: Submission, lab: Lab) -> str:
        """Return the digest of all that a submission's marks hang on."""
        state = _State(self._secret, submission.status, submission.reason)
        if submission.members:
            state.add(submission.members)
        if submission.notebook is not None:
            with contextlib.suppress(OSError), submission.notebook.open("rb") as file:
                state.add(hashlib.file_digest(file, "sha256").hexdigest())
        before: list[str] = []
        for exercise in lab.exercises:
            state.add(exercise.name, exercise.points, self._side(lab, exercise, before))
            before.append(exercise.name)
        state.add(lab.questions)
        return state.digest()

    def program(self, program: Program, student: str) -> str:
        """Return the digest of what is run of a student's notebook, with the name in the seeds."""
        own = (program.statements, sorted(program.left_out.items()), sorted(program.broken.items()))
        return _State(self._secret, spelling(student), own).digest()

    def exercise(self, lab: Lab, exercise: Exercise, program: str, failed: Sequence[str]) -> str:
        """Return the digest of all that the outcomes of one exercise's checks hang on.

        Args:
            lab: the lab.
            exercise: the exercise.
            program: the program's digest.
            failed: the exercises before it that did not pass; the solution stands in for them.
        """
        return _State(program, self._side(lab, exercise, failed)).digest()

    def _side(self, lab: Lab, exercise: Exercise, stand_ins: Iterable[str]) -> str:
        """The lab's side of an exercise, with the solution in the place of some others."""
        key = (lab.name, exercise.name, tuple(stand_ins))
        if key not in self._sides:
            ours = [_text(path) for path in _files(lab, exercise.name)]
            words = set(re.findall(r"\w+", " ".join(ours)))
            used = sorted(words & _defined(reference.program(lab)))
            statements = reference.solution_statements(lab, [exercise.name, *used, *key[2]])
            code = [statement.source for statement in statements]
            state = _State(self._of_lab(lab), ours, exercise.seconds, key[2], code)
            self._sides[key] = state.digest()
        return self._sides[key]

    def _of_lab(self, lab: Lab) -> str:
        """What all exercises share: helpers, and whatever lies beside the checks."""
        if lab.name not in self._shared:
            own = {path for exercise in lab.exercises for path in _files(lab, exercise.name)}
            beside = [
                path
                for path in lab.checks.rglob("*.py")
                if path not in own and path.parent.name != "alternatives"
            ]
            helpers = [*lab.released.glob("*.py"), *lab.source.parent.glob("*_helpers.py")]
            state = _State()
            for path in sorted([*beside, *helpers]):
                state.add(path.name, _text(path))
            self._shared[lab.name] = state.digest()
        return self._shared[lab.name]


def failed(exercises: Iterable[ExerciseResult]) -> list[str]:
    """Return which exercises the solution stands in for, in the order of the lab."""
    return [e.name for e in exercises if any(c.status in ("FAIL", "ERROR") for c in e.checks)]


class _State:
    """A hash over values, each kept apart from the next."""

    def __init__(self, *values: object) -> None:
        self._hash = hashlib.sha256()
        self.add(*values)

    def add(self, *values: object) -> None:
        for value in values:
            text = repr(value).encode("utf-8", "surrogatepass")
            self._hash.update(len(text).to_bytes(8, "big") + text)

    def digest(self) -> str:
        return self._hash.hexdigest()[:_LENGTH]


def _defined(solution: Program) -> set[str]:
    """What the solution's statements define, read off their first words."""
    text = "\n".join(statement.source for statement in solution.statements)
    found = re.findall(r"(?m)^(?:async +)?(?:def|class) +(\w+)|^(\w+)[\w, ]* *[:=]", text)
    return {name for pair in found for name in pair if name}


def _files(lab: Lab, exercise: str) -> tuple[Path, Path]:
    """An exercise's check file and its misconceptions file; either may not be there."""
    return lab.checks / f"test_{exercise}.py", lab.checks / "misconceptions" / f"{exercise}.py"


def _text(path: Path) -> str:
    return path.read_text("utf-8", "surrogateescape") if path.exists() else ""
