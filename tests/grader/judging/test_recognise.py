"""When two traces are the same mistake: equal up to rounding, and in nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.course import labs
from grader.judging import exam
from grader.judging.exam import Check, Key, Stopped
from grader.judging.recognise import _agrees, _Awaited, _is_blank, _says_nothing, same
from grader.line.wire import Handle
from grader.seeds import PUBLIC
from tests import sample_class


def drawn(seed: int = 0) -> Tensor:
    return torch.randn(4, 5, generator=torch.Generator().manual_seed(seed))


INF, NAN = math.inf, math.nan
EQUAL: list[tuple[Any, Any]] = [
    (None, None), (True, True), ("a", "a"), (3, 3), (3, 3.0), (0, 0.0), (-0.0, 0.0), (NAN, NAN),
    (INF, INF), (1.0, 1.0001), (1e10, 1.0005e10), (1e-12, -1e-12), ([], ()),
    ([1, (2,)], (1.0, [2])),
    ({}, {}), ({"a": NAN}, {"a": NAN}), ({(1, 2): [3]}, {(1, 2): (3.0,)}),
    (Handle(1, "Lens"), Handle(7, "Other")), (("error", "TypeError"), ("error", "TypeError")),
    (drawn(), drawn()), (drawn(), drawn().double()), (drawn(), drawn() * 1.0001),
    (drawn(), drawn() + 1e-6), (1e6 * drawn(), 1e6 * drawn() + 1.0),
    (1e-9 * drawn(), 1e-9 * drawn()),
    (torch.empty(0, 3), torch.empty(0, 3)), (torch.tensor([NAN, 1.0]), torch.tensor([NAN, 1.0])),
    (torch.tensor([INF, -INF]), torch.tensor([INF, -INF])), (torch.zeros(3), torch.zeros(3)),
    (torch.tensor([1, 2]), torch.tensor([1, 2], dtype=torch.int8)),
    (torch.tensor([1j, 2]), torch.tensor([1j, 2])), (drawn() > 0, drawn() > 0),
    ({"w": drawn(), "b": None}, {"b": None, "w": drawn()}), ([drawn(), "x"], (drawn(), "x")),
]  # fmt: skip
DIFFERENT: list[tuple[Any, Any]] = [
    (None, False), (None, 0), (True, 1), (False, 0.0), ("a", "b"), ("1", 1), (3, 4), (1.0, 1.01),
    (NAN, 1.0), (INF, -INF), (INF, 1e308), (1.0, -1.0), ([1], [1, 1]), ([1, 2], [2, 1]), ([], {}),
    ({"a": 1}, {"b": 1}), ({"a": 1}, {"a": 1, "b": 1}), ({1: 1}, {"1": 1}), (Handle(1, "x"), 1),
    (("error", "TypeError"), ("error", "ValueError")), (("error", ""), None), ([None], []),
    (drawn(), drawn(1)), (drawn(), -drawn()), (drawn(), drawn().T), (drawn(), drawn()[None]),
    (drawn(), drawn().flatten()), (drawn(), drawn() * 1.01), (drawn(), drawn() + 0.01),
    (torch.ones(3), torch.ones(3, dtype=torch.int64)), (torch.ones(1), 1.0), (torch.ones(()), 1.0),
    (torch.tensor([NAN]), torch.tensor([0.0])), (torch.tensor([INF]), torch.tensor([NAN])),
    (torch.tensor([INF]), torch.tensor([1e38])), (torch.zeros(3), torch.full((3,), 1e-3)),
    (torch.empty(0, 3), torch.empty(3, 0)), (torch.tensor([1j]), torch.tensor([-1j])),
    (torch.tensor([1j]), torch.tensor([1.0])), (drawn() > 0, drawn() < 0),
    (1e-9 * drawn(), drawn()),
    (1e-9 * drawn(), -1e-9 * drawn()), ([drawn()], drawn()), ({"w": drawn()}, {"w": drawn(1)}),
]  # fmt: skip


@pytest.mark.parametrize("pair", EQUAL, ids=lambda pair: repr(pair)[:50])
def test_the_same_data_up_to_rounding(pair: tuple[Any, Any]) -> None:
    assert same(*pair)
    assert same(pair[1], pair[0])
    assert same([pair[0], 1], [pair[1], 1])


@pytest.mark.parametrize("pair", DIFFERENT, ids=lambda pair: repr(pair)[:50])
def test_other_data(pair: tuple[Any, Any]) -> None:
    assert not same(*pair)
    assert not same(pair[1], pair[0])
    assert not same({"k": pair[0]}, {"k": pair[1]})


def test_one_entry_far_off_in_a_large_tensor_is_a_difference() -> None:
    large = torch.randn(100, 100, generator=torch.Generator().manual_seed(1))
    other = large.clone()
    other[50, 50] += 0.1
    assert not same(large, other)


def test_noise_in_small_entries_beside_large_ones_is_rounding() -> None:
    one = torch.tensor([1e4, 1e-3])
    assert same(one, one + torch.tensor([0.0, 5e-3]))
    assert not same(one, one + torch.tensor([0.0, 5.0]))


class Ended:
    """As much of an outcome as the question needs."""

    def __init__(self, *trace: Any) -> None:
        self.trace = list(trace)


@pytest.mark.parametrize("kind", ["NotImplementedError", "StudentFault", "limit", ""])
def test_a_check_that_ended_before_the_mistake_could_show_says_nothing(kind: str) -> None:
    assert _says_nothing(Ended())  # type: ignore[arg-type]
    assert _says_nothing(Ended(("error", kind)))  # type: ignore[arg-type]
    assert _says_nothing(Ended(torch.ones(3), ("error", kind)))  # type: ignore[arg-type]
    last: list[Any] = [torch.ones(2), ("error", torch.ones(2)), ("error", "TypeError"), None, [],
                       (), {"error": kind}, torch.tensor(1), Handle(1, kind), "error"]  # fmt: skip
    for value in last:
        assert not _says_nothing(Ended(("error", kind), value))  # type: ignore[arg-type]


def test_a_replay_ends_at_the_first_other_reply() -> None:
    trace = _Awaited([drawn(), 3, ("error", "TypeError")])
    trace.append(drawn() + 1e-6)
    trace.append(3.0)
    with pytest.raises(Stopped):
        trace.append(("error", "ValueError"))
    trace.append(("error", "TypeError"))
    with pytest.raises(Stopped):
        trace.append(None)  # one reply more than there was
    assert len(trace) == 3


def _check(student: Any, seed: int) -> None:
    first = student.f(1)
    if first != 1:
        student.f(2)
    assert first == 1


class Sits:
    """Sits an exam with one function."""

    def __init__(self, function: Callable[[int], Any]) -> None:
        self.key = Key(PUBLIC, "ada", labs.named(sample_class.LAB))
        self.asked: list[int] = []
        self._function = function

    def student(self, exercise: str) -> Any:
        def call(x: int) -> Any:
            self.asked.append(x)
            student.trace.append(self._function(x))
            return student.trace[-1]

        student = SimpleNamespace(f=call)
        return student


@pytest.mark.parametrize(
    ("candidate", "agrees", "asked"),
    [
        (lambda x: 5 * x, True, [1, 2]),
        (lambda x: 5.0 * x, True, [1, 2]),
        (lambda x: x, False, [1]),
        (lambda x: 5, False, [1, 2]),
    ],
)
def test_a_candidate_is_asked_no_longer_than_it_agrees(
    candidate: Callable[[int], Any], agrees: bool, asked: list[int]
) -> None:
    theirs = exam.take(Sits(lambda x: 5 * x), Check("ex", "check", _check))  # type: ignore[arg-type]
    assert theirs.status == "FAIL"
    sits = Sits(candidate)
    assert _agrees(sits, theirs) is agrees  # type: ignore[arg-type]
    assert sits.asked == asked


def test_a_form_that_was_not_filled_in_is_no_mistake() -> None:
    for blank in (None, {"a": None}, {"a": (None, None), "b": [None]}, [None], {}):
        assert _is_blank(blank)
    for filled in (0, False, "", {"a": None, "b": 0}, [(None, 1)], drawn()):
        assert not _is_blank(filled)
