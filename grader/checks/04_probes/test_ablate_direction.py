"""Hidden checks for ablate_direction: what goes, and what must stay."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# A projection in float64 or once in float32, on numbers of size 1 to 10.
FLOAT32 = {"atol": 2e-4, "rtol": 1e-4}


def _draw(rng: torch.Generator, *shape: int) -> tuple[Tensor, Tensor]:
    """Draw activations with an offset, and a direction whose length is far from 1."""
    d = shape[-1]
    x = 2 * torch.randn(shape, generator=rng, dtype=torch.float64) + torch.randn(
        d, generator=rng, dtype=torch.float64
    )
    w = torch.randn(d, generator=rng, dtype=torch.float64)
    longer = bool(torch.randint(2, (), generator=rng))
    size = (2.5 if longer else 0.2) + 0.3 * torch.rand((), generator=rng, dtype=torch.float64)
    return x, w / w.norm() * size


def _ablated(student, x: Tensor, w: Tensor) -> Tensor:
    return tensor(student.ablate_direction(x, w), tuple(x.shape))


def test_the_probe_reads_nothing(student, rng):
    """Along the direction nothing is left: its product with every ablated activation is 0, also
    when the activations have a batch and positions. And something was there before."""
    for shape in ((5, 8), (2, 3, 7), (6,)):
        x, w = _draw(rng, *shape)
        ablated = _ablated(student, x, w)
        close(ablated @ w / w.norm(), torch.zeros(shape[:-1]), **FLOAT32,
              because="the part along the direction")  # fmt: skip
        # Of a Gaussian in six dimensions or more, five sixths of the square stays in the mean.
        holds(bool(ablated.norm() > 1e-2 * x.norm()), "Nothing at all is left.")


def test_all_the_rest_stays(student, rng):
    """Whatever is at right angles to the direction reads the same as before, to the last bit of
    rounding: only one of the d dimensions is touched."""
    x, w = _draw(rng, 4, 3, 9)
    basis = torch.linalg.qr(torch.cat([w[:, None], torch.eye(9, dtype=torch.float64)], 1))[0]
    across = basis[:, 1:9]  # orthonormal, and at right angles to w
    ablated = _ablated(student, x, w)
    close(ablated @ across, x @ across, **FLOAT32, because="at right angles to the direction")
    holds(bool((ablated - x).abs().max() > 1e-3), "Nothing was removed.")


def test_twice_is_once(student, rng):
    """Ablating twice is ablating once; the length and the sign of the direction do not matter; and
    neither the activations nor the direction are changed in place."""
    x, w = _draw(rng, 5, 8)
    result, after = student.after("ablate_direction", x, w)
    once = tensor(result, (5, 8))
    unchanged(after, (x, w))
    close(_ablated(student, once, w), once, **FLOAT32, because="ablated twice")
    close(_ablated(student, x, -3.7 * w), once, **FLOAT32, because="with a longer direction")
    # Pythagoras: what was taken away and what is left are at right angles.
    close(once.square().sum(-1) + (x - once).square().sum(-1), x.square().sum(-1), **FLOAT32,
          because="the squared length of the two parts")  # fmt: skip
    holds(bool((x - once).norm() > 1e-3), "Nothing was removed.")
    holds(bool(once.norm() > 1e-2 * x.norm()), "Nothing at all is left.")


def test_the_smallest_change(student, rng):
    """No smaller change silences the probe: what is taken away lies along the direction, and is as
    long as the activation's shadow on it (torch's least squares says the same)."""
    x, w = _draw(rng, 6, 10)
    ablated = _ablated(student, x, w)
    coefficients = torch.linalg.lstsq(w[:, None], x.mT).solution[0]
    close(ablated, x - coefficients[:, None] * w, **FLOAT32, because="the ablated activations")
