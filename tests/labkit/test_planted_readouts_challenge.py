"""The readout model, over seeds: `solve` finds the four facts with lab 04's tools alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from labkit import models
from labkit.planted import Planted
from torch import Tensor

SEEDS = range(200)
READ = 0.95  # of the test prompts; the two that agree do so in 85% of them
LAST = 11


def probes(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Least squares with a little ridge for each column of labels, fitted to half of the prompts.

    Returns:
        Directions [label, d_model], and the share of the other half that is right, [label].
    """
    half = len(x) // 2
    x, y = x.double(), y.double()
    mean, level = x[:half].mean(0), y[:half].mean(0)
    centred = x[:half] - mean
    gram = centred.mT @ centred + 1e-3 * torch.eye(x.shape[1], dtype=torch.float64)
    w = torch.linalg.solve(gram, centred.mT @ (y[:half] - level))
    right = ((x[half:] - mean) @ w + level > 0.5) == (y[half:] > 0.5)
    return w.mT, right.double().mean(0)


def without(model: Any, tokens: Tensor, site: str, w: Tensor) -> Tensor:
    """What the model says at the end with a direction ablated at the last position."""
    unit = (w / w.norm()).float()

    def ablate(x: Tensor, hook: Any) -> Tensor:
        x = x.clone()
        x[:, -1] -= (x[:, -1] @ unit)[:, None] * unit
        return x

    with torch.no_grad():
        logits: Tensor = model.run_with_hooks(tokens, fwd_hooks=[(site, ablate)])
    return logits[:, -1].argmax(-1)


def solve(planted: Planted) -> dict[str, Any]:
    """Find the four facts; assert that there is only one way to read each."""
    model, tokens = planted.model, planted.tokens
    odd = tokens[:, 1:LAST] % 2
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens)
    stack = [cache["resid_pre", k][:, -1] for k in range(8)] + [cache["resid_post", 7][:, -1]]
    stays = torch.stack([probes(x, odd)[1] for x in stack]) > READ  # [layer, position - 1]
    written = [probes(cache["attn_out", k][:, -1], odd) for k in range(8)]

    effects = {}
    for block, (directions, right) in enumerate(written):
        for column in (right > READ).nonzero().flatten().tolist():
            said = without(model, tokens, f"blocks.{block}.hook_attn_out", directions[column])
            broken = (said != planted.answers).double().mean()
            assert broken < 0.1 or broken > 0.4  # without the copy half of the answers are wrong
            effects[column + 1, block] = bool(broken > 0.4)
    ((used, block),) = (place for place, decides in effects.items() if decides)
    at_the_end = (stays[-1].nonzero().flatten() + 1).tolist()
    (idle,) = (position for position in at_the_end if position != used)
    (erased,) = (p for p in (stays.any(0).nonzero().flatten() + 1).tolist() if p not in at_the_end)
    wiped = int(stays[:, erased - 1].nonzero().max())
    return {"used": used, "written": block, "idle": idle, "erased": (erased, wiped)}


def test_four_facts_over_200_seeds() -> None:
    found = []
    for seed in SEEDS:
        planted = models.planted("readout", seed)
        truth = planted.truth
        assert truth is not None
        if seed < 60:  # the rest only counts answers
            with torch.no_grad():
                logits = planted.model(planted.tokens)[:, -1]
            assert torch.equal(logits.argmax(-1), planted.answers)
            assert solve(planted) == truth, seed
        found.append(truth)
    assert len({str(truth) for truth in found}) >= 198, "few share an answer"
    common = {fact: Counter(str(t[fact]) for t in found).most_common(1)[0][1] for fact in found[0]}
    assert max(common.values()) < 0.3 * len(SEEDS)


def test_the_idle_one_goes_along_with_the_answer() -> None:
    planted = models.planted("readout", 7)
    assert planted.truth is not None
    yes = planted.answers == planted.answers.max()
    odd = planted.tokens[:, int(str(planted.truth["idle"]))] % 2 == 1
    agree = float((yes == odd).double().mean())
    assert max(agree, 1 - agree) == 0.85
