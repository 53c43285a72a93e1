"""The commitment model, over 200 seeds: the four facts are what the model does, and can be found.

`solve` is a student with lab 01's tools and nothing else: the lens, ranks, and each head's direct
contribution to a logit.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from labkit import models
from labkit.planted import Planted
from torch import Tensor

SEEDS = range(200)


def lens_of(planted: Planted) -> tuple[Tensor, Any]:
    """Lens logits at the last position, [layer + 1, batch, vocab], and the cache."""
    model = planted.model
    with torch.no_grad():
        _, cache = model.run_with_cache(planted.tokens)
        stack = [cache["resid_pre", 0]]
        stack += [cache["resid_post", layer] for layer in range(model.cfg.n_layers)]
        return model.unembed(model.ln_final(torch.stack(stack)[:, :, -1])), cache


def contributions(planted: Planted, cache: Any, directions: Tensor) -> Tensor:
    """Each head's mean direct contribution along ``directions`` [batch, d_model]: [layer, head]."""
    model = planted.model
    scale = cache["ln_final.hook_scale"][:, -1]
    along = directions * model.ln_final.weight / scale
    parts = [
        torch.einsum(
            "bhd,hdm,bm->h", cache[f"blocks.{layer}.attn.hook_z"][:, -1], block.attn.W_O, along
        )
        for layer, block in enumerate(model.blocks)
    ]
    return (torch.stack(parts) / len(directions)).detach()


def longest_run(row: list[int], token: int) -> int:
    best = now = 0
    for item in row:
        now = now + 1 if item == token else 0
        best = max(best, now)
    return best


def solve(planted: Planted, lens: Tensor, cache: Any) -> dict[str, Any]:
    """Find the four facts; assert that there is only one way to read each."""
    top = lens.argmax(-1)  # [layer + 1, batch]
    answers = top[-1]
    assert torch.equal(answers, planted.answers)
    ranks = (lens > lens.gather(-1, answers.expand(len(lens), -1)[..., None])).sum(-1)
    commits = {max(i + 1 for i, r in enumerate(row) if r > 0) for row in ranks.T.tolist()}
    (commit,) = commits

    # The token that leads somewhere for two layers running, on every prompt.
    rows = top.T.tolist()
    everywhere = set.intersection(*(set(row) for row in rows))
    leaders = {t for t in everywhere if all(longest_run(row, t) >= 2 for row in rows)}
    (decoy,) = leaders

    W_U = planted.model.W_U.detach()
    second = lens[-1].topk(2).indices[:, 1]
    to_answer = contributions(planted, cache, (W_U[:, answers] - W_U[:, second]).T)[:commit]
    best, next_best = to_answer.flatten().topk(2).values
    assert best > 3 * next_best.clamp(min=0), "the writer stands out"
    to_decoy = contributions(planted, cache, W_U[:, decoy].expand(len(answers), -1))
    worst, next_worst = (-to_decoy.flatten()).topk(2).values
    assert worst > 10 * next_worst.clamp(min=0), "the eraser stands out"
    return {
        "commit_layer": commit,
        "writer": divmod(int(to_answer.argmax()), planted.model.cfg.n_heads),
        "decoy_token": decoy,
        "eraser": divmod(int(to_decoy.argmin()), planted.model.cfg.n_heads),
    }


def without_decoy(planted: Planted, lens: Tensor, cache: Any, at: int) -> None:
    """Take the decoy out of the stream at index ``at``: the lens changes, and nothing else."""
    model, truth = planted.model, planted.truth
    assert truth is not None
    decoy = truth["decoy_token"]
    # What the lens reads as the decoy: gamma times its column of W_U.
    unit = torch.nn.functional.normalize(model.ln_final.weight * model.W_U[:, decoy], dim=0)

    def remove(x: Tensor, hook: Any) -> Tensor:
        x = x.clone()
        x[:, -1] -= (x[:, -1] @ unit)[:, None] * unit
        return x

    name = f"blocks.{at}.hook_resid_pre"
    with torch.no_grad():
        ablated = model.run_with_hooks(planted.tokens, fwd_hooks=[(name, remove)])
        seen = model.unembed(model.ln_final(remove(cache[name], None)[:, -1]))
    assert (lens[at] - seen)[:, decoy].min() > 4
    # To the last bits: everything downstream of it is as it was.
    torch.testing.assert_close(ablated[:, -1], lens[-1], atol=1e-4, rtol=0)


@pytest.mark.usefixtures("one_bridge")
def test_four_facts_over_200_seeds(ablate: Any) -> None:
    answers = []
    for seed in SEEDS:
        planted = models.planted("commitment", seed)
        model, truth = planted.model, planted.truth
        assert truth is not None
        lens, cache = lens_of(planted)
        assert solve(planted, lens, cache) == truth, seed
        answers.append(truth)

        # The shape of the story: a first hit that does not last, and clear margins throughout.
        hits = lens.argmax(-1) == planted.answers
        assert (hits.int().argmax(0) < truth["commit_layer"] - 1).all(), seed
        two = lens.topk(2).values
        assert (two[..., 0] - two[..., 1]).min() > 0.4, seed
        assert len(planted.answers.unique()) == 12

        places = [(a, b) for a in range(model.cfg.n_layers) for b in range(model.cfg.n_heads)]
        writer, eraser = truth["writer"], truth["eraser"]
        others = [p for p in places if p not in (writer, eraser)]
        said = ablate(planted, [*([p] for p in places), others]).argmax(-1) == planted.answers[:8]
        right = said.float().mean(-1).tolist()
        for place, share in zip([*places, None], right, strict=True):
            # Chance is 1 in 12; every other head, and all of them together, change no answer.
            assert share == (0 if place in (writer, eraser) else 1), (seed, place)
        without_decoy(planted, lens, cache, eraser[0])

    whole = Counter(str(truth) for truth in answers)
    assert len(whole) >= 190
    guesses = [Counter(str(t[fact]) for t in answers).most_common(1)[0][1] for fact in answers[0]]
    assert sum(guesses) / len(guesses) < 0.15 * len(SEEDS), "a fixed guess earns little"
    assert max(guesses) < 0.35 * len(SEEDS)
    # Each natural wrong reading of the writer's layer is wrong for many.
    at_commit = sum(t["writer"][0] == t["commit_layer"] - 1 for t in answers)  # type: ignore[index, operator]
    assert 0.25 * len(SEEDS) < at_commit < 0.75 * len(SEEDS)


def test_the_lens_needs_the_norm() -> None:
    planted = models.planted("commitment", 3)
    assert planted.truth is not None
    _, cache = lens_of(planted)
    bare = cache["resid_post", 7][:, -1] @ planted.model.W_U
    assert (bare.argmax(-1) == planted.answers).float().mean() < 0.5
    gammas = planted.model.ln_final.weight
    assert gammas.min() < 0 < gammas.max()


def test_it_is_a_function_of_the_seed_and_leaves_the_random_state() -> None:
    state = torch.random.get_rng_state()
    first, again, other = (models.planted("commitment", seed) for seed in (5, 5, 6))
    assert torch.equal(state, torch.random.get_rng_state())
    assert first.truth == again.truth
    assert torch.equal(first.tokens, again.tokens)
    assert not torch.equal(first.tokens, other.tokens)
    with torch.no_grad():
        assert torch.equal(first.model(first.tokens), again.model(first.tokens))
