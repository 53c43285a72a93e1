"""Wrong upper-leaky gates that students write."""

import torch
from torch.nn import functional


def no_leak(z):
    """You clamp and no more: a gate far above 1 would feel no pull to close."""
    return z.clamp(0, 1)


def leaks_below(z):
    """You leak below 0: that is the lower-leaky gate's side. This one leaks above 1."""
    return z.clamp(0, 1) + 0.01 * z.clamp(max=0)


def leaks_on_both_sides(z):
    """You leak below 0, too: a shut gate would then be paid for less than nothing."""
    return z.clamp(0, 1) + 0.01 * (z - z.clamp(0, 1))


def whole_slope(z):
    """You do not bend at 1: above it the slope is 0.01."""
    return torch.relu(z)


def line_through_0(z):
    """Above 1 you return 0.01 z, which jumps down at 1: the line goes on from there, 1 + 0.01
    (z - 1)."""
    return torch.where(z > 1, 0.01 * z, z.clamp(min=0))


def line_from_z(z):
    """Above 1 you add 0.01 z to 1: the line starts at 1, so it is 0.01 (z - 1) that is added."""
    return torch.where(z > 1, 1 + 0.01 * z, z.clamp(min=0))


def leak_without_value(z):
    """Your leak is in the gradient alone: here it is in the value, too."""
    leak = 0.01 * (z - 1).clamp(min=0)
    return z.clamp(0, 1) + leak - leak.detach()


def leak_without_slope(z):
    """Your leak has no gradient: a gate far above 1 would feel no pull to close."""
    return z.clamp(0, 1) + 0.01 * (z - 1).clamp(min=0).detach()


def a_tenth(z):
    """Your line rises by a tenth: it should be a hundredth."""
    return z.clamp(0, 1) + 0.1 * (z - 1).clamp(min=0)


def sigmoid(z):
    """You use a sigmoid: this gate is z itself between 0 and 1."""
    return torch.sigmoid(z)


def hard_sigmoid(z):
    """You use torch's hard sigmoid, which is z/6 + 1/2 in between: this gate is z itself between 0
    and 1."""
    return functional.hardsigmoid(z)


def leak_from_0_on(z):
    """You add 0.01 z from 0 on: between 0 and 1 the gate is z and no more."""
    return z.clamp(0, 1) + 0.01 * z.clamp(min=0)


def falls_above(z):
    """Above 1 your line falls: it has to rise, or a large z would be cheaper than 1."""
    return z.clamp(0, 1) - 0.01 * (z - 1).clamp(min=0)
