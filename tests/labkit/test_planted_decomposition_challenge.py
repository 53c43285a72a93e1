"""The planted decomposition, over seeds: `solve` finds all four facts by cutting components out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from labkit import models, native
from labkit.planted import Planted
from labkit.planted import decomposition_challenge as planting
from torch import Tensor

SEEDS = range(200)


class Opened:
    """The matrix, its components and their gates, and the output under masks."""

    def __init__(self, planted: Planted) -> None:
        weights = {name: p.detach() for name, p in native.parameters(planted.model).items()}
        self.x = weights["tok_embed.weight"][planted.tokens[:, -1]]
        self.W = weights["layers.0.mlp.fc_in.weight"]
        self.bias = weights["layers.0.mlp.fc_in.bias"]
        self.W_out = weights["layers.0.mlp.fc_out.weight"]
        self.U, self.V, self.g = (planted.beside[name] for name in "UVg")
        self.h = self.x @ self.V.mT
        self.target = self.out(self.h @ self.U.mT)

    def out(self, read: Tensor) -> Tensor:
        return torch.relu(read + self.bias) @ self.W_out.mT

    def moved(self, masks: Tensor) -> Tensor:
        """How far each output is from the target's, for masks that broadcast to [sample, C]."""
        return (self.out((self.h * masks) @ self.U.mT) - self.target).norm(dim=1)

    def with_one(self, masks: Tensor, component: int, value: float) -> Tensor:
        masks = masks.expand(self.g.shape).clone()
        masks[:, component] = value
        return self.moved(masks)


def solve(planted: Planted) -> dict[str, Any]:
    found = Opened(planted)
    n = found.g.shape[1]
    opens = found.g.amax(0) > 0
    rows = found.V / found.V.norm(dim=1, keepdim=True)
    cosines = (rows @ rows.mT).abs().triu(1) * (opens[:, None] & opens)
    split = divmod(int(cosines.argmax()), n)
    assert cosines.flatten().sort().values[-2] < 0.95 < cosines.max()

    ones = torch.ones_like(found.g)
    alone = torch.tensor([found.with_one(ones, c, 0.0).max() for c in range(n)])
    idle = [c for c in range(n) if opens[c] and alone[c] < 1e-3]
    assert alone[opens].sort().values[1] > 0.1, "a component that counts is no close call"

    wrong = found.moved(found.g)
    assert wrong.max() > 0.5
    repaired = torch.tensor([found.with_one(found.g, c, 1.0).max() for c in range(n)])
    liar = [c for c in range(n) if repaired[c] < 0.1]

    # What the gates keep closed, switched on one at a time, where the liar does not disturb.
    fine = wrong < 0.05
    pact = [c for c in range(n) if not opens[c] and found.with_one(found.g, c, 1.0)[fine].max() > 1]
    assert len(pact) == 2
    both = found.g.clone()
    both[:, pact] = 1
    assert found.moved(both)[fine].max() < 0.05
    return {"split": split, "pact": tuple(pact), "liar": liar[0], "idle": idle[0]} | (
        {} if len(liar) == len(idle) == 1 else {"several": (liar, idle)}
    )


def test_four_facts_over_200_seeds() -> None:
    found = []
    for seed in SEEDS:
        planted = models.planted("decomposition", seed)
        assert planted.truth is not None
        if seed < 60:  # the rest only counts answers
            assert solve(planted) == planted.truth, seed
        found.append(planted.truth)
    assert len({str(truth) for truth in found}) >= 198
    for fact in found[0]:
        common = Counter(str(truth[fact]) for truth in found).most_common(1)[0][1]
        assert common < 0.1 * len(SEEDS), fact


def test_what_looks_alike_is_not_the_answer() -> None:
    """Gates, sizes and cosines of whole components all mislead."""
    for seed in range(20):
        planted = models.planted("decomposition", seed)
        truth, found = planted.truth, Opened(planted)
        assert truth is not None
        writes = found.U / found.U.norm(dim=0)
        rows = found.V / found.V.norm(dim=1, keepdim=True)
        opens = found.g.amax(0) > 0
        whole = ((writes.mT @ writes) * (rows @ rows.mT)).triu(1) * (opens[:, None] & opens)
        assert divmod(int(whole.argmax()), len(opens)) != truth["split"]
        opposite = ((writes.mT @ writes) * (rows @ rows.mT) < -0.999).triu(1).nonzero().tolist()
        assert len(opposite) == 2, "two pairs cancel"
        sizes = found.U.norm(dim=0) * found.V.norm(dim=1)
        assert int(sizes.argmin()) != truth["idle"]
        closed = (found.h.abs() / found.V.norm(dim=1) > 1) & (found.g == 0) & opens
        silent = closed.sum(0)
        assert (silent > 10).sum() >= 4, "others close where they are active, too"
        assert silent.argmax() != truth["liar"]


def test_the_components_add_up() -> None:
    for seed in range(20):
        found = Opened(models.planted("decomposition", seed))
        assert torch.allclose(found.U @ found.V, found.W, atol=1e-5)
        assert found.W.shape[1] == planting.D_MODEL
        assert len(found.x) == planting.SAMPLES
        # As one r for all components leaves no trace of a pact, so do the losses of part I.
        halves = found.moved(found.g + 0.5 * (1 - found.g))
        fine = found.moved(found.g) < 0.05
        assert halves[fine].max() < 0.1


def test_the_account_is_in_the_file_and_the_truth_is_not(tmp_path: Path) -> None:
    planted = models.planted("decomposition", 3)
    path = tmp_path / "weights.safetensors"
    planted.save(path)
    again = Planted.load(path)
    assert again.truth is None
    assert set(again.beside) == {"U", "V", "g"}
    for name, value in planted.beside.items():
        assert torch.equal(again.beside[name], value)
    again.save(tmp_path / "again.safetensors")
    assert path.read_bytes() == (tmp_path / "again.safetensors").read_bytes()


@pytest.mark.parametrize("kind", ["dictionary", "commitment"])
def test_other_challenges_have_nothing_beside(kind: str) -> None:
    assert models.planted(kind, 1).beside == {}
