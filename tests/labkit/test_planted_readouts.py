"""The planted pair over seeds: both are read, both go along with the output, one is used."""

from __future__ import annotations

import pytest
import torch
from labkit.planted import readouts
from labkit.planted.readouts import Readouts
from torch import Tensor

SEEDS = range(80)


def whitened(r: Readouts, name: str) -> tuple[Tensor, float]:
    """Linear discriminant: its direction, and how often it is right on samples it has not seen."""
    half = len(r.x) // 2
    x, y = r.x[:half], r.labels[name][:half]
    means = torch.stack([x[y].mean(0), x[~y].mean(0)])
    rest = x - means[(~y).long()]
    w = torch.linalg.solve(rest.mT @ rest / half, means[0] - means[1])
    right = (r.x[half:] @ w > means.mean(0) @ w) == r.labels[name][half:]
    return w, float(right.double().mean())


def slope(r: Readouts, w: Tensor) -> float:
    """Change of the output for a step of length 1 along w."""
    step = w / w.norm()
    return float((r.output(r.x + step) - r.output(r.x - step)).mean() / 2)


def test_one_is_used_and_both_are_read_over_80_seeds() -> None:
    for seed in SEEDS:
        r = readouts.build(seed)
        out = r.output(r.x)
        found = {name: whitened(r, name) for name in r.labels}
        for name, (w, right) in found.items():
            assert right >= 0.97, (seed, name)
            together = torch.corrcoef(torch.stack([r.x @ w, out]))[0, 1].abs()
            assert together > 0.5, (seed, name)
        used, unused = (abs(slope(r, found[name][0])) for name in ("used", "unused"))
        assert used > 0.9 * abs(r.gain), seed
        assert unused < 0.25 * abs(r.gain), seed
        assert abs(slope(r, r.directions["unused"])) < 1e-9, seed
        assert abs(slope(r, r.directions["used"]) - r.gain) < 1e-9, seed


def test_the_difference_of_means_mixes_them_up_over_80_seeds() -> None:
    for seed in SEEDS:
        r = readouts.build(seed)
        y = r.labels["unused"]
        assert abs(slope(r, r.x[y].mean(0) - r.x[~y].mean(0))) > 0.3 * abs(r.gain), seed


def test_what_is_planted() -> None:
    r = readouts.build(5)
    used, unused = (r.directions[name] for name in ("used", "unused"))
    assert abs(float(used @ unused)) < 1e-12
    assert abs(float(used.norm()) - 1) < 1e-12
    agree = (r.labels["used"] == r.labels["unused"]).double().mean()
    assert float(agree) == 0.85
    assert int(r.labels["used"].sum()) == readouts.SAMPLES // 2
    again, other = readouts.build(5), readouts.build(6)
    assert torch.equal(again.x, r.x)
    assert not torch.equal(other.x, r.x)


def test_the_output_takes_any_activations() -> None:
    r = readouts.build(3, samples=20, d_model=3)
    out = r.output(r.x.float().view(4, 5, 3))
    assert out.shape == (4, 5)
    assert torch.allclose(out.flatten(), r.output(r.x), atol=1e-4)
    assert r.output(r.offset) == 0


@pytest.mark.parametrize("sizes", [{"samples": 19}, {"d_model": 2}])
def test_too_small_a_pair_is_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="20 samples"):
        readouts.build(0, **sizes)
