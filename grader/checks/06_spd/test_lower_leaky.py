"""Hidden checks for lower_leaky: its values, and the slope that a loss meets."""

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


def _slopes(student, z: Tensor, push: float = 1.0) -> Tensor:
    function = Remote(student, student.value("lower_leaky"), None)
    return tensor(student.slopes(function, z, push), tuple(z.shape), "the slopes")


def test_the_value_is_clamped(student, rng):
    """The value is z clamped to [0, 1]: exactly 0 below, z inside, exactly 1 above, in any shape;
    the argument stays as it is."""
    z = _drawn(rng)
    for given in (z, z.flatten(), z[:, None], z.double()):
        result, after = student.after("lower_leaky", given)
        close(result, given.clamp(0, 1), **FLOAT32, because="the gates")
        unchanged(after, (given,))


def test_the_slope_inside_and_above(student, rng):
    """Between 0 and 1 the slope is 1, above 1 it is 0: there a gate is open, and nothing pulls it
    further."""
    z = _drawn(rng)
    for push in (1.0, -1.0):
        slopes = _slopes(student, z, push)
        close(slopes[1], torch.ones(4), **FLOAT32, because="the slope between 0 and 1")
        close(slopes[2], torch.zeros(4), atol=1e-6, because="the slope above 1")


def test_a_shut_gate_can_learn_to_open(student, rng):
    """Below 0 the slope is 0.01 for a loss that wants the gate to open, however far below it is
    and however hard the loss pulls."""
    z = torch.cat([_drawn(rng)[0], torch.tensor([-50.0])])
    for push in (1.0, 7.0):
        slopes = _slopes(student, z, push)
        close(slopes, torch.full((5,), 0.01), **FLOAT32, because="the slope below 0")
    # For a loss that wants it shut still further both 0.01 and 0 are in use.
    shut = _slopes(student, z, -1.0)
    fine = ((shut - 0.01).abs() < 1e-5) | (shut.abs() < 1e-6)
    holds(bool(fine.all()), "Below 0, the slope for a loss that wants the gate shut is off.")


def test_each_gate_stands_alone(student, rng):
    """A gate and its slope depend on its own z alone."""
    z = _drawn(rng).flatten()
    order = torch.randperm(12, generator=rng)
    result = tensor(student.lower_leaky(z), (12,), "the gates")
    close(result, z.clamp(0, 1), **FLOAT32, because="the gates")
    close(student.lower_leaky(z[order]), result[order], **FLOAT32, because="another order")
    close(_slopes(student, z[order]), _slopes(student, z)[order], **FLOAT32, because="its slopes")
