"""Wrong p-values that students write."""

import torch


def _p(effects, best, add=1, strict=False, rows=None):
    n = len(best) if rows is None else rows
    larger = best[None] > effects.abs()[:, None] if strict else best[None] >= effects.abs()[:, None]
    return (add + larger.sum(1)).double() / (add + n)


def _largest(random):
    return torch.nan_to_num(random.abs(), nan=torch.inf).amax(1)


def each_measurement_alone(effects, random):
    """You compare each measurement with its own controls: you chose among several, so each control
    may choose, too."""
    sizes = torch.nan_to_num(random.abs(), nan=torch.inf)
    return (1 + (sizes >= effects.abs()[None]).sum(0)).double() / (1 + len(random))


def all_pooled(effects, random):
    """You pool all effects of all controls: a control direction is one draw, with the largest of
    its effects."""
    return _p(effects, torch.nan_to_num(random.abs(), nan=torch.inf).flatten())


def times_the_number(effects, random):
    """You multiply by the number of measurements (Bonferroni): the largest of each control takes
    care of that already, and knows that they depend on each other."""
    sizes = torch.nan_to_num(random.abs(), nan=torch.inf)
    alone = (1 + (sizes >= effects.abs()[None]).sum(0)).double() / (1 + len(random))
    return (alone * len(effects)).clamp(max=1)


def signs_count(effects, random):
    """Your comparison keeps signs: an effect of -3 is as large as one of +3."""
    best = torch.nan_to_num(random, nan=torch.inf).amax(1)
    return (1 + (best[None] >= effects[:, None]).sum(1)).double() / (1 + len(random))


def sign_of_yours_counts(effects, random):
    """You take the sizes of the controls, and your own effect with its sign."""
    return (1 + (_largest(random)[None] >= effects[:, None]).sum(1)).double() / (1 + len(random))


def sign_of_the_controls_counts(effects, random):
    """You take the size of your own effect, and the controls' with their signs: a control of -3 is
    as large as one of +3."""
    best = torch.nan_to_num(random, nan=torch.inf).amax(1)
    return (1 + (best[None] >= effects.abs()[:, None]).sum(1)).double() / (1 + len(random))


def never_counts_itself(effects, random):
    """You do not count your own direction: p can then be 0, which no controls can show."""
    return _p(effects, _largest(random), add=0)


def one_above_only(effects, random):
    """You add 1 above and not below: your own direction belongs to both counts."""
    return (1 + (_largest(random)[None] >= effects.abs()[:, None]).sum(1)).double() / len(random)


def strictly_larger(effects, random):
    """A control that is exactly as large has to count: at least, not larger."""
    return _p(effects, _largest(random), strict=True)


def nan_is_small(effects, random):
    """An effect that is not a number fails every comparison and so counts for you: it has to count
    against you."""
    return _p(effects, torch.nan_to_num(random.abs(), nan=0.0, posinf=torch.inf).amax(1))


def nan_rows_left_out(effects, random):
    """You leave out controls with an effect that is not a number: they count against you."""
    kept = random[~random.isnan().any(1)]
    return _p(effects, kept.abs().amax(1))


def mean_of_each_control(effects, random):
    """You take the mean effect of each control: it may choose the largest, as you did."""
    return _p(effects, torch.nan_to_num(random.abs(), nan=torch.inf).mean(1))


def share_that_is_smaller(effects, random):
    """You return the share of controls that are smaller: p is the share of those as large."""
    return 1 - _p(effects, _largest(random))


def only_your_best(effects, random):
    """You give every measurement the p-value of your best one: each has its own."""
    return _p(effects.abs().max().expand(len(effects)), _largest(random))
