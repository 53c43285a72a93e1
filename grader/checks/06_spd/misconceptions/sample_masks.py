"""Wrong masks that students write."""

import torch


def _r(g, two_point, generator, shape=None):
    r = torch.rand(shape or g.shape, generator=generator, dtype=g.dtype)
    return (r < 0.5).to(g.dtype) if two_point else r


def gates_ignored(g, two_point, generator):
    """You draw masks from 0 to 1 whatever the gate says: a component that is needed must not be
    cut."""
    return _r(g, two_point, generator) + 0 * g


def below_the_gate(g, two_point, generator):
    """You draw masks from 0 up to the gate: it is the other side, from the gate up to 1."""
    return g * _r(g, two_point, generator)


def the_gate_itself(g, two_point, generator):
    """You mask with the gate itself: a mask is drawn between the gate and 1."""
    return g + 0 * _r(g, two_point, generator)


def detached(g, two_point, generator):
    """You cut the gates off from their gradient: they learn through their masks."""
    g = g.detach()
    return g + (1 - g) * _r(g, two_point, generator)


def room_detached(g, two_point, generator):
    """You cut (1 - g) off from its gradient: a mask drawn near 1 then pulls at its gate as much as
    one drawn near the gate."""
    return g + (1 - g).detach() * _r(g, two_point, generator)


def gate_plus_noise(g, two_point, generator):
    """You add noise from 0 to 1 to the gate and cut at 1: masks then pile up at 1. The noise has
    to fill what is missing to 1."""
    return (g + _r(g, two_point, generator)).clamp(max=1)


def larger_of_the_two(g, two_point, generator):
    """You take the larger one of gate and noise: masks then pile up at the gate."""
    return torch.maximum(g, _r(g, two_point, generator))


def one_r_for_a_sample(g, two_point, generator):
    """You draw one r for all components of a sample: they could then make arrangements. Each
    component needs an r of its own."""
    return g + (1 - g) * _r(g, two_point, generator, (len(g), 1))


def one_r_for_a_component(g, two_point, generator):
    """You draw one r for all samples: each sample needs masks of its own."""
    return g + (1 - g) * _r(g, two_point, generator, (1, g.shape[1]))


def one_r_for_all(g, two_point, generator):
    """You draw a single r for everything: each sample and each component needs its own."""
    return g + (1 - g) * _r(g, two_point, generator, (1, 1))


def never_two_points(g, two_point, generator):
    """You ignore `two_point`: with it, a mask is the gate or 1 and nothing between."""
    return g + (1 - g) * _r(g, False, generator)


def always_two_points(g, two_point, generator):
    """You draw two-point masks always: without `two_point` they fill the way evenly."""
    return g + (1 - g) * _r(g, True, generator)


def coin_of_the_gate(g, two_point, generator):
    """Your coin falls on 1 with the gate's probability: it is a fair coin, whatever the gate is."""
    r = torch.rand(g.shape, generator=generator, dtype=g.dtype)
    if two_point:
        r = (r < g).to(g.dtype)
    return g + (1 - g) * r


def zero_or_one(g, two_point, generator):
    """Your two points are 0 and 1: the lower one is the gate."""
    r = _r(g, two_point, generator)
    return r + 0 * g if two_point else g + (1 - g) * r


def own_generator(g, two_point, generator):
    """You do not draw from the generator that is handed over."""
    r = torch.rand(g.shape, dtype=g.dtype)
    if two_point:
        r = (r < 0.5).to(g.dtype)
    return g + (1 - g) * r


def seeded_again(g, two_point, generator):
    """You seed the generator yourself: every call then draws the same masks."""
    return g + (1 - g) * _r(g, two_point, generator.manual_seed(0))


def normal_noise(g, two_point, generator):
    """You draw from a normal distribution: r lies between 0 and 1, evenly."""
    r = torch.randn(g.shape, generator=generator, dtype=g.dtype)
    if two_point:
        r = (r < 0).to(g.dtype)
    return g + (1 - g) * r
