"""One sitting: a student (or our own code) before the hidden checks of one lab.

An `Exam` says who is asked and with which seeds, `plugin` knows the checks, and `take` is the one
way in which a check runs. Checks are independent of each other and draw everything from `seed`, so
one can also be repeated alone, to recognise a misconception or to try a fault again.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import torch
from labkit import models
from labkit.planted import Planted
from labkit.planted.challenges import spelling

from grader import assertions, seeds
from grader.course.labs import Lab
from grader.judging import reference
from grader.judging.lines import LocalLine, StudentError
from grader.records import CheckStatus
from grader.seeds import Secret
from grader.student import Student, WrongReturn


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
        return Student(line, reference.promised(self.key.lab))

    def done(self, exercise: str, status: CheckStatus) -> None:
        """Nothing hangs on it: the predecessors are the solution's."""


@dataclass(frozen=True)
class Check:
    """One hidden check of one exercise, as pytest names it."""

    exercise: str
    name: str
    function: Callable[..., object] = field(repr=False)
    parameters: Mapping[str, Any] = field(repr=False, default_factory=dict)


@dataclass
class Outcome:
    """What one check gave, and every reply that the student's code gave it."""

    of: Check
    status: CheckStatus
    message: str
    trace: list[Any] = field(repr=False, default_factory=list)
    error: BaseException | None = field(repr=False, default=None)  # what made it a FAULT

    @property
    def exercise(self) -> str:
        """The exercise's name."""
        return self.of.exercise

    @property
    def check(self) -> str:
        """The check's name."""
        return self.of.name


class Stopped(BaseException):
    """Raised from a trace to end a check that is being repeated; no outcome comes of it."""


def take(exam: Exam, check: Check, trace: list[Any] | None = None) -> Outcome:
    """Run one check.

    Args:
        exam: who is asked.
        check: what is asked; also its seed hangs on it.
        trace: a list to which every reply is appended as it comes; a new one when None.

    Raises:
        KeyboardInterrupt: somebody wants to stop.
        Stopped: the trace wants to.
    """
    available = Fixtures(exam, check, [] if trace is None else trace)
    status: CheckStatus = "PASS"
    message = ""
    broke: BaseException | None = None
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            names = inspect.signature(check.function).parameters
            arguments = {n: available.get(n) for n in names if n not in check.parameters}
            if check.function(**arguments, **check.parameters) is not None:
                raise TypeError("it returns something; what it finds it must assert")
    except (KeyboardInterrupt, Stopped):
        raise
    except BaseException as error:
        status, message = verdict(error, check.function)
        broke = error if status == "FAULT" else None
    return Outcome(check, status, message, available.trace, broke)


def repeat(exam: Exam, outcome: Outcome, trace: list[Any] | None = None) -> Outcome:
    """Run a check again, with the same seed."""
    return take(exam, outcome.of, trace)


FIXTURES = ("student", "seed", "rng", "challenge")
"""All that a check may ask for."""


class Fixtures:
    """The four things a check may ask for, made on demand."""

    def __init__(self, exam: Exam, check: Check, trace: list[Any]) -> None:
        self.trace = trace
        self._exam = exam
        self._exercise = check.exercise
        self._seed = exam.key.seed(check.exercise, check.name)

    def get(self, name: str) -> Any:
        """Make one of `FIXTURES`."""
        match name:
            case "student":
                student = self._exam.student(self._exercise)
                student.seed = seeds.handed_over(self._seed)
                student.trace = self.trace
                return student
            case "seed":
                return self._seed
            case "rng":
                return torch.Generator().manual_seed(self._seed)
            case "challenge":
                return self._exam.key.challenge()
        raise LookupError(f"a check asks for {name!r}; there is {', '.join(FIXTURES)}")


def verdict(error: BaseException, check: Callable[..., object]) -> tuple[CheckStatus, str]:
    """Sort an exception into FAIL, ERROR or FAULT, and say it for the student."""
    if isinstance(error, StudentError):
        return "ERROR", str(error)
    if isinstance(error, AssertionError):
        sentence = said_by(check)
        text = " ".join(str(error).split()) if _is_for_the_student(error) else ""
        return "FAIL", f"{sentence}\n{text}" if text else sentence
    return "FAULT", f"the check itself broke ({type(error).__name__}: {error})"


def said_by(check: Callable[..., object]) -> str:
    """Return the sentence that a student reads when a check fails."""
    return " ".join((inspect.getdoc(check) or check.__name__).split("\n\n")[0].split())


def _is_for_the_student(error: AssertionError) -> bool:
    """Was it raised for a wrong type, or by `grader.assertions`? A bare ``assert`` may print what a
    check expects.
    """
    if isinstance(error, WrongReturn):
        return True
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_globals.get("__name__") == assertions.__name__
