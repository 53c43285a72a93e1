"""A submission's account: the smallest of what a call, an exercise and the whole may use."""

from __future__ import annotations

import pytest

from grader.judging import budget
from grader.judging.budget import Budget
from grader.sandbox import Limits

LIMITS = Limits(cpu_call=10, cpu_exercise=30, cpu_total=100, wall_factor=6, wall_total=400)


class Clock:
    """The judge's clock, in a test's hands."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(budget, "time", clock)
    return clock


def test_a_call_and_an_exercise_have_their_limits(clock: Clock) -> None:
    account = Budget(LIMITS, {})
    account.begin("first", 0.0)
    assert account.call().left == 10
    assert account.total().left == 30
    assert "30 s of processor time for one exercise" in account.total().name


def test_what_ran_before_an_exercise_does_not_count_against_it(clock: Clock) -> None:
    account = Budget(LIMITS, {})
    account.begin("first", 2.0)  # the worker ran the notebook's definitions
    assert account.total().left == 32  # by the clock of that worker
    account.begin("first", 20.0)  # another check of it
    assert account.total().left == 32
    account.begin("second", 25.0)
    assert account.total().left == 55


def test_a_new_worker_wins_nothing(clock: Clock) -> None:
    account = Budget(LIMITS, {})
    account.begin("first", 0.0)
    account.ended(12.0)
    assert account.total().left == 18  # by the clock of the next worker, which starts at 0
    account.ended(12.0)
    assert account.total().left == 6
    account.begin("second", 0.0)
    assert account.total().left == 30


def test_the_whole_submission_runs_out(clock: Clock) -> None:
    account = Budget(LIMITS, {})
    for number in range(4):
        account.begin(str(number), 0.0)
        assert account.used_up() is None
        account.ended(24.0)
    account.begin("last", 0.0)
    assert account.total().left == 4
    assert account.total().name == "100 s of processor time in all"
    account.ended(4.0)
    assert account.used_up() == "100 s of processor time in all"


def test_waiting_is_limited_for_a_call_an_exercise_and_in_all(clock: Clock) -> None:
    account = Budget(LIMITS, {})
    account.begin("first", 0.0)
    assert (account.waiting().left, account.waiting().name) == (60, "60 s of waiting for one call")
    clock.now += 150
    assert account.waiting().left == 30
    assert account.waiting().name == "180 s of waiting for one exercise"
    account.begin("second", 0.0)
    clock.now += 240
    assert account.waiting().left == -60
    account.begin("third", 0.0)
    assert (account.waiting().left, account.waiting().name) == (10, "400 s of waiting in all")
    assert account.used_up() is None
    clock.now += 10
    assert account.used_up() == "400 s of waiting in all"


def test_waiting_for_a_worker_to_be_there_does_not_count(clock: Clock) -> None:
    account = Budget(LIMITS, {})
    account.begin("first", 0.0)
    clock.now += 150
    account.excuse(140)
    assert account.waiting().left == 60
    clock.now += 380
    assert account.waiting().left == -210
    account.begin("second", 0.0)
    assert (account.waiting().left, account.waiting().name) == (10, "400 s of waiting in all")


def test_a_lab_may_grant_an_exercise_more(clock: Clock) -> None:
    account = Budget(LIMITS, {"training": 90})
    account.begin("other", 0.0)
    assert (account.call().left, account.total().left) == (10, 30)
    account.begin("training", 0.0)
    assert (account.call().left, account.total().left) == (90, 90)
    assert account.waiting().left == 400  # the whole submission's comes first
    account.ended(85.0)
    assert account.total().left == 5


def test_a_worker_of_which_nobody_knows_what_it_used_costs_nothing(clock: Clock) -> None:
    account = Budget(LIMITS, {})
    account.begin("first", 0.0)
    account.ended(None)
    assert account.total().left == 30
