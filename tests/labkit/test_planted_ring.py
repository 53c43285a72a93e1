"""Ring, blob and two ends, over seeds: what tells them apart is there, and nothing simpler."""

from __future__ import annotations

import math

import pytest
import torch
from labkit.planted import ring
from labkit.planted.ring import Shape

SEEDS = range(60)


def radius_variation(shape: Shape, seed: int) -> float:
    """Standard deviation of the radius over its mean."""
    radius = ring.draw(shape, seed).coordinates().norm(dim=1)
    return float(radius.std() / radius.mean())


def test_the_radius_varies_on_a_blob_only() -> None:
    expected = math.sqrt(4 / math.pi - 1)  # of a Rayleigh distribution
    for seed in SEEDS:
        assert radius_variation("ring", seed) < 0.08
        assert radius_variation("ends", seed) < 0.08
        assert abs(radius_variation("blob", seed) - expected) < 0.12


def test_all_three_have_one_size_and_the_ring_goes_round_in_order() -> None:
    for seed in SEEDS:
        for shape in ("ring", "blob", "ends"):
            size = ring.draw(shape, seed).coordinates().square().sum(1).mean()
            assert 0.8 < size < 1.25, (shape, seed)
        planted = ring.draw("ring", seed, n_values=5)
        points = planted.coordinates()
        means = torch.stack([points[planted.values == v].mean(0) for v in range(5)])
        angles = torch.atan2(means[:, 1], means[:, 0])
        steps = (angles.roll(-1) - angles) % (2 * math.pi)
        fifth = 2 * math.pi / 5
        same_way = steps if steps[0] < math.pi else 2 * math.pi - steps
        torch.testing.assert_close(same_way, torch.full((5,), fifth), atol=0.1, rtol=0)


def test_ends_lie_opposite_each_other() -> None:
    for seed in SEEDS:
        points = ring.draw("ends", seed).coordinates()
        axis = torch.linalg.svd(points - points.mean(0), full_matrices=False).Vh[0]
        along = (points @ axis).abs()
        assert along.min() > 0.7
        assert abs(float((points @ axis > 0).double().mean()) - 0.5) < 0.15


@pytest.mark.parametrize("shape", ["ring", "blob", "ends"])
def test_a_seed_repeats(shape: Shape) -> None:
    one, same = ring.draw(shape, 4), ring.draw(shape, 4)
    assert torch.equal(one.x, same.x)
    assert one.x.shape == (350, 12)
    off_plane = one.x - one.centre - one.coordinates() @ one.plane
    assert 0.02 < off_plane.std() < 0.08
