"""Hidden checks for feature_dimensionality: arrangements whose numbers are known by counting."""

import math

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# Ratios of squared products, in float64 or once in float32.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}


def _polygon(k: int) -> Tensor:
    """Unit columns at the corners of a regular k-gon, [2, k]."""
    angle = 2 * math.pi * torch.arange(k, dtype=torch.float64) / k
    return torch.stack([angle.cos(), angle.sin()])


def _rotated(W: Tensor, rng: torch.Generator, dimensions: int) -> Tensor:
    """Put columns into a larger space, turned at random."""
    wide = torch.zeros(dimensions, W.shape[1], dtype=torch.float64)
    wide[: len(W)] = W
    return torch.linalg.qr(torch.randn(dimensions, dimensions, generator=rng).double())[0] @ wide


def _of(student, W: Tensor) -> Tensor:
    return tensor(student.feature_dimensionality(W), (W.shape[1],), "the dimensionalities")


def test_known_arrangements(student, rng):
    """Orthonormal features have a dimension each, an antipodal pair shares one (1/2 each), a
    regular polygon of k features shares its plane's two (2/k each; a pentagon 2/5); however they
    are turned in the space, and whatever common length they have."""
    size = 0.5 + torch.rand((), generator=rng, dtype=torch.float64)
    k = int(torch.randint(6, 9, (), generator=rng))
    for W, each in (
        (torch.eye(4, dtype=torch.float64), 1.0),
        (torch.tensor([[1.0, -1.0]], dtype=torch.float64), 1 / 2),
        (_polygon(5), 2 / 5),
        (_polygon(3), 2 / 3),
        (_polygon(k), 2 / k),
    ):
        turned = size * _rotated(W, rng, 6)
        close(_of(student, turned), torch.full((W.shape[1],), each), **FLOAT32,
              because="the dimensionalities of a known arrangement")  # fmt: skip


def test_different_lengths(student, rng):
    """Of two features along one line the longer one has more: the one of length a has a^2 out of
    a^2 + c^2, whichever way the two point. Features at right angles to them have a whole dimension,
    however short they are."""
    a, c = 0.5 + torch.rand(2, generator=rng, dtype=torch.float64)
    a = a + 1
    W = torch.zeros(3, 4, dtype=torch.float64)
    W[0, 0], W[0, 1], W[1, 2], W[2, 3] = a, -c, 0.3, -2.0
    both = a**2 + c**2
    wanted = torch.stack([a**2 / both, c**2 / both, torch.tensor(1.0), torch.tensor(1.0)])
    close(_of(student, _rotated(W, rng, 5)), wanted, **FLOAT32, because="with different lengths")
    W[0, 1] = c
    close(_of(student, _rotated(W, rng, 5)), wanted, **FLOAT32, because="along one line")


def test_features_that_are_not_there(student, rng):
    """A feature without a column, all zeros, has dimensionality 0, and is in nobody's way: no
    division of 0 by 0."""
    W = torch.zeros(3, 7, dtype=torch.float64)
    W[:2, 1:6] = _polygon(5) * 0.8
    wanted = torch.tensor([0, 0.4, 0.4, 0.4, 0.4, 0.4, 0])
    result, after = student.after("feature_dimensionality", W)
    close(result, wanted, **FLOAT32, because="the dimensionalities")
    unchanged(after, (W,))


def test_what_they_add_up_to(student, rng):
    """A feature's share is at most 1, with other features in other places (a random matrix); all
    of them together are at most as many as the dimensions; and the order of the features goes with
    them."""
    W = torch.randn(4, 9, generator=rng, dtype=torch.float64)
    found = _of(student, W)
    holds(bool((found > 0).all() and (found <= 1 + 1e-5).all()), "One is not between 0 and 1.")
    order = torch.randperm(9, generator=rng)
    close(_of(student, W[:, order]), found[order], **FLOAT32, because="in another order")
    # D_i / |W_i|^2 is one over the squared reading of all columns along the i-th direction.
    for i in range(9):
        along = W[:, i] / W[:, i].norm()
        seen = torch.linalg.vector_norm(along @ W) ** 2
        close(found[i], W[:, i].square().sum() / seen, **FLOAT32, because="one feature's share")
    holds(float(found.sum()) <= 4 + 1e-4, "They add up to more than there are dimensions.")
