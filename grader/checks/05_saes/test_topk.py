"""Hidden checks for topk: how many stay, which, with which values, sample by sample."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, tensor, unchanged

# What stays is copied: only the rounding to float32 is left.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-5}
BATCH, N = 7, 12


def _drawn(rng: torch.Generator) -> Tensor:
    """Pre-activations without ties; by rows from nearly all positive to nearly all negative."""
    level = torch.linspace(1.5, -1.5, BATCH, dtype=torch.float64)[:, None]
    pre = torch.randn(BATCH, N, generator=rng, dtype=torch.float64) + level
    pre[0] = pre[0].abs() + 0.1  # a sample in which all are positive
    pre[-1] = -pre[-1].abs() - 0.1  # and one in which none is
    return pre[torch.randperm(BATCH, generator=rng)]


def test_keeps_the_largest_of_each_sample(student, rng):
    """In each sample the k largest stay with their values at their places, as far as they are
    positive; all others are 0; the argument is left as it is."""
    pre = _drawn(rng)
    k = int(torch.randint(2, 6, (), generator=rng))
    result, after = student.after("topk", pre, k)
    truth = torch.zeros(BATCH, N, dtype=torch.float64)
    for row in range(BATCH):
        ranked = sorted(range(N), key=lambda i: float(pre[row, i]), reverse=True)
        for i in ranked[:k]:
            truth[row, i] = max(float(pre[row, i]), 0.0)
    close(result, truth, **FLOAT32, because="the latents")
    unchanged(after[0], pre)


def test_counts(student, rng):
    """A sample with at least k positive pre-activations has exactly k latents, one with fewer has
    as many as there are, and none is negative."""
    pre = _drawn(rng)
    for k in (1, 4, N):
        latents = tensor(student.topk(pre, k), (BATCH, N), "the latents")
        positive = (pre > 0).sum(1)
        close(
            (latents != 0).sum(1).double(), positive.clamp(max=k), atol=0, rtol=0, because=f"k {k}"
        )
        holds(bool((latents >= 0).all()), "A latent is negative.")


def test_samples_do_not_compete(student, rng):
    """Each sample is treated by itself: making one sample's pre-activations ten times as large
    changes no other's latents, and makes its own ten times as large."""
    pre = _drawn(rng)
    row = int(torch.randint(BATCH, (), generator=rng))
    factor = torch.ones(BATCH, 1, dtype=torch.float64)
    factor[row] = 10
    before = tensor(student.topk(pre, 3), (BATCH, N), "the latents")
    after = student.topk(pre * factor, 3)
    close(after, before * factor, **FLOAT32, because="the latents of a rescaled sample")
    order = torch.randperm(N, generator=rng)
    close(student.topk(pre[:, order], 3), before[:, order], **FLOAT32, because="latents reordered")
    holds(bool((before != 0).any()), "Nothing stays.")
    holds(int((before != 0).sum(1).max()) == 3, "In no sample three latents stay.")


def test_with_room_for_all_it_is_a_relu(student, rng):
    """With k equal to the number of latents it is a ReLU, and what stays has the gradient of the
    identity."""
    pre = _drawn(rng)
    close(student.topk(pre, N), pre.clamp(min=0), **FLOAT32, because="latents with room for all")
    one = 0.5 + torch.rand(1, 1, generator=rng, dtype=torch.float64)
    result, (gradient,) = student.gradients("topk", one, 1, wrt=(0,))
    number(result, "a single latent")
    holds(gradient is not None, "No gradient flows through what stays.")
    close(gradient, torch.ones(1, 1), because="the gradient of what stays")
