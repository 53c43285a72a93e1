"""Hidden checks for almost_orthogonal: the draw, and the share, against the exact law."""

import torch
from scipy.stats import beta
from torch import Tensor

from grader.assertions import close, holds, items, number, tensor

# Cosines of float64 or float32 vectors; a pair within 1e-5 of eps may be counted either way.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-5}


def _drawn(student, d: int, n: int, eps: float, seed: int) -> tuple[Tensor, float]:
    back = items(student.almost_orthogonal(d, n, eps, seed), 2)
    return tensor(back[0], (n, d), "the vectors"), number(back[1], "the share")


def _sizes(rng: torch.Generator) -> tuple[int, int, float]:
    d, n = (int(torch.randint(low, high, (), generator=rng)) for low, high in ((6, 12), (25, 40)))
    return d, n, 0.2 + 0.2 * float(torch.rand((), generator=rng))


def test_the_share_of_the_pairs(student, seed, rng):
    """The share is that of your own vectors: among all pairs of two different ones, how many have a
    cosine whose size is below eps."""
    d, n, eps = _sizes(rng)
    vectors, share = _drawn(student, d, n, eps, seed % 1000)
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    sizes = torch.stack([(unit[i] @ unit[j]).abs() for i in range(n) for j in range(i)])
    least, most = ((sizes < eps + off).double().mean() for off in (-1e-5, 1e-5))
    holds(bool(least - 1e-6 <= share <= most + 1e-6), "This is not the share of your vectors.")
    close(_drawn(student, d, n, 1.01, seed % 1000)[1], 1.0, **FLOAT32, because="the share below 1")


def test_the_law_of_cosines(student, seed, rng):
    """Vectors that point anywhere with equal chance have cosines whose square follows the beta
    distribution with parameters 1/2 and (d - 1)/2: so the share is known beforehand (scipy)."""
    d, n, eps = _sizes(rng)
    n += 30
    _, share = _drawn(student, d, n, eps, seed % 1000)
    law = float(beta.cdf(eps**2, 0.5, (d - 1) / 2))
    # Pairs of uniform directions are pairwise independent; six deviations.
    bound = 6 * (law * (1 - law) / (n * (n - 1) / 2)) ** 0.5
    holds(abs(share - law) < bound, "The share is not that of random directions.")


def test_no_direction_is_preferred(student, seed, rng):
    """All directions are equally likely: neither the axes nor the corners between them come more
    often than others."""
    d, n, tries = 4, 60, 8
    start = int(torch.randint(1000, (), generator=rng))
    drawn = torch.cat([_drawn(student, d, n, 0.3, start + k)[0] for k in range(tries)]).double()
    # The sum of fourth powers on the sphere: mean 3 / (d + 2) = 1/2, deviation .17. Uniform numbers
    # give .43, signs 1/4, axes 1. Five deviations leave room to both sides.
    fourth = float(drawn.pow(4).sum(1).mean())
    holds(abs(fourth - 1 / 2) < 5 * 0.17 / (n * tries) ** 0.5, "The axes, or the corners between "
          "them, are preferred.")  # fmt: skip


def test_unit_vectors_from_the_seed(student, seed, rng):
    """Every vector has length 1, the vectors point to all sides, the same seed gives the same ones
    and another seed others."""
    d, n, eps = _sizes(rng)
    vectors, share = _drawn(student, d, n, eps, seed % 1000)
    close(vectors.norm(dim=1), torch.ones(n), **FLOAT32, because="the lengths")
    again, same = _drawn(student, d, n, eps, seed % 1000)
    close(again, vectors, **FLOAT32, because="the vectors of the same seed")
    close(same, share, **FLOAT32, because="the share of the same seed")
    other, _ = _drawn(student, d, n, eps, seed % 1000 + 1)
    holds(bool((other - vectors).abs().max() > 1e-3), "Another seed gives the same vectors.")
    # The mean of n unit vectors has a mean square of 1/n; six times its length is out of reach.
    holds(bool(vectors.mean(0).norm() < 2.5 / n**0.5), "The vectors crowd on one side.")
    # At the corners of a cube all entries have this size.
    corner = (vectors.abs() * d**0.5 - 1).abs().max()
    holds(bool(corner > 0.2), "The vectors stand at the corners of a cube.")
