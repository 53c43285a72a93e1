"""Entries of a planted challenge's answer: in their form, or a sentence that says what is wrong."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from grader.answers import entry, is_pair, is_whole, pair, whole


def _student(answer: Any) -> Any:
    return SimpleNamespace(value=lambda name: {"challenge_answer": answer}[name])


def test_an_entry_comes_in_its_form() -> None:
    student = _student({"place": 3, "head": [2, 5], "gate": "and"})
    assert whole(student, "place") == 3
    assert pair(student, "head", "(layer, head)") == (2, 5)
    assert entry(student, "gate") == "and"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([3], "should be a dict"),
        ({}, "no entry 'place'"),
        ({"place": None}, "not filled in yet"),
        ({"place": True}, "one plain whole number"),
        ({"place": 3.0}, "one plain whole number"),
        ({"place": [3]}, "one plain whole number"),
    ],
)
def test_what_is_no_whole_number_is_said(answer: Any, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        whole(_student(answer), "place")


@pytest.mark.parametrize("value", [3, (3,), (3, 4, 5), (3, True), (3, 4.0), "34", {3, 4}])
def test_what_is_no_pair_is_said_with_the_names_of_the_two(value: Any) -> None:
    assert not is_pair(value)
    with pytest.raises(AssertionError, match=r"one pair \(layer, head\) of plain whole numbers"):
        pair(_student({"head": value}), "head", "(layer, head)")


def test_true_is_no_number() -> None:
    assert is_whole(1)
    assert not is_whole(True)
