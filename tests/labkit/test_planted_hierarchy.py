"""The planted hierarchy, over seeds: who comes with whom, how often, and in which direction."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from labkit.planted import hierarchy
from labkit.planted.hierarchy import PARENT, Hierarchy

SEEDS = range(60)


@pytest.mark.parametrize("kind", [hierarchy.absorbing, hierarchy.splitting])
def test_directions_are_orthonormal_and_what_is_drawn_lies_along_them(
    kind: Callable[..., Hierarchy],
) -> None:
    for seed in SEEDS:
        planted = kind(seed, spread=0.1)
        torch.testing.assert_close(planted.directions @ planted.directions.mT, torch.eye(4))
        x, present = planted.draw(200, torch.Generator().manual_seed(seed))
        sizes = x @ planted.directions.mT
        torch.testing.assert_close(sizes @ planted.directions, x)
        assert sizes[~present].abs().max() < 1e-5
        assert sizes[present].min() > 0.2 and sizes[present].max() < 1.8


def test_a_child_never_comes_without_its_parent() -> None:
    for seed in SEEDS:
        generator = torch.Generator().manual_seed(seed)
        _, present = hierarchy.absorbing(seed).draw(2000, generator)
        assert not (present[:, 1] & ~present[:, PARENT]).any()
        _, present = hierarchy.splitting(seed).draw(2000, generator)
        assert torch.equal(present[:, 1] | present[:, 2], present[:, PARENT])
        assert not (present[:, 1] & present[:, 2]).any()


def test_chances() -> None:
    planted = hierarchy.absorbing(3)
    _, present = planted.draw(200_000, torch.Generator().manual_seed(1))
    shares = present.double().mean(0)
    # Five standard errors of a share of 200,000.
    torch.testing.assert_close(
        shares, torch.tensor([0.25, 0.05, 0.05, 0.05], dtype=torch.float64), atol=5e-3, rtol=0
    )


def test_a_seed_repeats_and_another_turns_the_directions() -> None:
    one, same, other = (hierarchy.absorbing(seed).directions for seed in (5, 5, 6))
    assert torch.equal(one, same)
    assert (one @ other.mT).abs().max() < 0.95
