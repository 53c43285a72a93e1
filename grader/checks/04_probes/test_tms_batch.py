"""Hidden checks for tms_batch: which features are active, and how strongly."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor

SIX = 6  # deviations that no draw reaches


def _batch(student, batch: int, n: int, probability: float, seed: int) -> Tensor:
    return tensor(student.tms_batch(batch, n, probability, seed), (batch, n), "the batch")


def _chance(rng: torch.Generator) -> float:
    """Far from one half, so that p is not taken for 1 - p."""
    return 0.12 + 0.15 * float(torch.rand((), generator=rng))


def test_how_many_are_active(student, seed, rng):
    """Each entry is active, not 0, with the given probability: over the whole batch, in every
    feature, and for any probability from 0 to 1."""
    p, n = _chance(rng), 7
    x = _batch(student, 600, n, p, seed % 1000)
    active = (x != 0).double()
    spread = (p * (1 - p)) ** 0.5
    holds(abs(float(active.mean()) - p) < SIX * spread / (600 * n) ** 0.5, "The share of active "
          "entries is not the given probability.")  # fmt: skip
    off = (active.mean(0) - p).abs().max()
    holds(bool(off < SIX * spread / 600**0.5), "Some feature is active too often or too rarely.")
    close(_batch(student, 9, n, 0.0, seed % 1000), torch.zeros(9, n), because="with probability 0")
    holds(bool((_batch(student, 9, n, 1.0, seed % 1000) > 0).all()), "With probability 1 some "
          "feature is not active.")  # fmt: skip


def test_how_strong_they_are(student, seed, rng):
    """An active feature is uniform between 0 and 1: its mean is 1/2, its mean square 1/3, and it
    comes in all strengths."""
    x = _batch(student, 500, 8, _chance(rng), seed % 1000)
    values = x[x != 0]
    holds(len(values) > 100, "Hardly any feature is active.")
    holds(bool((values > 0).all() and (values <= 1).all()), "A value is not between 0 and 1.")
    # Deviations of a uniform variable, .289, and of its square, .298.
    holds(
        abs(float(values.mean()) - 1 / 2) < SIX * 0.289 / len(values) ** 0.5, "Their mean is off."
    )
    holds(abs(float(values.square().mean()) - 1 / 3) < SIX * 0.298 / len(values) ** 0.5,
          "They are not uniform.")  # fmt: skip


def test_independent(student, seed, rng):
    """Features are active independently: of each other, and from sample to sample, and so are their
    strengths. Several at once happen as often as chance says, and so does none at all."""
    p, n = _chance(rng), 6
    active = (_batch(student, 900, n, p, seed % 1000) != 0).double()
    count = active.sum(1)
    for k, chance in ((0, (1 - p) ** n), (1, n * p * (1 - p) ** (n - 1))):
        share = float((count == k).double().mean())
        holds(abs(share - chance) < SIX * (chance * (1 - chance) / 900) ** 0.5, "Samples with no "
              "or one active feature are too frequent or too rare.")  # fmt: skip
    for one, other in ((active[:, 0], active[:, 1]), (active[:-1, 2], active[1:, 2])):
        together = float((one * other).mean())
        bound = SIX * (p * p * (1 - p * p) / len(one)) ** 0.5
        holds(abs(together - p * p) < bound, "Two entries are active together too often or never.")
    x = _batch(student, 900, n, 1.0, seed % 1000)
    for one, other in ((x[:, 0], x[:, 1]), (x[:-1, 2], x[1:, 2])):
        # Two independent uniform numbers multiply to 1/4 on average, with a deviation of .22.
        off = abs(float((one * other).mean()) - 1 / 4)
        holds(off < SIX * 0.22 / len(one) ** 0.5, "The strengths are not independent.")
    # One feature's strengths differ from sample to sample: a uniform variable's deviation is .289.
    holds(bool(x.std(0).min() > 0.2), "A feature has the same strength in all samples.")


def test_the_seed_decides(student, seed, rng):
    """The same seed gives the same batch, whatever was drawn before; another seed gives another
    one, and no two samples of a batch are alike."""
    p = 0.5 + _chance(rng)
    first = _batch(student, 12, 9, p, seed % 1000)
    close(_batch(student, 12, 9, p, seed % 1000), first, atol=0, rtol=0, because="the same seed")
    other = _batch(student, 12, 9, p, seed % 1000 + 1)
    holds(bool((other != first).any()), "Another seed gives the same batch.")
    holds(len(first.unique(dim=0)) == 12, "Two samples are alike.")
