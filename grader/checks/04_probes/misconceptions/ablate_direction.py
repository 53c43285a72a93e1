"""Wrong projections that students write."""

import torch


def not_normalised(x, w):
    """You do not divide by the direction's squared length: with a w that is no unit vector too
    much or too little is taken away."""
    return x - (x @ w)[..., None] * w


def divided_once(x, w):
    """You divide by the length once: the direction stands twice in the formula, so its length does
    as well."""
    return x - (x @ w)[..., None] * w / w.norm()


def reflected(x, w):
    """You take the part away twice: that is a mirror image, its product with w has the other
    sign."""
    unit = w / w.norm()
    return x - 2 * (x @ unit)[..., None] * unit


def part_kept_instead(x, w):
    """You return the part along the direction: that is what should go, the rest should stay."""
    unit = w / w.norm()
    return (x @ unit)[..., None] * unit


def added(x, w):
    """You add the part instead of subtracting it: it is doubled."""
    unit = w / w.norm()
    return x + (x @ unit)[..., None] * unit


def mean_ablated(x, w):
    """You set the part to its mean over the activations: here it should be 0. (Mean ablation is a
    fair choice too, and another one.)"""
    unit = w / w.norm()
    part = x @ unit
    return x - (part - part.mean())[..., None] * unit


def centred_first(x, w):
    """You subtract the mean of all activations: that changes every direction, not one."""
    unit = w / w.norm()
    flat = x.reshape(-1, x.shape[-1])
    x = x - (flat.mean(0) if len(flat) > 1 else flat.mean())
    return x - (x @ unit)[..., None] * unit


def only_where_positive(x, w):
    """You remove the direction where the product is positive only: the other side has it, too."""
    unit = w / w.norm()
    return x - (x @ unit).clamp(min=0)[..., None] * unit


def one_amount_for_all(x, w):
    """You take the same amount from all activations, their mean: each has its own."""
    unit = w / w.norm()
    return x - (x @ unit).mean() * unit


def the_vector_itself(x, w):
    """You subtract the unit vector: how much of it there is differs from activation to
    activation."""
    return x - w / w.norm()


def largest_coordinate(x, w):
    """You set the coordinate with the largest weight to 0: a direction is spread over all of
    them."""
    ablated = x.clone()
    ablated[..., w.abs().argmax()] = 0
    return ablated


def coordinates_scaled(x, w):
    """You weaken each coordinate by the weight's size: that is no projection."""
    return x * (1 - (w / w.norm()).abs())


def rescaled_afterwards(x, w):
    """You stretch the rest to the old length: all other features grow with it."""
    unit = w / w.norm()
    rest = x - (x @ unit)[..., None] * unit
    return rest * x.norm(dim=-1, keepdim=True) / rest.norm(dim=-1, keepdim=True)


def in_place(x, w):
    """You write into the activations: return new ones, the model may still need the old."""
    unit = w / w.norm()
    x -= (x @ unit)[..., None] * unit
    return x


def w_made_a_unit_in_place(x, w):
    """You normalise the direction in place: the caller's probe is changed."""
    w /= w.norm()
    return x - (x @ w)[..., None] * w


def half_way(x, w):
    """You take half of it away: all of it should go."""
    unit = w / w.norm()
    return x - 0.5 * torch.einsum("...d,d->...", x, unit)[..., None] * unit
