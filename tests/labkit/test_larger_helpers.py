"""Lab 06's given code of part III: pieces of a target, and what is counted on them."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from labkit import models, targets
from labkit.planted import decomposition_challenge, ring

FOLDER = Path(__file__).parents[2] / "solutions" / "06_spd"


@pytest.fixture
def larger() -> Iterator[ModuleType]:
    sys.path.append(str(FOLDER))
    yield importlib.import_module("larger_helpers")
    sys.path.remove(str(FOLDER))


@pytest.fixture
def unknown() -> Iterator[ModuleType]:
    sys.path.append(str(FOLDER))
    yield importlib.import_module("spd_challenge_helpers")
    sys.path.remove(str(FOLDER))


@pytest.mark.parametrize(
    ("name", "layers"),
    [("tms_40_10", ["embed"]), ("residual_mlp", []), ("induction", ["o0", "q1"])],
)
def test_a_piece_is_the_target(larger: ModuleType, name: str, layers: list[str]) -> None:
    target = targets.load(name)
    forward, weights = larger.piece(target, *layers)
    assert list(weights) == (layers or list(target.weights))
    x = target.sample(3, torch.Generator().manual_seed(0))
    seen = {}

    def layer(key: str) -> torch.Tensor:
        def run(a: torch.Tensor) -> torch.Tensor:
            seen[key] = tuple(a.shape)
            return a @ weights[key].mT

        return run

    torch.testing.assert_close(forward(x, {key: layer(key) for key in weights}), target(x))
    assert all(shape == (x.numel() if x.dtype == torch.long else 3, weights[key].shape[1])
               for key, shape in seen.items())  # fmt: skip


def test_live_components_stand_in_the_order_of_their_inputs(larger: ModuleType) -> None:
    g = torch.tensor([[0.0, 0.05, 0.9, 0.0], [0.7, 0.0, 0.2, 0.0], [0.0, 0.0, 0.0, 0.8]])
    assert larger.in_order(g).tolist() == [2, 0, 3]
    assert larger.in_order(g, 0.75).tolist() == [2, 3]
    figure = larger.gate_maps({"embed": g}, "Gates")
    assert "3 of 4 components are live" in figure.alt


def test_shares_of_heads(larger: ModuleType) -> None:
    rng = torch.Generator().manual_seed(1)
    z = torch.randn(4000, 8, generator=rng) * torch.tensor([1.0] * 4 + [2.0] * 4)
    V = torch.tensor([[1.0] * 4 + [0.0] * 4, [1.0] * 8])
    shares = larger.head_shares(z, V, heads=2)
    torch.testing.assert_close(shares.sum(1), torch.ones(2))
    expected = torch.tensor([[1.0, 0.0], [0.2, 0.8]])
    torch.testing.assert_close(shares, expected, atol=0.02, rtol=0)
    figure = larger.carriers_figure(torch.rand(12), torch.rand(12), torch.rand(49))
    assert "first half" in figure.alt


def test_the_worst_so_far_is_each_samples_own(larger: ModuleType) -> None:
    errors = torch.tensor([[1.0, 0.0], [0.5, 3.0], [2.0, 1.0]])
    assert larger.worst_so_far(errors).tolist() == [1.0, 4.0, 5.0]
    figure = larger.mask_search_figure({"one": (torch.tensor([0.1, 0.2]), 0.5)})
    assert "0.2 with 2; the adversary finds 0.5" in figure.alt


def test_the_next_day_is_a_seventh_of_a_turn(larger: ModuleType) -> None:
    circle = ring.draw("ring", seed=3, noise=0.0)
    W = larger.next_day(circle.plane)
    assert torch.linalg.matrix_rank(W, atol=1e-4) == 2
    points = circle.x - circle.centre
    day = torch.stack([points[circle.values == d].mean(0) for d in range(7)])
    turned = day @ W.mT
    assert torch.allclose(turned, day.roll(-1, 0), atol=1e-3) or torch.allclose(
        turned, day.roll(1, 0), atol=1e-3
    )


def test_what_a_circle_costs_a_dictionary(larger: ModuleType) -> None:
    for n in (3, 7, 20):  # the variance across the nearest latent, in closed form
        half = math.pi / n
        expected = 0.5 - math.sin(2 * half) / (4 * half)
        assert larger.one_latent_each(n) == pytest.approx(expected, abs=1e-5)


def test_the_challenge_in_the_labs_format(unknown: ModuleType) -> None:
    planted = models.planted("decomposition", 5)
    opened = unknown.opened(planted)
    W = opened.weights[unknown.LAYER]
    U, V = opened.parts[unknown.LAYER]
    torch.testing.assert_close(U @ V, W, atol=1e-5, rtol=1e-4)
    assert opened.g[unknown.LAYER].shape == (decomposition_challenge.SAMPLES, U.shape[1])
    out = opened.forward(opened.x, {unknown.LAYER: lambda a: a @ W.mT})
    logits = (opened.x + out) @ planted.model.unembed.W_U
    assert torch.equal(logits.argmax(1), planted.answers)
