"""The decompositions that ship hold what their cards say, and come out of the lab's own code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from labkit import targets

from grader.checkpoints import making, measuring
from grader.checkpoints.plans import PLANS

# What is measured again is the same computation, on another machine's float32.
SAME = {"rel": 0.02, "abs": 2e-3}


def _measured(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    made, target = targets.decomposition(name), targets.load(name)
    return measuring.figures(making.lab(), target, made.parts, made.gates), made.figures


def test_there_is_one_for_each_plan() -> None:
    assert targets.decompositions() == sorted(PLANS)


@pytest.mark.parametrize("name", PLANS)
def test_it_is_of_its_target_and_of_its_plan(name: str) -> None:
    made, target, plan = targets.decomposition(name), targets.load(name), PLANS[name]
    assert made.target == name and made.figures["settings"] == plan.settings()
    assert set(made.parts) == set(made.gates) == set(plan.components)
    for layer, count in plan.components.items():
        U, V = made.parts[layer]
        out, width = target.weights[layer].shape
        assert U.shape == (out, count) and V.shape == (count, width)
        shapes = [tuple(t.shape) for t in made.gates[layer]]
        hidden = 1 if layer in plan.one_sided else 4
        assert shapes == [(count, hidden)] * 3 + [(count,)]
        # The transformer's o0 is the least faithful, as its card says: .0013.
        assert (U @ V - target.weights[layer]).square().mean() < 2e-3


@pytest.mark.parametrize("name", ["tms_5_2", "tms_5_2_identity", "tms_40_10", "residual_mlp"])
def test_a_toys_card_says_what_it_holds(name: str) -> None:
    now, card = _measured(name)
    assert now["gates"] == pytest.approx(card["gates"], **SAME)
    assert now["adversarial"] == pytest.approx(card["adversarial"], rel=0.1, abs=5e-3)
    for layer, told in card["layers"].items():
        again = now["layers"][layer]
        assert again.pop("open_per_probe") == told.pop("open_per_probe"), layer
        assert again == pytest.approx(told, **SAME), layer


def test_the_identity_takes_m1_plus_m2_components() -> None:
    layers = targets.decomposition("tms_5_2_identity").figures["layers"]
    assert [layers[name]["live"] for name in ("embed", "identity", "unembed")] == [5, 2, 5]


def test_forty_features_have_forty_gates() -> None:
    made, target = targets.decomposition("tms_40_10"), targets.load("tms_40_10")
    g = making.lab().open_gates(
        target.forward, target.weights, made.parts, made.gates, 0.75 * torch.eye(40)
    )["embed"]
    opened = g > 0.1
    assert (opened.sum(dim=1) == 1).all() and opened.any(dim=0).sum() == 40


def test_few_components_of_the_transformer_carry_its_induction() -> None:
    now, card = _measured("induction")
    assert set(now["top"]) == set(card["top"])
    assert now["loss"] == pytest.approx(card["loss"], rel=0.05, abs=0.02)
    loss = now["loss"]
    assert loss["only_top"] < 2 * loss["whole"] < loss["without_top"] / 2
    assert loss["without_next"] < 1.5 * loss["whole"]


def test_it_is_made_by_the_labs_own_functions() -> None:
    """A few steps of a plan, from its start to the card."""
    plan = replace(PLANS["tms_5_2_identity"], steps=3, warm_up=2)
    made = making.make("tms_5_2_identity", plan)
    assert set(made.parts) == {"embed", "identity", "unembed"}
    assert made.figures["settings"]["steps"] == 3
    assert set(made.figures["layers"]) == set(made.parts)
