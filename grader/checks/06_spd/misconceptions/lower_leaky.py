"""Wrong lower-leaky gates that students write."""

import torch
from torch.nn import functional


def leaks_in_the_value(z):
    """Your value leaks: below 0 it is 0.01 z, a mask below 0. Here the gradient alone leaks, and
    the value is exactly 0."""
    return z.clamp(0, 1) + 0.01 * z.clamp(max=0)


def no_leak(z):
    """You clamp and no more: a gate that is once below 0 has no gradient and never opens again."""
    return z.clamp(0, 1)


def leaks_at_the_top(z):
    """You leak above 1: that is the upper-leaky gate's side. This one leaks below 0."""
    leak = 0.01 * (z - 1).clamp(min=0)
    return z.clamp(0, 1) + leak - leak.detach()


def leaks_on_both_sides(z):
    """You leak below 0 and above 1: above 1 this gate is open, and nothing pulls it further."""
    leak = 0.01 * (z - z.clamp(0, 1))
    return z.clamp(0, 1) + leak - leak.detach()


def straight_through(z):
    """You pass the whole gradient on: below 0 a hundredth of it is asked for, and above 1
    nothing."""
    return z + (z.clamp(0, 1) - z).detach()


def whole_leak(z):
    """You let the whole gradient through below 0: a hundredth of it is asked for."""
    leak = z.clamp(max=0)
    return z.clamp(0, 1) + leak - leak.detach()


def a_tenth(z):
    """You let a tenth of the gradient through: it should be a hundredth."""
    leak = 0.1 * z.clamp(max=0)
    return z.clamp(0, 1) + leak - leak.detach()


def sigmoid(z):
    """You use a sigmoid: it is nowhere exactly 0 or 1. This gate is z itself between 0 and 1."""
    return torch.sigmoid(z)


def hard_sigmoid(z):
    """You use torch's hard sigmoid, which is z/6 + 1/2 in between: this gate is z itself between 0
    and 1."""
    return functional.hardsigmoid(z)


def not_cut_at_1(z):
    """You cut at 0 and not at 1: a gate is never above 1."""
    leak = 0.01 * z.clamp(max=0)
    return z.clamp(min=0) + leak - leak.detach()


def detached(z):
    """You cut the whole gate off from its gradient: only the leak's value is taken off so."""
    return z.detach().clamp(0, 1) + 0.01 * (z - z.detach()) * (z < 0)


def the_sign_of_the_leak(z):
    """Your leak has the wrong sign: a loss that wants a gate open would push it further shut."""
    leak = 0.01 * z.clamp(max=0)
    return z.clamp(0, 1) - leak + leak.detach()


def step(z):
    """You return 0 or 1: between the two the gate is z itself."""
    leak = 0.01 * z.clamp(max=0)
    return (z > 0).to(z) + z.clamp(0, 1) - z.clamp(0, 1).detach() + leak - leak.detach()
