"""Hidden checks for steer: the probe moves by alpha, and nothing else moves."""

import torch
from torch import Tensor

from grader.assertions import close, tensor, unchanged

# One multiple of a vector added, in float64 or once in float32.
FLOAT32 = {"atol": 5e-4, "rtol": 1e-4}


def _draw(rng: torch.Generator, *shape: int) -> tuple[Tensor, Tensor, float]:
    """Draw activations, a probe's direction whose length is far from 1, and a step."""
    d = shape[-1]
    x = 2 * torch.randn(shape, generator=rng, dtype=torch.float64) + 0.5
    w = torch.randn(d, generator=rng, dtype=torch.float64)
    longer = bool(torch.randint(2, (), generator=rng))
    size = (2.5 if longer else 0.3) + 0.3 * torch.rand((), generator=rng, dtype=torch.float64)
    alpha = (1.5 + 2 * float(torch.rand((), generator=rng))) * (1, -1)[longer]
    return x, w / w.norm() * size, alpha


def _steered(student, x: Tensor, w: Tensor, alpha: float) -> Tensor:
    return tensor(student.steer(x, w, alpha), tuple(x.shape))


def test_the_score_moves_by_alpha(student, rng):
    """The probe's score of every activation rises by exactly alpha, whatever the length of the
    direction, for a batch, for positions, and for a single activation."""
    for shape in ((5, 8), (2, 3, 7), (6,)):
        x, w, alpha = _draw(rng, *shape)
        for step in (alpha, -0.5 * alpha):
            moved = _steered(student, x, w, step) @ w - x @ w
            wanted = torch.full(shape[:-1], step, dtype=torch.float64)
            close(moved, wanted, **FLOAT32, because="the change of the scores")


def test_by_the_shortest_way(student, rng):
    """No shorter step moves the score as far: all activations make the same step, and it lies along
    the direction (torch's pseudo-inverse gives the shortest one)."""
    x, w, alpha = _draw(rng, 4, 3, 9)
    step = torch.linalg.pinv(w[None])[:, 0] * alpha
    moved = _steered(student, x, w, alpha) - x
    close(moved, step.expand_as(x), **FLOAT32, because="the steps")


def test_back_again(student, rng):
    """A step of alpha and one of minus alpha lead back, two steps add up, and a feature at right
    angles to the direction is read as before. Nothing is changed in place."""
    x, w, alpha = _draw(rng, 5, 8)
    result, after = student.after("steer", x, w, alpha)
    there = tensor(result, (5, 8))
    unchanged(after, (x, w, alpha))
    close(_steered(student, there, w, -alpha), x, **FLOAT32, because="there and back")
    twice = _steered(student, there, w, 1.3 * alpha)
    close(twice, _steered(student, x, w, 2.3 * alpha), **FLOAT32, because="two steps or one")
    other = torch.randn(8, generator=rng, dtype=torch.float64)
    other = other - (other @ w) / (w @ w) * w
    close(there @ other, x @ other, **FLOAT32, because="another feature")
    close((there - x) @ w, torch.full((5,), alpha, dtype=torch.float64), **FLOAT32,
          because="the change of the scores")  # fmt: skip


def test_the_unit_is_the_probe_s(student, rng):
    """Alpha is in units of the probe's score: with a direction ten times as long the same alpha is
    a step a tenth as long."""
    x, w, alpha = _draw(rng, 6, 7)
    short = _steered(student, x, w, alpha) - x
    long = _steered(student, x, 10 * w, alpha) - x
    close(10 * long, short, **{**FLOAT32, "atol": 2e-3}, because="ten of the shorter steps")
    close(short.norm(dim=-1) * w.norm(), torch.full((6,), abs(alpha), dtype=torch.float64),
          **FLOAT32, because="the length of the step")  # fmt: skip
