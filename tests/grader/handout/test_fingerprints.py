"""Numbers measured on two machines agree within the tolerance; nothing else is forgiven."""

from __future__ import annotations

import copy
import json

import pytest

from grader.handout import fingerprints

PRINTS = [[12.0, 0.1234, -3.21, 5.6], ["error", "ValueError"], [4.0, 0.0, 1e-7, 2e-8]]
INDEX = {
    "lab": "01_x",
    "exercises": [
        {
            "name": "f",
            "points": 2.0,
            "misconceptions": [{"name": "wrong", "sentence": "Wrong [ so ].", "prints": PRINTS}],
        }
    ],
}


def other(path: str, value: object) -> object:
    index = copy.deepcopy(INDEX)
    known = index["exercises"][0]["misconceptions"][0]
    places = {"print": known["prints"][0], "error": known["prints"][1], "noise": known["prints"][2]}
    if path in places:
        places[path][1] = value
    elif path == "size":
        known["prints"][0][0] = value
    elif path == "prints":
        known["prints"] = value
    else:
        known[path] = value
    return index


@pytest.mark.parametrize(
    ("path", "value"),
    [("print", 0.1234), ("print", 0.1235), ("print", 0.1284), ("noise", 3e-6), ("noise", -1e-7)],
)
def test_the_last_digit_may_differ(path: str, value: float) -> None:
    assert fingerprints.agree(INDEX, other(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("print", 0.1334),
        ("size", 13.0),
        ("print", -0.1234),
        ("print", "0.1234"),
        ("print", float("nan")),
        ("noise", 1e-3),
        ("error", "TypeError"),
        ("sentence", "Wrong [ so ]"),
        ("name", "right"),
        ("prints", PRINTS[:2]),
    ],
)
def test_everything_else_is_a_difference(path: str, value: object) -> None:
    assert not fingerprints.agree(INDEX, other(path, value))


def test_a_missing_key_is_a_difference() -> None:
    assert not fingerprints.agree(INDEX, {"lab": "01_x"})


def test_the_file_reads_back_and_is_one_fingerprint_a_line() -> None:
    content = fingerprints.to_bytes(INDEX).decode()
    assert fingerprints.agree(json.loads(content), INDEX)
    assert "[12.0, 0.1234, -3.21, 5.6]" in content
    assert '["error", "ValueError"]' in content
    assert "Wrong [ so ]." in content
    assert content.endswith("}\n")
