"""Wrong intervals that students write."""

import torch


def _parts(right, groups):
    names, place = groups.unique(return_inverse=True)
    size = torch.bincount(place, minlength=len(names)).double()
    good = torch.bincount(place, weights=right.double(), minlength=len(names))
    return size, good


def _draws(n, resamples, seed):
    return torch.randint(n, (resamples, n), generator=torch.Generator().manual_seed(seed))


def _quantiles(shares, low, high):
    return shares.quantile(low).item(), shares.quantile(high).item()


def texts_are_drawn(right, groups, level, resamples, seed):
    """You draw texts: those of one group succeed and fail together, so groups must be drawn
    whole."""
    drawn = _draws(len(right), resamples, seed)
    return _quantiles(right.double()[drawn].mean(1), (1 - level) / 2, (1 + level) / 2)


def mean_of_group_means(right, groups, level, resamples, seed):
    """You average the groups' shares: a group with more texts counts more."""
    size, good = _parts(right, groups)
    shares = (good / size)[_draws(len(size), resamples, seed)].mean(1)
    return _quantiles(shares, (1 - level) / 2, (1 + level) / 2)


def without_replacement(right, groups, level, resamples, seed):
    """You draw all groups without replacement: that is the same data every time."""
    share = right.double().mean().item()
    return share, share


def half_of_the_groups(right, groups, level, resamples, seed):
    """You draw half as many groups as there are: the interval is then too wide."""
    size, good = _parts(right, groups)
    drawn = _draws(len(size), resamples, seed)[:, : max(1, len(size) // 2)]
    return _quantiles(good[drawn].sum(1) / size[drawn].sum(1), (1 - level) / 2, (1 + level) / 2)


def drawn_twice_counts_once(right, groups, level, resamples, seed):
    """A group that is drawn twice counts once with you: it has to count twice."""
    size, good = _parts(right, groups)
    drawn = _draws(len(size), resamples, seed)
    held = torch.zeros(resamples, len(size), dtype=torch.float64).scatter(1, drawn, 1.0)
    return _quantiles(held @ good / (held @ size), (1 - level) / 2, (1 + level) / 2)


def one_sided(right, groups, level, resamples, seed):
    """Your quantiles are 1 - level and level: each end leaves out half of what is left."""
    size, good = _parts(right, groups)
    drawn = _draws(len(size), resamples, seed)
    return _quantiles(good[drawn].sum(1) / size[drawn].sum(1), 1 - level, level)


def always_95(right, groups, level, resamples, seed):
    """Your level is always .95: it is an argument."""
    size, good = _parts(right, groups)
    drawn = _draws(len(size), resamples, seed)
    return _quantiles(good[drawn].sum(1) / size[drawn].sum(1), 0.025, 0.975)


def two_standard_deviations(right, groups, level, resamples, seed):
    """You take two standard deviations about the mean: quantiles are asked for, and the level
    decides which."""
    size, good = _parts(right, groups)
    drawn = _draws(len(size), resamples, seed)
    shares = good[drawn].sum(1) / size[drawn].sum(1)
    return (shares.mean() - 1.96 * shares.std()).item(), (
        shares.mean() + 1.96 * shares.std()
    ).item()


def smallest_and_largest(right, groups, level, resamples, seed):
    """Your ends are the smallest and the largest share: the more you draw, the wider it gets."""
    size, good = _parts(right, groups)
    drawn = _draws(len(size), resamples, seed)
    return _quantiles(good[drawn].sum(1) / size[drawn].sum(1), 0.0, 1.0)


def high_before_low(right, groups, level, resamples, seed):
    """You return the high end first."""
    size, good = _parts(right, groups)
    drawn = _draws(len(size), resamples, seed)
    shares = good[drawn].sum(1) / size[drawn].sum(1)
    return _quantiles(shares, (1 + level) / 2, (1 - level) / 2)


def one_fixed_seed(right, groups, level, resamples, seed):
    """Your draws are the same for every seed."""
    size, good = _parts(right, groups)
    drawn = _draws(len(size), resamples, 0)
    return _quantiles(good[drawn].sum(1) / size[drawn].sum(1), (1 - level) / 2, (1 + level) / 2)


def shares_of_the_groups(right, groups, level, resamples, seed):
    """Your interval holds the groups' own shares: it says how groups differ, not how sure their
    mean is."""
    size, good = _parts(right, groups)
    return _quantiles(good / size, (1 - level) / 2, (1 + level) / 2)
