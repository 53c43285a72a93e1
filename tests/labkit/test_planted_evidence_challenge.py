"""The evidence model, over seeds: `solve` finds the four facts with lab 04's tools and twins."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from labkit import models
from labkit.planted import Planted, evidence_challenge
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


def stack(model: Any, tokens: Tensor) -> list[Tensor]:
    """The stream at the last position: the embedding, and after each block."""
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens)
    return [cache["resid_pre", k][:, -1] for k in range(8)] + [cache["resid_post", 7][:, -1]]


def twins(tokens: Tensor, position: int) -> Tensor:
    """The prompts with the token at one position of the other parity; ids that occur in prompts."""
    seen = tokens[:, 1:].unique()
    kinds = [seen[seen % 2 == rest] for rest in (0, 1)]
    changed = tokens.clone()
    for row in range(len(tokens)):
        others = kinds[1 - int(tokens[row, position]) % 2]
        changed[row, position] = others[row % len(others)]
    return changed


def solve(planted: Planted) -> dict[str, Any]:
    """Find the four facts; assert that there is only one way to read each."""
    model, tokens = planted.model, planted.tokens
    odd = tokens[:, 1:LAST] % 2
    read = [probes(x, odd) for x in stack(model, tokens)]
    readable = torch.stack([right for _, right in read]) > READ  # [layer, position - 1]
    candidates = (readable[-1].nonzero().flatten() + 1).tolist()
    assert len(candidates) == 3
    first = {p: int(readable[:, p - 1].nonzero().min()) for p in candidates}
    used, moved = [], {}
    for position in candidates:
        swapped = twins(tokens, position)
        with torch.no_grad():
            said = model(swapped)[:, -1].argmax(-1)
        broken = float((said != planted.answers).double().mean())
        assert broken < 0.01 or broken > 0.99
        if broken > 0.5:
            used.append(position)
        end = stack(model, swapped)[-1] - stack(model, tokens)[-1]
        moved[position] = float((end.double() @ read[-1][0][position - 1]).abs().mean())
    (confounded,) = (p for p in candidates if moved[p] < 0.02)
    assert sorted(moved.values())[1] > 0.2
    (present,) = (p for p in candidates if p not in (*used, confounded))
    equal = [p for p in (*used, present) if bool((odd[:, p - 1] == odd[:, confounded - 1]).all())]
    (companion,) = equal
    return {
        "used": used[0], "present": present, "confounded": (confounded, companion),
        "layers": (first[used[0]], first[present]),
    }  # fmt: skip


def test_four_facts_can_be_found_in_one_way() -> None:
    for seed in range(12):
        planted = models.planted("evidence", seed)
        with torch.no_grad():
            logits = planted.model(planted.tokens)[:, -1]
        assert torch.equal(logits.argmax(-1), planted.answers)
        assert solve(planted) == planted.truth, seed


def test_answers_differ_from_seed_to_seed() -> None:
    found = [evidence_challenge.facts(torch.Generator().manual_seed(seed)) for seed in SEEDS]
    assert found[3] == models.planted("evidence", 3).truth
    assert len({str(truth) for truth in found}) >= 198, "few share an answer"
    common = {fact: Counter(str(t[fact]) for t in found).most_common(1)[0][1] for fact in found[0]}
    assert max(common.values()) < 0.3 * len(SEEDS)


def test_the_given_prompts_alone_do_not_tell() -> None:
    for seed in range(8):
        planted = models.planted("evidence", seed)
        assert planted.truth is not None
        place, companion = planted.truth["confounded"]  # type: ignore[misc]
        odd = planted.tokens % 2
        assert torch.equal(odd[:, place], odd[:, companion])  # type: ignore[index]
