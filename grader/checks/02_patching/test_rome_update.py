"""Hidden checks for rome_update: what the edit must do, and that nothing smaller does it."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# Linear systems of condition below 100, in float64 or once in float32.
FLOAT32 = {"atol": 2e-3, "rtol": 1e-3}


def _inputs(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw a matrix, a key, a value, and a second moment that is far from the identity."""
    d_in = int(torch.randint(7, 10, (), generator=rng))
    d_out = int(torch.randint(4, 7, (), generator=rng))
    W = torch.randn(d_out, d_in, generator=rng, dtype=torch.float64)
    k = torch.randn(d_in, generator=rng, dtype=torch.float64) + 0.3
    v = 2 * torch.randn(d_out, generator=rng, dtype=torch.float64)
    basis, _ = torch.linalg.qr(torch.randn(d_in, d_in, generator=rng, dtype=torch.float64))
    sizes = 0.3 * 40 ** torch.linspace(0, 1, d_in, dtype=torch.float64)
    return W, k, v, basis @ torch.diag(sizes) @ basis.T


def _edited(student, W: Tensor, k: Tensor, v: Tensor, C: Tensor) -> Tensor:
    return tensor(student.rome_update(W, k, v, C), tuple(W.shape), "the edited matrix")


def test_the_key_gets_the_value(student, rng):
    """The edited matrix maps the key to the value; and the four arguments are left as they are,
    the model's own weights among them."""
    W, k, v, C = _inputs(rng)
    result, after = student.after("rome_update", W, k, v, C)
    close(tensor(result, tuple(W.shape), "the edited matrix") @ k, v, **FLOAT32,
          because="what the edited matrix makes of the key")  # fmt: skip
    unchanged(after, (W, k, v, C))


def test_the_change_has_rank_one(student, rng):
    """The change is an outer product: it moves all keys along the same direction, and it leaves
    those alone that are at right angles to the key in the metric of C's inverse."""
    W, k, v, C = _inputs(rng)
    change = _edited(student, W, k, v, C) - W
    holds(bool(change.abs().max() > 1e-2), "Nothing is changed.")
    sizes = torch.linalg.svdvals(change)
    holds(bool(sizes[1] < 1e-4 * sizes[0]), "The change has a rank above one.")
    across = torch.randn(len(k), generator=rng, dtype=torch.float64)
    weighted = torch.linalg.lstsq(C, k[:, None]).solution[:, 0]
    across = across - (across @ weighted) / (k @ weighted) * k
    close(change @ across, torch.zeros(len(v)), **FLOAT32, because="the change of such a key")


def test_no_smaller_change_does_it(student, rng):
    """Of all changes that map the key to the value, this one disturbs other keys least: on keys
    with second moment C, any detour that leaves the key's value as it is only adds to the mean
    squared disturbance."""
    W, k, v, C = _inputs(rng)
    change = _edited(student, W, k, v, C) - W
    close(change @ k, v - W @ k, **FLOAT32, because="what the change does to the key")
    # At the minimum the cost tr(change C change^T) has no slope along any allowed detour.
    detour = torch.randn(change.shape, generator=rng, dtype=torch.float64)
    detour = detour - torch.outer(detour @ k, k) / (k @ k)
    slope = (change @ C * detour).sum()
    size = ((change @ C * change).sum() * (detour @ C * detour).sum()).sqrt()
    close(slope / size, 0.0, atol=1e-3, rtol=0, because="the slope of the disturbance")


def test_what_does_not_matter(student, rng):
    """The scale of C does not matter. A key that already has its value changes nothing. And with
    C the identity the update is the plain projection onto the key."""
    W, k, v, C = _inputs(rng)
    edited = _edited(student, W, k, v, C)
    close(_edited(student, W, k, v, 7.5 * C), edited, **FLOAT32, because="with a larger C")
    close(_edited(student, edited, k, v, C), edited, **FLOAT32, because="the edit made again")
    pull = torch.linalg.pinv(k[None])[:, 0]  # the smallest vector with pull @ k = 1
    plain = W + (v - W @ k)[:, None] * pull[None]
    eye = torch.eye(len(k), dtype=torch.float64)
    close(_edited(student, W, k, v, eye), plain, **FLOAT32, because="with C the identity")
