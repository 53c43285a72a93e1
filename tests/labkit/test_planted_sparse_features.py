"""The planted dictionary: what it promises holds, over many seeds."""

from __future__ import annotations

import pytest
import torch
from labkit.errors import LabError
from labkit.planted import sparse_features

SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_samples_are_sums_of_the_directions(seed: int) -> None:
    toy = sparse_features.build(seed, n_features=9, d_in=5)
    x, sizes = toy.sample(400, seed)
    truth = toy.offset + torch.stack([(row[:, None] * toy.directions).sum(0) for row in sizes])
    torch.testing.assert_close(x, truth, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(toy.directions.norm(dim=1), torch.ones(9))
    low, high = sparse_features.SIZES
    there = sizes[sizes != 0]
    assert low <= float(there.min()) <= float(there.max()) <= high


def test_features_come_as_often_as_they_say_and_independently() -> None:
    toy = sparse_features.build(3)
    _, sizes = toy.sample(40_000, 4)
    present = (sizes > 0).double()
    # 40,000 draws: a standard deviation of at most .0023.
    torch.testing.assert_close(present.mean(0).float(), toy.probabilities, atol=0.01, rtol=0)
    assert abs(float(present.sum(1).mean()) - toy.l0) < 0.05
    together = torch.corrcoef(present.mT) - torch.eye(64)
    assert float(together.abs().max()) < 0.03
    assert (toy.probabilities.diff() < 0).all()
    assert float(toy.probabilities[0]) == pytest.approx(0.3)
    assert float(toy.probabilities[-1]) == pytest.approx(0.018)


def test_a_dictionary_of_the_true_directions_explains_everything() -> None:
    toy = sparse_features.build(5, n_features=6, d_in=10)
    x, sizes = toy.sample(300, 6)
    solved = torch.linalg.lstsq(toy.directions.mT, (x - toy.offset).mT).solution.mT
    torch.testing.assert_close(solved, sizes, atol=1e-4, rtol=1e-4)


def test_seeds_decide() -> None:
    one, again, other = (sparse_features.build(seed) for seed in (1, 1, 2))
    assert torch.equal(one.directions, again.directions)
    assert not torch.equal(one.directions, other.directions)
    assert torch.equal(one.sample(5, 1)[0], again.sample(5, 1)[0])
    assert not torch.equal(one.sample(5, 1)[0], one.sample(5, 2)[0])


def test_what_is_no_dictionary_is_refused_in_a_line() -> None:
    for wrong in (
        {"n_features": 1}, {"d_in": 0}, {"most": 1.5}, {"least": 0.0}, {"least": 0.9},
    ):  # fmt: skip
        with pytest.raises(LabError) as error:
            sparse_features.build(0, **wrong)
        assert "\n" not in str(error.value)
    with pytest.raises(LabError):
        sparse_features.build(0).sample(0, 1)
