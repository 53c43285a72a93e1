"""Wrong counts of what a target has learned, as students write them."""

import torch


def _rise(target, n, size):
    return target(size * torch.eye(n)) - target(torch.zeros(1, n))


def _others(rise, dim=1):
    same = torch.eye(len(rise), dtype=torch.bool)
    return rise.masked_fill(same, -torch.inf).amax(dim=dim)


def no_answer_to_nothing(target, n, size=0.75):
    """You look at the output itself, not at its rise above the answer to an empty input: a target
    that always answers 0.5 has learned nothing by that."""
    out = target(size * torch.eye(n))
    return (out.diagonal() >= size / 2) & (out.diagonal() > _others(out))


def others_ignored(target, n, size=0.75):
    """You do not look at the other outputs: a target that raises another feature's output as much
    has confused the two."""
    return _rise(target, n, size).diagonal() >= size / 2


def largest_only(target, n, size=0.75):
    """You ask only that the own output rises most: it must also rise by half of what was shown."""
    rise = _rise(target, n, size)
    return rise.diagonal() > _others(rise)


def half_of_one(target, n, size=0.75):
    """You ask for a rise of 0.5, whatever size was shown: half of that size is enough."""
    rise = _rise(target, n, size)
    return (rise.diagonal() >= 0.5) & (rise.diagonal() > _others(rise))


def shown_at_one(target, n, size=0.75):
    """You show features at size 1 whatever is asked: a target with a bias answers differently at
    other sizes."""
    rise = _rise(target, n, 1.0)
    return (rise.diagonal() >= 0.5) & (rise.diagonal() > _others(rise))


def all_of_it(target, n, size=0.75):
    """You ask for all of the size to come back: half of it is enough."""
    rise = _rise(target, n, size)
    return (rise.diagonal() >= size) & (rise.diagonal() > _others(rise))


def all_at_once(target, n, size=0.75):
    """You show all features in one sample: each has to be shown alone, or they disturb each
    other."""
    rise = (target(torch.full((1, n), size)) - target(torch.zeros(1, n)))[0]
    return rise >= size / 2


def the_wrong_way_round(target, n, size=0.75):
    """You compare along the wrong axis: the question is which outputs feature i raises, not which
    features raise output i."""
    rise = _rise(target, n, size)
    return (rise.diagonal() >= size / 2) & (rise.diagonal() > _others(rise, dim=0))


def any_output(target, n, size=0.75):
    """You look at whichever output rises most: it has to be the feature's own."""
    return _rise(target, n, size).amax(dim=1) >= size / 2


def without_sign(target, n, size=0.75):
    """You take the rise without its sign: an output that falls does not give the feature back."""
    rise = _rise(target, n, size).abs()
    return (rise.diagonal() >= size / 2) & (rise.diagonal() > _others(rise))


def falls_of_others_count(target, n, size=0.75):
    """You take the other outputs' rise without its sign: an output that falls is no rival."""
    rise = _rise(target, n, size)
    return (rise.diagonal() >= size / 2) & (rise.diagonal() > _others(rise.abs()))


def a_tie_is_learned(target, n, size=0.75):
    """You let another output rise exactly as much as the own one: no other may rise as much."""
    rise = _rise(target, n, size)
    return (rise.diagonal() >= size / 2) & (rise.diagonal() >= _others(rise))


def others_have_to_be_silent(target, n, size=0.75):
    """You ask that no other output rises at all: in superposition others do, a little. They must
    only rise less than the own one."""
    rise = _rise(target, n, size)
    return (rise.diagonal() >= size / 2) & (_others(rise) <= 0)


def how_many(target, n, size=0.75):
    """You return how many features are learned: which ones is asked, a truth value for each."""
    rise = _rise(target, n, size)
    return ((rise.diagonal() >= size / 2) & (rise.diagonal() > _others(rise))).sum()


def which_numbers(target, n, size=0.75):
    """You return the numbers of the learned features: a truth value for each feature is asked."""
    rise = _rise(target, n, size)
    return ((rise.diagonal() >= size / 2) & (rise.diagonal() > _others(rise))).nonzero()[:, 0]
