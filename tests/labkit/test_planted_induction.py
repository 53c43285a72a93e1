"""The induction model, over 200 seeds: the two planted heads do the work, and no other."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from labkit import models

SEEDS = range(200)


@pytest.mark.usefixtures("one_bridge")
def test_the_two_heads_and_no_other_over_200_seeds(ablate: Any) -> None:
    layouts = set()
    for seed in SEEDS:
        planted = models.planted("induction", seed)
        model, truth = planted.model, planted.truth
        assert truth is not None
        places = [(a, b) for a in range(model.cfg.n_layers) for b in range(model.cfg.n_heads)]
        circuit = [truth["previous_token"], truth["induction"]]
        others = [p for p in places if p not in circuit]
        clean, *singly, alone = ablate(planted, [[], *([p] for p in places), others])
        assert torch.equal(clean.argmax(-1), planted.answers[:8]), seed
        assert clean.softmax(-1).amax(-1).min() > 0.9
        for place, logits in zip(places, singly, strict=True):
            share = float((logits.argmax(-1) == planted.answers[:8]).float().mean())
            # Chance is 1 in 24.
            assert share <= 0.05 if place in circuit else share == 1, (seed, place)
        torch.testing.assert_close(alone, clean, atol=1e-4, rtol=0)
        layouts.add(str(truth))
    assert len(layouts) >= 45, "of 48"


def test_the_patterns_are_the_ones_the_names_promise() -> None:
    for seed in range(8):
        planted = models.planted("induction", seed)
        assert planted.truth is not None
        with torch.no_grad():
            _, cache = planted.model.run_with_cache(planted.tokens)
        patterns = {
            name: cache["pattern", place[0]][:, place[1]]  # type: ignore[index]
            for name, place in planted.truth.items()
        }
        assert patterns["previous_token"].diagonal(-1, -2, -1).min() > 0.99
        source = (planted.tokens[:, :-1] == planted.tokens[:, -1:]).int().argmax(-1) + 1
        at_source = patterns["induction"][:, -1].gather(-1, source[:, None])
        assert at_source.min() > 0.99
        assert patterns["induction"][:, 1:-1, 0].min() > 0.99, "no repeat: it rests on BOS"


def test_it_copies_on_repeated_random_tokens() -> None:
    planted = models.planted("induction", 11)
    draw = torch.Generator().manual_seed(0)
    half = torch.stack([torch.randperm(24, generator=draw)[:9] + 1 for _ in range(16)])
    tokens = torch.cat([torch.zeros(16, 1, dtype=torch.int64), half, half], 1)
    with torch.no_grad():
        said = planted.model(tokens).argmax(-1)
    assert torch.equal(said[:, 10:-1], half[:, 1:])


def test_a_decoy_is_active() -> None:
    planted = models.planted("induction", 2)
    assert planted.truth is not None
    with torch.no_grad():
        _, cache = planted.model.run_with_cache(planted.tokens)
    for layer, block in enumerate(planted.model.blocks):
        z = cache[f"blocks.{layer}.attn.hook_z"]
        written = torch.einsum("bphd,hdm->bphm", z, block.attn.W_O).norm(dim=-1).mean((0, 1))
        assert written.min() > 0.1
