"""Hidden checks for jumprelu: its values, and its straight-through gradients one by one."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, tensor, unchanged

# The student may work in float32.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-4}
BATCH, N = 8, 6


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Pre-activations on both sides of 0 and of the thresholds; thresholds from .3 to 1.3."""
    threshold = 0.3 + torch.rand(N, generator=rng, dtype=torch.float64)
    pre = 1.2 * torch.randn(BATCH, N, generator=rng, dtype=torch.float64) + 0.4
    pre[0], pre[1], pre[2] = threshold + 0.05, threshold - 0.05, -threshold - 0.05
    return pre, threshold


def _slopes(student, pre: float, threshold: float, bandwidth: float) -> tuple[float, float]:
    """The gradients of one latent of one sample: only single numbers can be differentiated."""
    z, theta = torch.tensor([[pre]]).double(), torch.tensor([threshold]).double()
    result, found = student.gradients("jumprelu", z, theta, bandwidth, wrt=(0, 1))
    tensor(result, (1, 1), "a single latent")
    found = [torch.zeros(1) if gradient is None else gradient for gradient in found]
    return number(found[0], "the gradient of pre"), number(found[1], "that of the threshold")


def test_above_the_threshold_it_is_the_identity(student, rng):
    """Above its threshold each pre-activation comes through as it is, at or below it the latent is
    0; the bandwidth changes no value, and the arguments stay as they are."""
    pre, threshold = _drawn(rng)
    truth = torch.zeros(BATCH, N, dtype=torch.float64)
    for row in range(BATCH):
        for i in range(N):
            if pre[row, i] > threshold[i]:
                truth[row, i] = pre[row, i]
    for bandwidth in (0.2, 3.0):
        result, after = student.after("jumprelu", pre, threshold, bandwidth)
        close(result, truth, **FLOAT32, because=f"the latents at a bandwidth of {bandwidth}")
        unchanged(after[:2], (pre, threshold))


def test_pre_has_the_gradient_of_what_is_there(student, rng):
    """The gradient of pre is 1 above the threshold and 0 below, also near it: the bandwidth has no
    part in it."""
    threshold = 0.4 + float(torch.rand((), generator=rng))
    for distance in (0.1, 0.7):
        for side in (1, -1):
            to_pre, _ = _slopes(student, threshold + side * distance, threshold, 0.5)
            close(to_pre, 1.0 if side > 0 else 0.0, because="the gradient of pre")


def test_threshold_has_a_gradient_near_the_jump(student, rng):
    """Within half a bandwidth of the threshold, on either side, the threshold's gradient is minus
    the threshold over the bandwidth; farther away it is 0."""
    threshold = 0.8 + float(torch.rand((), generator=rng))
    for bandwidth in (0.2, 0.9):
        for share in (0.05, 0.45, 0.55, 0.95, 2.0):
            for side in (1, -1):
                pre = threshold + side * share * bandwidth
                _, slope = _slopes(student, pre, threshold, bandwidth)
                truth = -threshold / bandwidth if share < 0.5 else 0.0
                close(slope, truth, **FLOAT32, because="the gradient of the threshold")


def test_every_latent_has_its_own_threshold(student, rng):
    """Moving one latent's threshold changes that latent alone, and there is a gradient at both
    arguments."""
    pre, threshold = _drawn(rng)
    before = tensor(student.jumprelu(pre, threshold, 0.3), (BATCH, N), "the latents")
    place = int(torch.randint(N, (), generator=rng))
    lower = threshold.clone()
    lower[place] = 0.01
    after = tensor(student.jumprelu(pre, lower, 0.3), (BATCH, N), "the latents")
    others = torch.arange(N) != place
    close(after[:, others], before[:, others], **FLOAT32, because="the other latents")
    column = pre[:, place] * (pre[:, place] > 0.01)
    close(after[:, place], column, **FLOAT32, because="the latent whose threshold moved")
    to_pre, slope = _slopes(student, 0.95, 0.9, 0.4)
    holds(to_pre != 0, "No gradient flows into pre.")
    holds(slope != 0, "No gradient flows into the threshold.")
