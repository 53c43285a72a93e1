"""The planted dictionary, over seeds: `solve` finds all four facts by looking at it."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import torch
from labkit import models, native
from labkit.planted import Planted
from labkit.planted import dictionary_challenge as planting
from torch import Tensor

SEEDS = range(200)


class Opened:
    """The dictionary as the four tensors that it is."""

    def __init__(self, planted: Planted) -> None:
        weights = {name: p.detach() for name, p in native.parameters(planted.model).items()}
        self.x = weights["tok_embed.weight"][planted.tokens[:, -1]]
        self.W_enc, self.b_enc = (
            weights["layers.0.mlp.fc_in.weight"].mT,
            weights["layers.0.mlp.fc_in.bias"],
        )
        self.W_dec = weights["layers.0.mlp.fc_out.weight"].mT
        self.b_dec = weights["layers.0.mlp.fc_out.bias"]
        self.z = torch.relu(self.x @ self.W_enc + self.b_enc)
        self.W_U = weights["head.weight"].mT
        self.rows = self.W_dec / self.W_dec.norm(dim=1, keepdim=True)
        self.cosines = self.rows @ self.rows.mT - torch.eye(len(self.rows))


def circularity(points: Tensor) -> float:
    points = points - points.mean(0)
    root = torch.linalg.cholesky(points.mT @ points / len(points))
    radius = torch.linalg.solve_triangular(root, points.mT, upper=False).norm(dim=0)
    return 1 - float(radius.std() / radius.mean()) / math.sqrt(4 / math.pi - 1)


def planes(found: Opened) -> list[list[int]]:
    """Groups of five latents or more, dead ones aside, whose rows are linked by cosines."""
    linked, groups = found.cosines.abs() > 0.28, []
    left = set((found.z > 0).any(0).nonzero().flatten().tolist())
    while left:
        group, new = set[int](), {left.pop()}
        while new:
            group |= new
            new = {j for i in new for j in linked[i].nonzero().flatten().tolist()}
            new = (new & left) - group
        left -= group
        groups += [sorted(group)] if len(group) >= 5 else []
    return groups


def solve(planted: Planted) -> dict[str, Any]:
    found = Opened(planted)
    fires = found.z > 0
    twins = sorted(divmod(int(found.cosines.argmax()), len(found.rows)))

    labelled = fires[: planting.LABELLED].float().mean(0)
    main = int((labelled - fires[planting.LABELLED :].float().mean(0)).argmax())
    silent = found.z[: planting.LABELLED][~fires[: planting.LABELLED, main]]
    said = silent.mean(0) * (found.W_dec @ found.rows[main])
    by = int(said.argmax())
    assert said[by] > 5 * said.sort().values[-2].clamp(min=1e-3)

    groups = planes(found)
    assert len(groups) == 2
    round_ = []
    for group in groups:
        there = fires[:, group].any(1)
        points = found.z[there][:, group] @ found.W_dec[group]
        plane = torch.linalg.svd(points - points.mean(0), full_matrices=False).Vh[:2]
        round_.append(circularity((points - points.mean(0)) @ plane.mT))
        angles = torch.atan2(*(found.rows[group] @ plane.mT).mT)
        group[:] = [group[int(i)] for i in angles.argsort()]
    assert max(round_) > 0.8, round_
    assert min(round_) < 0.2, round_
    ring = groups[round_.index(max(round_))]

    levers = []
    for latent in range(len(found.rows)):
        change = 10 * found.z[:, latent].max() - found.z[:, latent]
        clamped = found.x + change[:, None] * found.W_dec[latent]
        if ((clamped @ found.W_U).argmax(1) == planting.WORD).all():
            levers.append(latent)
    (lever,) = levers
    return {
        "twins": tuple(twins), "absorbed": (main, by), "lever": lever,
        "ring": planting.one_way_round(ring),
    }  # fmt: skip


def test_four_facts_over_200_seeds() -> None:
    found = []
    for seed in SEEDS:
        planted = models.planted("dictionary", seed)
        assert planted.truth is not None
        if seed < 60:  # the rest only counts answers
            assert solve(planted) == planted.truth, seed
        found.append(planted.truth)
    assert len({str(truth) for truth in found}) >= 198
    for fact in found[0]:
        common = Counter(str(truth[fact]) for truth in found).most_common(1)[0][1]
        assert common < 0.1 * len(SEEDS), fact


def test_what_looks_alike_is_not_the_answer() -> None:
    """The largest scalar product, the largest logit effect and co-occurrence all mislead."""
    for seed in range(20):
        planted = models.planted("dictionary", seed)
        truth, found = planted.truth, Opened(planted)
        assert truth is not None
        effects = found.W_dec @ found.W_U[:, planting.WORD] * found.z.max(0).values
        assert int(effects.argmax()) != truth["lever"]
        main, by = truth["absorbed"]  # type: ignore[misc]
        silent = found.z[: planting.LABELLED, main] == 0
        beside = (found.z[: planting.LABELLED] > 0)[silent].sum(0)
        assert (beside >= beside[by]).sum() >= 2, "the companion fires as often as the child"
        one, other = truth["twins"]  # type: ignore[misc]
        assert not ((found.z[:, one] > 0) & (found.z[:, other] > 0)).any()
        similar = (found.cosines > 0.9) & (found.cosines < 0.95)
        assert similar.sum() == 2, "one pair is similar and no more"


def test_the_dictionary_reconstructs_its_samples() -> None:
    for seed in range(20):
        found = Opened(models.planted("dictionary", seed))
        error = found.z @ found.W_dec + found.b_dec - found.x
        spread = found.x - found.x.mean(0)
        # The twins' second number and the weak parents are left out.
        assert error.square().sum() / spread.square().sum() < 0.25, seed


def test_one_way_round() -> None:
    assert planting.one_way_round([5, 2, 9, 4]) == (2, 5, 4, 9)
    assert planting.one_way_round([9, 2, 5, 4]) == (2, 5, 4, 9)
