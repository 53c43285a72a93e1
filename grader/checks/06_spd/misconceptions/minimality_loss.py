"""Wrong minimality losses that students write."""

import torch


def _total(g, of):
    return sum(of(gate) for gate in g.values())


def mean_over_components(g, p):
    """You take the mean over components: add them up, or more components would cost no more."""
    return _total(g, lambda gate: gate.pow(p).mean())


def summed_over_samples(g, p):
    """You add up the samples: take their mean."""
    return _total(g, lambda gate: gate.pow(p).sum())


def mean_over_layers(g, p):
    """You take the mean over layers: add them up."""
    return _total(g, lambda gate: gate.pow(p).sum(dim=1).mean()) / len(g)


def power_forgotten(g, p):
    """You forget the power p."""
    return _total(g, lambda gate: gate.sum(dim=1).mean())


def always_squared(g, p):
    """You square the gates, whatever p is."""
    return _total(g, lambda gate: gate.square().sum(dim=1).mean())


def power_as_a_factor(g, p):
    """You multiply by p: it is an exponent."""
    return _total(g, lambda gate: (p * gate).sum(dim=1).mean())


def norm(g, p):
    """You take the p-th root of the sum: the loss is the sum itself."""
    return _total(g, lambda gate: ((gate.pow(p).sum(dim=1) + 1e-12) ** (1 / p)).mean())


def power_of_the_sum(g, p):
    """You raise the sum of a sample's gates to the power: each gate is raised first."""
    return _total(g, lambda gate: gate.sum(dim=1).pow(p).mean())


def power_of_the_mean(g, p):
    """You average over samples before you raise to the power: raise each gate first."""
    return _total(g, lambda gate: gate.mean(dim=0).pow(p).sum())


def cut_at_1(g, p):
    """You cut the gates at 1: above it they must still feel the pull."""
    return _total(g, lambda gate: gate.clamp(max=1).pow(p).sum(dim=1).mean())


def counted(g, p):
    """You count the open gates: a count has no slope, so nothing closes."""
    return _total(g, lambda gate: (gate > 0).to(gate.dtype).sum(dim=1).mean())


def detached(g, p):
    """You cut the gates off from their history: they can learn nothing from this loss."""
    return _total(g, lambda gate: gate.detach().pow(p).sum(dim=1).mean())


def last_layer_only(g, p):
    """You return the last layer's loss: add up all layers."""
    return list(g.values())[-1].pow(p).sum(dim=1).mean()


def first_layer_only(g, p):
    """You return from inside the loop, after the first layer: add up all layers."""
    return next(iter(g.values())).pow(p).sum(dim=1).mean()


def half_powers(g, p):
    """You divide by p as well: the loss is the sum of the powers themselves."""
    return _total(g, lambda gate: (gate.pow(p) / p).sum(dim=1).mean())


def in_place(g, p):
    """You raise the gates themselves to the power: work on copies."""
    with torch.no_grad():
        for gate in g.values():
            gate.pow_(p)
    return _total(g, lambda gate: gate.sum(dim=1).mean())
