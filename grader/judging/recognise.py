"""Name the mistake: which misconception returns just what the student's function returned?

When an exercise fails, its checks are repeated, inside the judge, with each misconception in the
student's place and the same seeds. Where every call of every check, also of those that passed,
returns what the student's returned, the misconception is recognised; its docstring is the sentence
the student reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.judging import exam, reference
from grader.judging.exam import Key, LocalExam, Outcome, Stopped
from grader.line.wire import Handle
from grader.records import CheckResult

# The student's and our arithmetic may be ordered differently; a mistake is larger than this.
_RTOL, _ATOL = 1e-3, 1e-5


def recognise(key: Key, outcomes: Sequence[Outcome]) -> dict[str, list[CheckResult]]:
    """Turn outcomes into results by exercise, with recognised misconceptions named."""
    results: dict[str, list[CheckResult]] = {}
    for exercise in dict.fromkeys(outcome.exercise for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.exercise == exercise]
        failed = any(outcome.status in ("FAIL", "ERROR") for outcome in mine)
        sentence = _sentence(key, exercise, mine) if failed else None
        results[exercise] = [
            CheckResult(
                outcome.check,
                outcome.status,
                outcome.message,
                sentence if outcome.status in ("FAIL", "ERROR") else None,
            )
            for outcome in mine
        ]
    return results


def _sentence(key: Key, exercise: str, outcomes: Sequence[Outcome]) -> str | None:
    telling = [outcome for outcome in outcomes if not _says_nothing(outcome)]
    if all(outcome.status == "PASS" for outcome in telling):
        return None
    is_value = reference.is_value(key.lab, exercise)
    if is_value and all(_is_blank(outcome.trace[-1]) for outcome in telling):
        return None
    # Other mistakes part from this one soonest where it showed.
    telling.sort(key=lambda outcome: outcome.status == "PASS")
    challenge = key.challenge() if is_value else None
    for variant in reference.variants(key.lab, "misconceptions", exercise).values():
        definitions = reference.bind(key.lab, exercise, variant, challenge)
        sitting = LocalExam(key, definitions)
        if all(_agrees(sitting, outcome) for outcome in telling):
            return reference.sentence(variant)
    return None


class _Awaited(list[Any]):
    """A trace that ends its check at the first reply that is not the awaited one."""

    def __init__(self, awaited: Sequence[Any]) -> None:
        super().__init__()
        self._awaited = awaited

    def append(self, reply: Any) -> None:
        if len(self) == len(self._awaited) or not same(reply, self._awaited[len(self)]):
            raise Stopped
        super().append(reply)


def _agrees(sitting: LocalExam, outcome: Outcome) -> bool:
    """Would the one who sits get the same outcome for the same replies?"""
    trace = _Awaited(outcome.trace)
    try:
        status = exam.repeat(sitting, outcome, trace).status
    except Stopped:
        return False
    return status == outcome.status and len(trace) == len(outcome.trace)


def same(one: Any, other: Any) -> bool:
    """Are two recorded values the same data, up to rounding?"""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.shape != other.shape or one.is_floating_point() != other.is_floating_point():
            return False
        if one.numel() == 0:
            return True
        if one.is_complex() or other.is_complex():
            return bool(torch.equal(one, other))
        one, other = one.double(), other.double()
        # Relative to the whole tensor: cancellation makes single small entries noisy.
        finite = one[one.isfinite()]
        size = float(finite.abs().max()) if finite.numel() else 0.0
        return bool(torch.allclose(one, other, rtol=_RTOL, atol=_ATOL * size, equal_nan=True))
    if isinstance(one, Handle) and isinstance(other, Handle):
        return True
    if type(one) in (int, float) and type(other) in (int, float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=_RTOL, abs_tol=1e-6)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    return type(one) is type(other) and bool(one == other)


def _says_nothing(outcome: Outcome) -> bool:
    """Did the check end before the mistake could show: not written, not there, out of time?"""
    silent = [("error", kind) for kind in ("NotImplementedError", "StudentFault", "limit", "")]
    return not outcome.trace or outcome.trace[-1] in silent


def _is_blank(value: Any) -> bool:
    """Is it the form to be filled in, with nothing filled in?"""
    if isinstance(value, Mapping):
        return all(map(_is_blank, value.values()))
    return value is None or (isinstance(value, list | tuple) and all(map(_is_blank, value)))
