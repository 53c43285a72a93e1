"""One sitting: a student (or our own code) before the hidden checks of one lab.

An `Exam` says who is asked and with which seeds; `plugin.run` lets pytest run the checks. Checks
are independent of each other and draw everything from `seed`, so one can also be repeated alone:
`repeat` does that, to recognise a misconception or to try a fault again.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import torch
from labkit import models
from labkit.planted import Planted
from labkit.planted.challenges import spelling

from grader import reference, seeds
from grader.labs import Lab
from grader.lines import LocalLine, StudentError
from grader.records import CheckStatus
from grader.seeds import Secret
from grader.student import Student

_LOCAL_CPU = 600


@dataclass(frozen=True)
class Key:
    """What the seeds of a sitting hang on."""

    secret: Secret
    student: str
    lab: Lab

    def seed(self, exercise: str, check: str) -> int:
        """Return the seed of one check."""
        return seeds.draw(
            self.secret, "check", self.lab.name, spelling(self.student), exercise, check
        )

    def challenge(self) -> Planted:
        """Return the student's planted challenge, with its truth."""
        return _planted(self)


@lru_cache(maxsize=4)
def _planted(key: Key) -> Planted:
    """Plant a challenge once for all checks and misconceptions that ask for it."""
    kind = reference.definitions(key.lab)["helpers"].CHALLENGE
    return models.planted(kind, seeds.challenge_seed(key.secret, key.student, key.lab.name))


class Exam(Protocol):
    """Who sits before the checks."""

    key: Key

    def student(self, exercise: str) -> Student:
        """Return the student to ask, with failed predecessors replaced.

        Raises:
            StudentError: the exercise is not there, or its time has run out.
        """

    def done(self, exercise: str, status: CheckStatus) -> None:
        """Take note of a check's outcome."""


class LocalExam:
    """The solution with one exercise done in a given way."""

    def __init__(self, key: Key, definitions: Mapping[str, Any]) -> None:
        self.key = key
        self._definitions = definitions

    def student(self, exercise: str) -> Student:
        """Return a fresh namespace for every check."""
        line = LocalLine(self._definitions)
        return Student(line, reference.promised(self.key.lab), _LOCAL_CPU)

    def done(self, exercise: str, status: CheckStatus) -> None:
        """Nothing hangs on it: the predecessors are the solution's."""


@dataclass
class Outcome:
    """What one check gave: also all that is needed to repeat it."""

    exercise: str
    check: str
    status: CheckStatus
    message: str
    function: Callable[..., None] = field(repr=False)
    parameters: dict[str, Any] = field(repr=False, default_factory=dict)
    trace: list[Any] = field(repr=False, default_factory=list)


def repeat(exam: Exam, outcome: Outcome) -> Outcome:
    """Run one check again, without pytest, with the same seed."""
    available = Fixtures(exam, outcome.exercise, outcome.check)
    wanted = inspect.signature(outcome.function).parameters
    result = Outcome(
        outcome.exercise, outcome.check, "PASS", "", outcome.function, outcome.parameters
    )
    try:
        arguments = {n: available.get(n) for n in wanted if n not in outcome.parameters}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcome.function(**arguments, **outcome.parameters)
    except BaseException as error:
        result.status, result.message = verdict(error, outcome.function)
    result.trace = available.trace()
    return result


class Fixtures:
    """The four things a check may ask for, made on demand."""

    def __init__(self, exam: Exam, exercise: str, check: str) -> None:
        self._exam = exam
        self._exercise = exercise
        self._seed = exam.key.seed(exercise, check)
        self._student: Student | None = None

    def get(self, name: str) -> Any:
        match name:
            case "student":
                if self._student is None:
                    self._student = self._exam.student(self._exercise)
                    self._student.seed = self._seed
                    self._student.trace = []
                return self._student
            case "seed":
                return self._seed
            case "rng":
                return torch.Generator().manual_seed(self._seed)
            case "challenge":
                return self._exam.key.challenge()
        raise LookupError(f"a check asks for {name!r}; there is student, seed, rng, challenge")

    def trace(self) -> list[Any]:
        return self._student.trace if self._student else []


def verdict(error: BaseException, check: Callable[..., None]) -> tuple[CheckStatus, str]:
    """Sort an exception into FAIL, ERROR or FAULT, and say it for the student."""
    if isinstance(error, StudentError):
        return "ERROR", str(error)
    if isinstance(error, AssertionError):
        sentence = " ".join((inspect.getdoc(check) or check.__name__).split("\n\n")[0].split())
        text = " ".join(str(error).split())
        return "FAIL", f"{sentence}\n{text}" if text else sentence
    return "FAULT", f"the check itself broke ({type(error).__name__}: {error})"
