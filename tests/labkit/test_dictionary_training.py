"""Training: planted features come back, dead latents do not stay, scales are folded in."""

from __future__ import annotations

import pytest
import torch
from labkit.dictionary import training
from labkit.dictionary.gradients import Parameters
from labkit.dictionary.training import Plan, train_relu, train_topk
from torch import Tensor
from torch.nn import functional

PLAN = Plan(latents=48, k=3, epochs=6, batch=256, rate=1e-2, window=3000, revive=8)


def _planted(seed: int) -> tuple[Tensor, Tensor]:
    """Return directions [24, 16] and activations of 3 at a time, far from 0 and not of size 1."""
    generator = torch.Generator().manual_seed(seed)
    truth = functional.normalize(torch.randn(24, 16, generator=generator), dim=1)
    which = torch.rand(8000, 24, generator=generator).topk(3, dim=1).indices
    size = 1 + torch.rand(8000, 3, generator=generator)
    latents = torch.zeros(8000, 24).scatter_(1, which, size)
    return truth, 40 * (latents @ truth) + 100


def _found(truth: Tensor, decoder: Tensor) -> float:
    return (truth @ decoder.T).max(dim=1).values.mean().item()


@pytest.mark.parametrize("seed", range(3))
def test_planted_features_come_back_at_their_own_scale(seed: int) -> None:
    truth, acts = _planted(seed)
    trained = train_topk(acts, PLAN)
    p = trained.parameters
    assert _found(truth, p.decoder) > 0.9, "random directions reach 0.55"
    assert trained.fvu < 0.2 and trained.l0 <= 3
    torch.testing.assert_close(p.decoder.norm(dim=1), torch.ones(48))
    pre = (acts - p.b_dec) @ p.encoder.T + p.b_enc
    top = pre.topk(3)
    latents = torch.zeros_like(pre).scatter_(1, top.indices, top.values.relu())
    left = (latents @ p.decoder + p.b_dec - acts).pow(2).sum()
    share = left / (acts - acts.mean(dim=0)).pow(2).sum()
    assert share < 0.2, "for the activations as they came, not as they were scaled in training"


def test_the_penalty_is_steered_to_the_l0_that_was_asked_for() -> None:
    truth, acts = _planted(0)
    trained = train_relu(acts, PLAN)
    assert trained.l0 == pytest.approx(3, abs=0.6)
    assert _found(truth, trained.parameters.decoder) > 0.8


def test_the_dead_are_revived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the latents begin with encoders too short to be among the strongest."""
    begin = training._start

    def half_asleep(*args: object) -> Parameters:
        p = begin(*args)  # type: ignore[arg-type]
        p.encoder[::2] *= 0.02
        return p

    monkeypatch.setattr(training, "_start", half_asleep)
    _, acts = _planted(1)
    plan = Plan(**{**vars(PLAN), "window": 1000, "pull": 1.0})
    left_alone = Plan(**{**vars(plan), "pull": 0.0})
    revived, without = train_topk(acts, plan), train_topk(acts, left_alone)
    assert without.dead > 0.4 and revived.dead < without.dead - 0.1


def test_the_same_seed_trains_the_same_dictionary() -> None:
    _, acts = _planted(2)
    plan = Plan(**{**vars(PLAN), "epochs": 0.5})
    first, second = (train_topk(acts, plan).parameters for _ in range(2))
    assert torch.equal(first.decoder, second.decoder)
    other = train_topk(acts, Plan(**{**vars(plan), "seed": 1})).parameters
    assert not torch.equal(first.decoder, other.decoder)
