"""Hidden checks for random_direction_baseline: directions like yours in nothing but length."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor

# Lengths and numbers handed through, once in float32.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}


def _direction(rng: torch.Generator, d: int) -> Tensor:
    """A direction whose length is far from 1 and from the square root of d."""
    w = torch.randn(d, generator=rng, dtype=torch.float64)
    return w / w.norm() * (0.3 + 0.2 * torch.rand((), generator=rng, dtype=torch.float64))


def _tried(student, w: Tensor, n: int, seed: int) -> Tensor:
    """The directions whose effect was asked for, [n, d]."""
    seen: list[Tensor] = []

    def effect(direction: Tensor) -> float:
        holds(direction.dtype == w.dtype, "A random direction should have the dtype of w.")
        seen.append(direction.double())
        return float(direction.double().sum())

    effects = tensor(student.random_direction_baseline(effect, w, n, seed), (n,), "the effects")
    holds(len(seen) == n, "The effect should be asked for once for each random direction.")
    tried = torch.stack([tensor(v, tuple(w.shape), "a direction") for v in seen])
    close(effects, tried.sum(1), **FLOAT32, because="the effects, in the order of the directions")
    return tried


def test_as_long_as_yours(student, seed, rng):
    """The random directions are as long as the given one, so that only the direction differs; what
    comes back are their effects, one for each, as they are, with their signs."""
    w = _direction(rng, 12)
    tried = _tried(student, w, 30, seed % 1000)
    close(tried.norm(dim=1), w.norm().expand(30), **FLOAT32, because="the lengths")
    effects = tried.sum(1)
    holds(bool((effects < 0).any() and (effects > 0).any()), "All effects have one sign.")


def test_every_direction_is_as_likely(student, seed, rng):
    """All directions of the space are equally likely: none is preferred, neither of the two signs,
    nor the axes, nor the neighbourhood of the given one."""
    d, n = 5, 400
    w = _direction(rng, d)
    tried = _tried(student, w, n, seed % 1000) / w.norm()
    # On the unit sphere each coordinate has mean 0 and mean square 1/5, and the mean fourth power
    # 3/35 (from the corners of a cube it is smaller, from the axes larger). Bounds: six deviations.
    for along in (*torch.eye(d, dtype=torch.float64), w / w.norm()):
        part = tried @ along
        holds(abs(float(part.mean())) < 6 * (1 / d / n) ** 0.5, "One side is preferred.")
        spread = 6 * ((3 / 35 - 1 / 25) / n) ** 0.5
        off = abs(float(part.square().mean()) - 1 / d)
        holds(off < spread, "Some direction is preferred, or avoided.")
    fourth = tried.pow(4).sum(1).mean()
    # The sum of fourth powers on the sphere: mean 3/7, deviation .16; a cube's corners give 1/5.
    holds(abs(float(fourth) - 3 / 7) < 6 * 0.17 / n**0.5, "The axes, or the corners between them, "
          "are preferred.")  # fmt: skip


def test_the_seed_decides(student, seed, rng):
    """The same seed gives the same directions, whatever was drawn before; another seed gives
    others, and within one run no two are alike."""
    w = _direction(rng, 9)
    first = _tried(student, w, 6, seed % 1000)
    close(_tried(student, w, 6, seed % 1000), first, **FLOAT32, because="the same seed again")
    other = _tried(student, w, 6, seed % 1000 + 1)
    holds(bool((other - first).abs().max() > 1e-3), "Another seed gives the same directions.")
    both = torch.cat([first, other]) / w.norm()
    cosines = (both @ both.mT - torch.eye(12)).max()
    holds(bool(cosines < 0.9999), "The same direction is tried twice.")
