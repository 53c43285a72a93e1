"""Hidden checks for metrics: what identity and mean must give, and invariances of both numbers."""

import torch
from torch import Tensor

from grader.assertions import close, numbers, unchanged

# The student may work in float32: sums of some hundred terms of size 1 to 100.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-3}
BATCH, D_IN, N = 40, 6, 11


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """x far from 0 with a scale of its own in each dimension, a poor x_hat, sparse latents."""
    scale = torch.tensor([8.0, 1, 0.3, 2, 1, 4], dtype=torch.float64)
    offset = 4 * torch.randn(D_IN, generator=rng, dtype=torch.float64)
    x, noise = torch.randn(2, BATCH, D_IN, generator=rng, dtype=torch.float64)
    x = x * scale[torch.randperm(D_IN, generator=rng)] + offset
    latents = (torch.randn(BATCH, N, generator=rng, dtype=torch.float64) - 0.7).relu()
    return x, x + 0.7 * noise + 0.3, latents


def _pair(result: object) -> tuple[float, float]:
    l0, fvu = numbers(result, 2, "L0 and FVU")
    return l0, fvu


def test_identity_leaves_nothing_and_the_mean_leaves_all(student, rng):
    """A perfect reconstruction has FVU 0. The mean of the inputs, for every input, has FVU 1; and
    answering 0 is worse than the mean where the inputs lie far from 0."""
    x, _, latents = _drawn(rng)
    mean = x.mean(0).expand(BATCH, D_IN)
    close(_pair(student.metrics(x, x.clone(), latents))[1], 0.0, because="FVU of the identity")
    fvu = _pair(student.metrics(x, mean.clone(), latents))[1]
    close(fvu, 1.0, **FLOAT32, because="FVU of the mean")
    spread = (x - mean).square().sum()
    fvu = _pair(student.metrics(x, torch.zeros_like(x), latents))[1]
    close(fvu, x.square().sum() / spread, **FLOAT32, because="FVU of zeros")


def test_fvu_is_one_share_of_the_whole_variance(student, rng):
    """FVU divides all squared errors together by all variance together (about the mean of each
    dimension); it stays as it is when data and reconstruction are moved, scaled or rotated."""
    x, x_hat, latents = _drawn(rng)
    (_, fvu), after = student.after("metrics", x, x_hat, latents)
    truth = (x - x_hat).square().sum() / (BATCH * x.var(0, correction=0)).sum()
    close(fvu, truth, **FLOAT32, because="FVU")
    unchanged(after, (x, x_hat, latents))
    turn = torch.linalg.qr(torch.randn(D_IN, D_IN, generator=rng, dtype=torch.float64)).Q
    shift = torch.randn(D_IN, generator=rng, dtype=torch.float64)
    moved = [3 * t @ turn + shift for t in (x, x_hat)]
    close(_pair(student.metrics(*moved, latents))[1], truth, **FLOAT32, because="FVU after moving")


def test_l0_counts_active_latents(student, rng):
    """L0 is the mean number of latents that are not 0 in a sample: whatever their sizes, and
    whatever the reconstruction."""
    x, x_hat, latents = _drawn(rng)
    active = [int((row != 0).sum()) for row in latents]
    truth = sum(active) / BATCH
    l0, _ = _pair(student.metrics(x, x_hat, latents))
    close(l0, truth, because="L0")
    sizes = 1e-3 + 50 * torch.rand(BATCH, N, generator=rng, dtype=torch.float64)
    l0, _ = _pair(student.metrics(x, x, latents * sizes))
    close(l0, truth, because="L0 with other sizes")
    l0, _ = _pair(student.metrics(x, x_hat, torch.zeros_like(latents)))
    close(l0, 0.0, because="L0 of no latents")


def test_a_batch_that_stands_twice_changes_nothing(student, rng):
    """Every sample twice: both numbers are as before; latents that never fire: L0 as before."""
    x, x_hat, latents = _drawn(rng)
    before = _pair(student.metrics(x, x_hat, latents))
    twice = [torch.cat([t, t]) for t in (x, x_hat, latents)]
    after = _pair(student.metrics(*twice))
    padded = torch.cat([latents, torch.zeros(BATCH, 5, dtype=torch.float64)], 1)
    wide = _pair(student.metrics(x, x_hat, padded))
    for value, again, name in zip(before, after, ("L0", "FVU"), strict=True):
        close(again, value, **FLOAT32, because=f"{name} of a doubled batch")
    close(wide[0], before[0], because="L0 with latents that never fire")
    truth = (latents != 0).sum() / BATCH
    close(before[0], truth, because="L0")
