"""The one way in which a check runs: its fixtures, its outcome, its trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from _pytest.outcomes import Skipped

from grader import assertions, seeds
from grader.course import labs
from grader.judging import exam
from grader.judging.exam import Check, Key, Outcome, Stopped
from grader.judging.lines import StudentError
from grader.records import CheckStatus
from grader.seeds import PUBLIC
from tests import sample_class

KEY = Key(PUBLIC, "ada", labs.named(sample_class.LAB))


class Asked:
    """Stands for the student: every call is answered with its argument."""

    seed = 0
    trace: list[Any]

    def answer(self, value: Any) -> Any:
        self.trace.append(value)
        return value


class Sitter:
    """An exam of `Asked`."""

    key = KEY

    def __init__(self, problem: BaseException | None = None) -> None:
        self.problem = problem
        self.asked = Asked()

    def student(self, exercise: str) -> Any:
        if self.problem is not None:
            raise self.problem
        return self.asked

    def done(self, exercise: str, status: CheckStatus) -> None:
        raise AssertionError("whoever takes the check does not tell the exam")


def take(function: Callable[..., object], sitter: Sitter | None = None, **more: Any) -> Outcome:
    return exam.take(sitter or Sitter(), Check("ex", "test_it", function, more))


def test_a_check_gets_what_it_asks_for() -> None:
    seen: dict[str, Any] = {}

    def check(student: Any, rng: Any, seed: Any, word: str) -> None:
        seen.update(locals())

    sitter = Sitter()
    outcome = take(check, sitter, word="w")
    seed = KEY.seed("ex", "test_it")
    assert (outcome.status, outcome.message) == ("PASS", "")
    assert seen["student"] is sitter.asked
    assert seen["seed"] == seed
    assert sitter.asked.seed == seeds.handed_over(seed) != seed
    assert seen["word"] == "w"
    same = torch.Generator().manual_seed(seed)
    assert torch.equal(torch.rand(3, generator=seen["rng"]), torch.rand(3, generator=same))


def test_every_reply_is_in_the_trace() -> None:
    def check(student: Any) -> None:
        student.answer(1)
        student.answer("two")
        raise AssertionError

    outcome = take(check)
    assert outcome.trace == [1, "two"]
    assert (outcome.exercise, outcome.check) == ("ex", "test_it")
    again = exam.repeat(Sitter(), outcome)
    assert (again.of, again.status, again.trace) == (outcome.of, "FAIL", [1, "two"])
    assert again.trace is not outcome.trace


def _told() -> None:
    """What a student

    reads is the first paragraph."""
    assertions.holds(False, "This is not right.")


def _bare() -> None:
    """A sentence."""
    secret = 42
    assert secret == 41, f"expected {secret}"


def _raises(error: BaseException) -> Callable[[], None]:
    def check() -> None:
        """A sentence."""
        raise error

    return check


@pytest.mark.parametrize(
    ("check", "status", "message"),
    [
        (_told, "FAIL", "What a student\nThis is not right."),
        (_bare, "FAIL", "A sentence."),
        (_raises(StudentError("ValueError: no")), "ERROR", "ValueError: no"),
        (_raises(ZeroDivisionError("oh")), "FAULT", "ZeroDivisionError: oh"),
        (_raises(SystemExit(0)), "FAULT", "SystemExit"),
        (_raises(GeneratorExit()), "FAULT", "GeneratorExit"),
        (lambda: True, "FAULT", "it returns something"),
        (_raises(Skipped("no")), "FAULT", "Skipped"),
        (lambda no_such_thing: None, "FAULT", "a check asks for 'no_such_thing'"),
    ],
)
def test_how_it_ends_is_its_outcome(
    check: Callable[..., object], status: CheckStatus, message: str
) -> None:
    outcome = take(check)
    assert outcome.status == status
    assert message in outcome.message


def test_a_student_who_cannot_be_asked_is_an_error() -> None:
    outcome = take(lambda student: None, Sitter(StudentError("it is not there")))
    assert (outcome.status, outcome.message, outcome.trace) == ("ERROR", "it is not there", [])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Stopped])
def test_what_must_stop_stops(stop: type[BaseException]) -> None:
    with pytest.raises(stop):
        take(_raises(stop()))


def test_a_trace_can_end_its_check() -> None:
    class Full(list[Any]):
        def append(self, value: Any) -> None:
            if len(self) == 2:
                raise Stopped
            super().append(value)

    def check(student: Any) -> None:
        for number in range(9):
            student.answer(number)

    trace = Full()
    with pytest.raises(Stopped):
        exam.take(Sitter(), Check("ex", "test_it", check), trace)
    assert trace == [0, 1]
