"""Whatever comes back from a worker, a check passes, fails or says error: it never breaks.

A check that breaks is the grader's fault and costs no mark, so who could break all checks of an
exercise would have all its points.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.course import labs
from grader.judging import plugin, reference
from grader.judging.exam import Check, Key, LocalExam, take
from grader.judging.lines import LocalLine
from grader.line.wire import Frame
from grader.seeds import Secret
from grader.student import Student

LAB = labs.named("01_logit_lens")
KEY = Key(Secret(b"a secret of the tests of replies"), "eve", LAB)
CHECKS = plugin.checks(LAB)

_CHANGES: list[Callable[[Tensor], Tensor]] = [
    lambda t: torch.full_like(t, float("nan")) if t.is_floating_point() else t - t.numel() - 9,
    lambda t: torch.full_like(t, float("-inf")) if t.is_floating_point() else t * (1 << 61),
    lambda t: torch.full(t.shape, 1.7e308, dtype=torch.float64),
    lambda t: torch.full(t.shape, 5e-324, dtype=torch.float64),
    lambda t: torch.zeros(t.shape, dtype=torch.int8),
    lambda t: torch.full(t.shape, (1 << 63) - 1, dtype=torch.int64),
    lambda t: torch.ones(t.shape, dtype=torch.bool),
    lambda t: torch.ones(t.shape, dtype=torch.complex64),
    lambda t: t.to(torch.float16).to(torch.bfloat16),
    lambda t: t.new_empty((0, *t.shape[1:])),
    lambda t: t.new_zeros(()),
    lambda t: t[None],
    lambda t: t.flatten(),
    lambda t: t.new_zeros((*t.shape[:-1], 0)),
    lambda t: t.new_zeros((1,) * t.dim()),
]
_TREES: list[Any] = [
    None, True, -1, (1 << 63) - 1, float("nan"), float("inf"), 1e308, "", "x" * 1000,
    {"k": "list", "v": []}, {"k": "tuple", "v": [None, None]}, {"k": "dict", "v": []},
    {"k": "tuple", "v": [{"k": "tuple", "v": []}, {"k": "tuple", "v": [1, 2, 3]}]},
    {"k": "list", "v": [float("nan")] * 3}, {"k": "list", "v": ["a", None, True]},
    {"k": "dict", "v": [[float("nan"), 1], [{"k": "tuple", "v": [1, "a"]}, None], [None, 2]]},
    {"k": "dict", "v": [["delta", None], ["bias", "x"], ["commit_layer", True]]},
    {"k": "dict", "v": [["commit_layer", float("inf")], ["writer", {"k": "list", "v": [1]}]]},
    {"k": "handle", "n": -1, "t": "x"}, {"k": "handle", "n": 1 << 62, "t": "Tensor"},
    {"k": "tensor", "i": 9}, {"k": "nothing"},
]  # fmt: skip
_WHOLE: list[Any] = [
    {}, [], None, {"error": None}, {"error": {}}, {"error": {"type": 1, "text": [], "limit": {}}},
    {"error": {"type": "NotImplementedError", "text": "", "limit": None}},
    {"error": {"type": "x", "text": "y" * 10_000, "limit": "memory", "cell": -1, "line": 1 << 62}},
    {"ok": 1, "error": {"type": "KeyboardInterrupt", "text": "", "limit": None}},
]  # fmt: skip


RIGHT: dict[str, Any] = {
    **reference.definitions(LAB), "challenge_answer": dict(KEY.challenge().truth or {}),
}  # fmt: skip


class Lying(LocalLine):
    """Our own right solution, one of whose replies is changed."""

    def __init__(self, definitions: dict[str, Any], at: int, lie: Callable[[Frame], Frame]) -> None:
        super().__init__(definitions)
        self._left = at
        self._lie = lie

    def ask(self, request: Frame, call_back: Callable[[int, Any], Any]) -> Frame:
        """Answer rightly, but once."""
        reply = super().ask(request, call_back)
        self._left -= 1
        return self._lie(reply) if self._left == -1 else reply


class LyingExam(LocalExam):
    """Every check meets the same lie."""

    def __init__(self, at: int, lie: Callable[[Frame], Frame]) -> None:
        super().__init__(KEY, RIGHT)
        self._line = (at, lie)

    def student(self, exercise: str) -> Student:
        """See `exam.Exam`."""
        line = Lying(RIGHT, *self._line)
        return Student(line, reference.promised(LAB))


def _lies() -> Iterator[Callable[[Frame], Frame]]:
    for change in _CHANGES:
        yield lambda reply, change=change: Frame(  # type: ignore[misc]
            reply.tree, [change(tensor) for tensor in reply.tensors]
        )
    for tree in _TREES:
        yield lambda reply, tree=tree: Frame({"ok": tree}, reply.tensors)  # type: ignore[misc]
    for whole in _WHOLE:
        yield lambda reply, whole=whole: Frame(whole, reply.tensors)  # type: ignore[misc]


LIES = list(_lies())


def _name(check: Check) -> str:
    return f"{check.exercise}-{check.name}"


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_no_reply_breaks_a_check(check: Check) -> None:
    honest = take(LocalExam(KEY, RIGHT), check)
    assert honest.status == "PASS"
    draw = random.Random(check.name)
    for number in draw.sample(range(len(LIES)), 16):  # another choice for every check
        at = draw.randrange(len(honest.trace))
        outcome = take(LyingExam(at, LIES[number]), check)
        assert outcome.status in ("PASS", "FAIL", "ERROR"), (number, at, outcome.message)
