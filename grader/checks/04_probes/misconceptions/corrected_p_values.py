"""Ways to find a signal in a dead salmon."""

import torch


def _plain(found, null):
    return (1 + (null.abs() >= found.abs()[:, None]).sum(1)) / (1 + len(null))


def _holm(p):
    order = p.argsort()
    factors = torch.arange(len(p), 0, -1)
    stepped = (p[order] * factors).clamp(max=1).cummax(0).values
    return torch.empty_like(stepped).index_copy(0, order, stepped)


def not_corrected(found, null):
    """You do not correct: the best of many directions looks rare, because it is the best of
    many."""
    return _plain(found, null)


def bonferroni(found, null):
    """You multiply all p-values by the number of directions (Bonferroni): right for the smallest,
    more than needed for the others. Holm multiplies by how many are left."""
    return (_plain(found, null) * len(found)).clamp(max=1)


def benjamini_hochberg(found, null):
    """You control the share of false findings (Benjamini and Hochberg): here the chance of even one
    should be small."""
    p = _plain(found, null)
    order = p.argsort()
    stepped = p[order] * len(p) / torch.arange(1, len(p) + 1)
    stepped = stepped.flip(0).cummin(0).values.flip(0).clamp(max=1)
    return torch.empty_like(stepped).index_copy(0, order, stepped)


def own_effect_not_counted(found, null):
    """You count the random directions only: the found one is one of n + 1, or a p-value could be
    0."""
    return _holm((null.abs() >= found.abs()[:, None]).sum(1) / len(null))


def benjamini_hochberg_from_below(found, null):
    """You multiply by the number of directions over the rank, as Benjamini and Hochberg do, for the
    share of false findings: Holm multiplies by how many are left."""
    p = _plain(found, null)
    order = p.argsort()
    stepped = (p[order] * len(p) / torch.arange(1, len(p) + 1)).clamp(max=1).cummax(0).values
    return torch.empty_like(stepped).index_copy(0, order, stepped)


def own_effect_counted_below_only(found, null):
    """You add 1 below and not above: the found effect is as large as itself, so it counts in both
    places, or a p-value could be 0."""
    return _holm((null.abs() >= found.abs()[:, None]).sum(1) / (1 + len(null)))


def own_effect_counted_above_only(found, null):
    """You add 1 above and not below: there are n + 1 directions with the found one."""
    return _holm(((1 + (null.abs() >= found.abs()[:, None]).sum(1)) / len(null)).clamp(max=1))


def ties_do_not_count(found, null):
    """You count larger effects only: an equal one is as rare, count it."""
    return _holm((1 + (null.abs() > found.abs()[:, None]).sum(1)) / (1 + len(null)))


def signs_kept(found, null):
    """You compare with signs: a large negative effect is large, too. Compare sizes."""
    return _holm((1 + (null >= found[:, None]).sum(1)) / (1 + len(null)))


def smaller_ones_counted(found, null):
    """You count the random directions with smaller effects: rare is what few reach."""
    return _holm((1 + (null.abs() <= found.abs()[:, None]).sum(1)) / (1 + len(null)))


def above_one(found, null):
    """Some of your p-values are above 1: cut there."""
    p = _plain(found, null)
    order = p.argsort()
    stepped = (p[order] * torch.arange(len(p), 0, -1)).cummax(0).values
    return torch.empty_like(stepped).index_copy(0, order, stepped)


def steps_without_memory(found, null):
    """You multiply by how many are left and stop there: a smaller effect can then have a smaller
    p-value. Take the running maximum."""
    p = _plain(found, null)
    order = p.argsort()
    stepped = (p[order] * torch.arange(len(p), 0, -1)).clamp(max=1)
    return torch.empty_like(stepped).index_copy(0, order, stepped)


def left_in_sorted_order(found, null):
    """You return the p-values in sorted order: each should stand where its direction stood."""
    return _holm(_plain(found, null)).sort().values


def sorted_back_the_wrong_way(found, null):
    """You index with the sorting order to sort back: that applies it twice; put the values at those
    places instead."""
    p = _plain(found, null)
    order = p.argsort()
    return (p[order] * torch.arange(len(p), 0, -1)).clamp(max=1).cummax(0).values[order]


def factors_from_the_wrong_end(found, null):
    """You multiply the smallest p-value by 1 and the largest by the number of directions: the other
    way round."""
    p = _plain(found, null)
    order = p.argsort()
    stepped = (p[order] * torch.arange(1, len(p) + 1)).clamp(max=1).cummax(0).values
    return torch.empty_like(stepped).index_copy(0, order, stepped)


def gaussian_tail(found, null):
    """You fit a Gaussian to the random effects and read its tail: their distribution is there,
    count in it."""
    z = (found.abs() - null.abs().mean()) / null.abs().std()
    return _holm(0.5 * torch.erfc(z / 2**0.5))


def corrected_for_the_wrong_number(found, null):
    """You correct for the number of random directions: for the number that you tried to find
    something with."""
    return (_plain(found, null) * len(null)).clamp(max=1)


def in_place(found, null):
    """You take the sizes in place: the effects that you were given have lost their signs."""
    found.abs_()
    null.abs_()
    return _holm(_plain(found, null))
