"""The challenge's circuit, over 60 seeds: two heads do the work, and their doubles do not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from labkit import models
from labkit.planted import challenge_seed, induction_circuit
from labkit.planted.record import Planted

SEEDS = range(60)


@pytest.mark.usefixtures("one_bridge")
def test_the_two_heads_and_no_other(ablate: Any) -> None:
    depths = set()
    for seed in SEEDS:
        planted = models.planted("induction_circuit", seed)
        model, truth, answers = planted.model, planted.truth, planted.answers[:8]
        assert truth is not None
        assert len(set(truth.values())) == 4
        depths.add(model.cfg.n_layers)
        places = [(a, b) for a in range(model.cfg.n_layers) for b in range(model.cfg.n_heads)]
        others = [p for p in places if p not in truth.values()]
        clean, *singly, alone = ablate(planted, [[], *([p] for p in places), others])
        assert torch.equal(clean.argmax(-1), answers), seed
        torch.testing.assert_close(alone, clean, atol=1e-4, rtol=0)
        own = torch.arange(8), answers
        for place, logits in zip(places, singly, strict=True):
            if place in (truth["previous_token"], truth["induction"]):
                share = float((logits.argmax(-1) == answers).float().mean())
                assert share == 0, (seed, place, share)
            elif place == truth["opposing"]:
                assert (logits[own] > clean[own] + 2).all(), "it lowered the answer"
            else:
                torch.testing.assert_close(logits, clean, atol=1e-4, rtol=0)
    assert depths == {2, 3, 4}


def _stripe(planted: Planted, name: str, offset: int) -> float:
    assert planted.truth is not None
    layer, head = planted.truth[name]  # type: ignore[misc]
    with torch.no_grad():
        _, cache = planted.model.run_with_cache(planted.tokens)
    stripe = cache["pattern", layer][:, head].diagonal(-offset, -2, -1)
    first = induction_circuit.HALF if offset > 1 else 1  # queries with something to look at
    return float(stripe[:, max(0, first + 1 - offset) :].min())


def test_a_double_has_the_same_pattern() -> None:
    for seed in range(6):
        planted = models.planted("induction_circuit", seed)
        for name in ("previous_token", "idle"):
            assert _stripe(planted, name, 1) > 0.99
        for name in ("induction", "opposing"):
            assert _stripe(planted, name, induction_circuit.HALF - 1) > 0.99


def test_it_copies_on_repeats_of_another_length() -> None:
    planted = models.planted("induction_circuit", 11)
    draw = torch.Generator().manual_seed(0)
    half = torch.stack([torch.randperm(23, generator=draw)[:11] + 1 for _ in range(16)])
    tokens = torch.cat([torch.zeros(16, 1, dtype=torch.int64), half, half], 1)
    with torch.no_grad():
        said = planted.model(tokens).argmax(-1)
    assert torch.equal(said[:, 12:-1], half[:, 1:])


@pytest.mark.usefixtures("one_bridge")
def test_200_students_share_few_answers() -> None:
    seeds = [challenge_seed("03_induction_heads", f"student {i}") for i in range(200)]
    answers = Counter(str(models.planted("induction_circuit", seed).truth) for seed in seeds)
    sharing = sum(count for count in answers.values() if count > 1)
    assert sharing <= 8, sharing
