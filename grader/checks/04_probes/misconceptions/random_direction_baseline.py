"""Baselines that are no baseline."""

import torch


def _draw(n, d, seed, dtype):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=dtype)


def _sphere(w, n, seed):
    v = _draw(n, len(w), seed, w.dtype)
    return v / v.norm(dim=1, keepdim=True) * w.norm()


def _effects(effect, directions):
    return torch.tensor([float(effect(v)) for v in directions], dtype=torch.float64)


def lengths_left(effect, w, n, seed):
    """Your random directions have another length than the given one: a longer step does more,
    whatever its direction."""
    return _effects(effect, _draw(n, len(w), seed, w.dtype))


def unit_length(effect, w, n, seed):
    """Your random directions have length 1: they should be as long as the given one."""
    v = _draw(n, len(w), seed, w.dtype)
    return _effects(effect, v / v.norm(dim=1, keepdim=True))


def length_on_average(effect, w, n, seed):
    """Your random directions have the right length on average: each should have it exactly."""
    return _effects(effect, _draw(n, len(w), seed, w.dtype) * w.norm() / len(w) ** 0.5)


def positive_weights(effect, w, n, seed):
    """You draw from [0, 1]: no weight is ever negative, so your directions crowd in one corner."""
    generator = torch.Generator().manual_seed(seed)
    v = torch.rand(n, len(w), generator=generator, dtype=w.dtype)
    return _effects(effect, v / v.norm(dim=1, keepdim=True) * w.norm())


def inside_a_cube(effect, w, n, seed):
    """You draw each weight evenly from an interval around 0: a cube reaches farther towards its
    corners, so more directions point there. Gaussian numbers point everywhere alike."""
    generator = torch.Generator().manual_seed(seed)
    v = torch.rand(n, len(w), generator=generator, dtype=w.dtype) - 0.5
    return _effects(effect, v / v.norm(dim=1, keepdim=True) * w.norm())


def a_seed_for_each_draw(effect, w, n, seed):
    """You seed a new generator for each direction, with seed + i: two neighbouring seeds then share
    nearly all of their directions. Seed one generator, once."""
    return _effects(effect, torch.cat([_sphere(w, 1, seed + i) for i in range(n)]))


def drawn_in_single_precision(effect, w, n, seed):
    """You draw in float32 whatever w is: the directions should have its dtype."""
    return _effects(effect, _sphere(w.float(), n, seed))


def signs_only(effect, w, n, seed):
    """You draw signs: these are the corners of a cube, all other directions never come."""
    v = torch.where(_draw(n, len(w), seed, w.dtype) > 0, 1.0, -1.0).to(w.dtype)
    return _effects(effect, v / v.norm(dim=1, keepdim=True) * w.norm())


def axes_only(effect, w, n, seed):
    """You draw coordinate axes: directions are spread over all coordinates."""
    v = _draw(n, len(w), seed, w.dtype)
    return _effects(effect, torch.nn.functional.one_hot(v.argmax(1), len(w)) * v.sign() * w.norm())


def weights_shuffled(effect, w, n, seed):
    """You shuffle the weights of the given direction: that keeps their sizes, their signs and their
    sum, and so much of what it is."""
    order = _draw(n, len(w), seed, w.dtype).argsort(1)
    return _effects(effect, w[order])


def noise_on_the_direction(effect, w, n, seed):
    """You add noise to the given direction: the baseline then still points where it points."""
    v = w + _draw(n, len(w), seed, w.dtype) * w.norm() / len(w) ** 0.5
    return _effects(effect, v / v.norm(dim=1, keepdim=True) * w.norm())


def at_right_angles(effect, w, n, seed):
    """You take the part along the given direction out: then it is no uniform draw, and the effect
    of chance agreement is missing."""
    v = _draw(n, len(w), seed, w.dtype)
    v = v - (v @ w / (w @ w))[:, None] * w
    return _effects(effect, v / v.norm(dim=1, keepdim=True) * w.norm())


def one_direction_n_times(effect, w, n, seed):
    """You try one direction n times (perhaps with a generator that is seeded inside the loop): draw
    a new one each time."""
    return _effects(effect, _sphere(w, 1, seed).expand(n, -1))


def sizes_of_the_effects(effect, w, n, seed):
    """You return the sizes of the effects: the signs are needed, too."""
    return _effects(effect, _sphere(w, n, seed)).abs()


def sorted_effects(effect, w, n, seed):
    """You sort the effects: they come in the order in which the directions were drawn."""
    return _effects(effect, _sphere(w, n, seed)).sort().values


def always_the_same_seed(effect, w, n, seed):
    """You always take the same seed: with another one there should be other directions."""
    return _effects(effect, _sphere(w, n, 0))


def less_the_given_one(effect, w, n, seed):
    """You subtract the given direction's effect: return the random ones' effects as they are."""
    return _effects(effect, _sphere(w, n, seed)) - float(effect(w))


def given_one_among_them(effect, w, n, seed):
    """The given direction itself is among your baseline: only random ones belong there."""
    return _effects(effect, torch.cat([w[None], _sphere(w, n - 1, seed)]))
