"""Hidden checks for l0_penalty: a count, and whom it teaches."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged

# The student may work in float32.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-4}
BATCH, N = 9, 7


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Pre-activations, some of them within half a bandwidth of .4, on either side; thresholds."""
    threshold = 0.5 + torch.rand(N, generator=rng, dtype=torch.float64)
    pre = threshold + torch.randn(BATCH, N, generator=rng, dtype=torch.float64)
    pre[0], pre[1] = threshold + 0.1, threshold - 0.1
    pre[2] = -threshold  # far below, and as far from 0
    return pre, threshold


def test_counts_the_latents_above_their_threshold(student, rng):
    """The penalty is the number of latents above their thresholds, in the mean over samples;
    nothing else of the pre-activations matters. The arguments stay as they are."""
    pre, threshold = _drawn(rng)
    penalty, after = student.after("l0_penalty", pre, threshold, 0.4)
    count = sum(int(pre[row, i] > threshold[i]) for row in range(BATCH) for i in range(N))
    close(penalty, count / BATCH, **FLOAT32, because="the penalty")
    unchanged(after[:2], (pre, threshold))
    far = threshold + 20 * (pre - threshold)
    close(student.l0_penalty(far, threshold, 0.4), count / BATCH, **FLOAT32, because="when spread")
    close(student.l0_penalty(pre, threshold, 5.0), count / BATCH, **FLOAT32, because="when wide")


def test_threshold_learns_from_samples_near_it(student, rng):
    """Each threshold's gradient is minus one over the bandwidth for each sample within half a
    bandwidth of it, on either side, divided by the number of samples."""
    pre, threshold = _drawn(rng)
    for bandwidth in (0.4, 1.5):
        result, (gradient,) = student.gradients("l0_penalty", pre, threshold, bandwidth, wrt=(1,))
        number(result, "the penalty")
        holds(gradient is not None, "No gradient flows into the threshold.")
        near = torch.zeros(N, dtype=torch.float64)
        for i in range(N):
            near[i] = sum(abs(float(z - threshold[i])) < bandwidth / 2 for z in pre[:, i])
        close(gradient, -near / bandwidth / BATCH, **FLOAT32, because="the threshold's gradient")


def test_nothing_goes_back_to_pre(student, rng):
    """The penalty teaches the thresholds alone: pre gets no gradient, or one of zeros."""
    pre, threshold = _drawn(rng)
    result, (to_pre, slope) = student.gradients("l0_penalty", pre, threshold, 0.4, wrt=(0, 1))
    number(result, "the penalty")
    to_pre = torch.zeros(BATCH, N) if to_pre is None else to_pre
    close(to_pre, torch.zeros(BATCH, N), atol=1e-9, rtol=0, because="the gradient of pre")
    holds(slope is not None and bool((slope < 0).any()), "Higher thresholds do not cost less.")


def test_a_doubled_batch_costs_the_same(student, rng):
    """Every sample twice: the same penalty. Every latent twice: twice the penalty."""
    pre, threshold = _drawn(rng)
    one = number(student.l0_penalty(pre, threshold, 0.4), "the penalty")
    twice = student.l0_penalty(torch.cat([pre, pre]), threshold, 0.4)
    close(twice, one, **FLOAT32, because="the penalty of a doubled batch")
    wide = student.l0_penalty(torch.cat([pre, pre], 1), torch.cat([threshold, threshold]), 0.4)
    close(wide, 2 * one, **FLOAT32, because="the penalty of doubled latents")
    holds(one >= 1, "Hardly any latent is counted.")
