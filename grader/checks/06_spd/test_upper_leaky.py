"""Hidden checks for upper_leaky: values, slopes, shapes."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged
from grader.student import Remote

# One elementwise step, in float32.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-4}


def _drawn(rng: torch.Generator) -> Tensor:
    """Points below 0, inside and above 1, none on an edge."""
    inside = 0.02 + 0.96 * torch.rand(4, generator=rng)
    below = -0.02 - 4 * torch.rand(4, generator=rng)
    above = 1.02 + 4 * torch.rand(4, generator=rng)
    return torch.stack([below, inside, above])[:, torch.randperm(4, generator=rng)]


def test_the_values(student, rng):
    """0 below 0, z itself up to 1, and from there a line that rises by 0.01 for each 1; in any
    shape. The argument stays as it is."""
    z = _drawn(rng)
    truth = torch.stack([torch.zeros(4), z[1], 0.99 + 0.01 * z[2]])
    for given, expected in ((z, truth), (z.flatten(), truth.flatten()), (z.double(), truth)):
        result, after = student.after("upper_leaky", given)
        close(result, expected, **FLOAT32, because="the gates")
        unchanged(after, (given,))


def test_the_slopes(student, rng):
    """The slope is 0 below 0, 1 up to 1 and 0.01 above, for a loss that pulls either way."""
    z = _drawn(rng)
    truth = torch.tensor([0, 1, 0.01])[:, None].expand(3, 4)
    function = Remote(student, student.value("upper_leaky"), None)
    for push in (-1.0, 1.0, 5.0):
        slopes = tensor(student.slopes(function, z, push), (3, 4), "the slopes")
        close(slopes, truth, **FLOAT32, because="the slopes")


def test_far_out_and_at_the_edges(student, rng):
    """At 0 it is 0 and at 1 it is 1, without a jump; far above it goes on rising."""
    close(student.upper_leaky(torch.tensor([0.0, 1.0])), torch.tensor([0.0, 1.0]), **FLOAT32,
          because="the edges")  # fmt: skip
    near = torch.tensor([-1e-6, 1e-6, 1 - 1e-6, 1 + 1e-6])
    close(student.upper_leaky(near), near.clamp(0, 1), **FLOAT32, because="beside the edges")
    far = tensor(student.upper_leaky(torch.tensor([101.0, 201.0])), (2,), "far above")
    close(far, torch.tensor([2.0, 3.0]), **FLOAT32, because="far above")
    holds(bool(far[1] > far[0]), "Far above 1 it does not rise.")
