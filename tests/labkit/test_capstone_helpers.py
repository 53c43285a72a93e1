"""The given code of lab 07: data sets of one's own, quick probes, twins of the challenge."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from labkit import models
from labkit.earlier import standins
from labkit.errors import LabError

from grader.course import labs

FOLDER = str(labs.named("07_capstone").source.parent)


@pytest.fixture(scope="module")
def helpers() -> Any:
    sys.path.append(FOLDER)
    import capstone_helpers

    return capstone_helpers


@pytest.fixture(scope="module")
def intervening(helpers: Any) -> Any:
    import intervening_helpers

    return intervening_helpers


@pytest.fixture(scope="module")
def challenge_helpers() -> Any:
    spec = Path(FOLDER) / "capstone_challenge_helpers.py"
    namespace: dict[str, Any] = {"__name__": "capstone_challenge"}
    exec(compile(spec.read_text(), str(spec), "exec"), namespace)
    return namespace


def rows(count: int = 40, groups: int = 5) -> list[tuple[str, bool, int]]:
    return [(f"text {i} about rain", i % 2 == 1, i // 2 % groups) for i in range(count)]


def test_texts_of_your_own_become_a_data_set(helpers: Any) -> None:
    data = helpers.own_texts("rain", ("dry", "wet"), rows())
    assert len(data) == 40 and not data.per_token and data.names == ("dry", "wet")
    assert data.labels.tolist() == [i % 2 == 1 for i in range(40)]
    assert data.groups.unique().tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("wrong", "said"), [
    (rows(38), "too few"),
    (rows(40, 4), "five groups"),
    ([(t, True, g) for t, _, g in rows()], "one label"),
    ([(t, y or g == 3, g) for t, y, g in rows()], r"one label only: group \[3\]"),
    ([*rows()[:-1], ("", True, 0)], "empty"),
    ([*rows()[:-1], rows()[0]], "twice"),
])  # fmt: skip
def test_what_no_probe_can_be_trained_on_is_refused(
    helpers: Any, wrong: list[tuple[str, bool, int]], said: str
) -> None:
    with pytest.raises(LabError, match=said):
        helpers.own_texts("rain", ("dry", "wet"), wrong)


def test_a_fit_in_the_span_of_the_rows_is_the_whole_fit(helpers: Any) -> None:
    draw = torch.Generator().manual_seed(0)
    X = torch.randn(30, 80, generator=draw, dtype=torch.float64)
    y = torch.rand(30, generator=draw) < 0.5
    w, b = helpers.in_the_span(standins.fit_logistic, X, y, 0.1)
    whole, bias = standins.fit_logistic(X, y, 0.1)
    assert torch.allclose(w, whole, atol=1e-4) and torch.allclose(b, bias, atol=1e-4)


def test_meaningless_labels_stay_in_their_groups(helpers: Any) -> None:
    groups = torch.arange(60) % 7 * 3
    labels = torch.rand(60, generator=torch.Generator().manual_seed(1)) < 0.4
    mixed = [helpers.meaningless(labels, groups, seed) for seed in range(20)]
    for one in mixed:
        assert all(one[groups == g].sum() == labels[groups == g].sum() for g in groups.unique())
    assert len({tuple(one.tolist()) for one in mixed}) > 15


def test_intervals(helpers: Any) -> None:
    labels = torch.arange(40) % 2 == 0
    groups = torch.arange(40) // 8
    low, high = helpers.redrawn(standins.evaluate, labels.double(), labels, groups)
    assert low == high == 1.0
    # Backwards in one group of five: a draw of groups has it never, or several times.
    scores = torch.where(groups == 0, -1.0, 1.0) * labels.double()
    low, high = helpers.redrawn(standins.evaluate, scores, labels, groups)
    assert low < 0.7 and high == 1.0
    assert helpers.sized([-3.0, 1.0], torch.tensor(-2.0)) == [-1.0, 3.0]
    assert helpers.sized([1.0, 3.0], torch.tensor(2.0)) == [1.0, 3.0]


def test_plain_numbers(helpers: Any) -> None:
    assert helpers.plain(torch.tensor(0.98765)) == "0.988"
    assert helpers.plain(float("nan")) == "None"


class Words:
    """A model whose tokens are words."""

    def to_tokens(self, text: str) -> torch.Tensor:
        return torch.zeros(1, len(text.split()))


def test_twins_are_neighbours_with_opposite_labels_and_one_length(
    helpers: Any, intervening: Any
) -> None:
    data = helpers.own_texts("rain", ("dry", "wet"), rows())
    found = intervening.twins(Words(), data, range(40), " and")
    assert found == {5: list(range(40))}
    # Row 1 has no neighbour before it, 4 none behind; only 2 and 3 are left.
    assert intervening.twins(Words(), data, [1, 2, 3, 4], "") == {4: [2, 3]}
    longer = replace(data, texts=tuple(t + " or so" * (i < 3) for i, t in enumerate(data.texts)))
    assert intervening.twins(Words(), longer, range(6), "") == {6: [0, 1], 4: [4, 5]}
    one_kind = replace(data, labels=torch.ones(40, dtype=torch.bool))
    assert intervening.twins(Words(), one_kind, range(40), "") == {}


def test_without_twins_nothing_is_measured(intervening: Any) -> None:
    asked = intervening.Question(None, 3, [], torch.zeros(0, 1, 4), None, None, None)
    assert asked.ask(intervening.same, copies=3).shape == (3, 0)
    assert all(end != end for end in intervening.over_pairs(torch.zeros(0)))
    low, high = intervening.over_pairs(torch.tensor([1.0, 2.0, 3.0]))
    assert low == 1.0 and high == 3.0


def test_twins_differ_in_the_parity_of_one_token(challenge_helpers: Any) -> None:
    planted = models.planted("evidence", 1)
    others = challenge_helpers["twins"](planted, 4)
    changed = others != planted.tokens
    assert changed[:, 4].all() and changed.sum() == len(others)
    assert ((others[:, 4] + planted.tokens[:, 4]) % 2 == 1).all()
    assert torch.isin(others, planted.tokens.unique()).all()
    assert planted.truth is not None
    w, b = challenge_helpers["probe"](
        challenge_helpers["streams"](planted.model, planted.tokens)[-1],
        planted.tokens[:, int(str(planted.truth["used"]))] % 2 == 1,
    )
    ends = challenge_helpers["streams"](planted.model, planted.tokens)[-1].double() @ w + b
    assert ((ends > 0) == (planted.tokens[:, int(str(planted.truth["used"]))] % 2 == 1)).all()
