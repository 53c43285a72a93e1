"""Wrong L0 penalties that students write."""

import torch


def _near(pre, threshold, width):
    return ((pre - threshold).abs() < width).to(pre.dtype)


def _penalty(pre, threshold, slope, count=None):
    count = (pre > threshold).to(pre.dtype) if count is None else count
    return (count + slope.detach() * (threshold - threshold.detach())).sum(1).mean()


def no_estimator(pre, threshold, bandwidth):
    """You leave out the straight-through gradient: a count alone teaches nobody."""
    return (pre > threshold).to(pre.dtype).sum(1).mean()


def slope_of_the_jumprelu(pre, threshold, bandwidth):
    """You use the slope of exercise 12: this jump has height 1, not the threshold's."""
    return _penalty(pre, threshold, -threshold / bandwidth * _near(pre, threshold, bandwidth / 2))


def sign(pre, threshold, bandwidth):
    """Your gradient has the wrong sign: a higher threshold counts fewer latents."""
    return _penalty(pre, threshold, _near(pre, threshold, bandwidth / 2) / bandwidth)


def whole_bandwidth_each_side(pre, threshold, bandwidth):
    """Your window is a whole bandwidth on either side: it is half of one."""
    return _penalty(pre, threshold, -_near(pre, threshold, bandwidth) / bandwidth)


def one_sided(pre, threshold, bandwidth):
    """Your window is above the threshold only: samples just below it count as well."""
    near = _near(pre, threshold, bandwidth / 2) * (pre > threshold)
    return _penalty(pre, threshold, -near / bandwidth)


def not_divided(pre, threshold, bandwidth):
    """You do not divide by the bandwidth."""
    return _penalty(pre, threshold, -_near(pre, threshold, bandwidth / 2))


def everywhere(pre, threshold, bandwidth):
    """Your threshold gets a gradient from every sample: only from those near it."""
    return _penalty(pre, threshold, -torch.ones_like(pre) / bandwidth)


def pre_learns_too(pre, threshold, bandwidth):
    """You let a gradient go back to pre: only the thresholds learn from this penalty."""
    slope = (-_near(pre, threshold, bandwidth / 2) / bandwidth).detach()
    gap = threshold - pre
    return ((pre > threshold).to(pre.dtype) + slope * (gap - gap.detach())).sum(1).mean()


def summed(pre, threshold, bandwidth):
    """You sum over the samples: take the mean."""
    slope = -_near(pre, threshold, bandwidth / 2) / bandwidth
    return _penalty(pre, threshold, slope) * len(pre)


def averaged_over_latents(pre, threshold, bandwidth):
    """You average over the latents: sum over them, it is their number."""
    slope = -_near(pre, threshold, bandwidth / 2) / bandwidth
    return _penalty(pre, threshold, slope) / pre.shape[1]


def sizes(pre, threshold, bandwidth):
    """You add up the latents' sizes: count them."""
    slope = -_near(pre, threshold, bandwidth / 2) / bandwidth
    return _penalty(pre, threshold, slope, (pre * (pre > threshold)).detach())


def above_zero(pre, threshold, bandwidth):
    """You count what is above 0: count what is above its threshold."""
    slope = -_near(pre, threshold, bandwidth / 2) / bandwidth
    return _penalty(pre, threshold, slope, (pre > 0).to(pre.dtype))


def below(pre, threshold, bandwidth):
    """You count the latents that are off."""
    slope = _near(pre, threshold, bandwidth / 2) / bandwidth
    return _penalty(pre, threshold, slope, (pre <= threshold).to(pre.dtype))


def both_signs(pre, threshold, bandwidth):
    """You compare the absolute value with the threshold: a strongly negative pre-activation is no
    latent."""
    slope = -_near(pre, threshold, bandwidth / 2) / bandwidth
    return _penalty(pre, threshold, slope, (1.0001 * pre.abs() > threshold).to(pre.dtype))


def soft_count(pre, threshold, bandwidth):
    """You count with a sigmoid: the count is exact, only its gradient is spread."""
    return ((pre - threshold) / bandwidth).sigmoid().sum(1).mean()


def one_threshold(pre, threshold, bandwidth):
    """You use one threshold for all latents, their mean: each has its own."""
    mean = threshold.mean().detach()
    slope = -_near(pre, mean, bandwidth / 2) / bandwidth
    return _penalty(pre, threshold, slope, (pre > mean).to(pre.dtype))


def share_of_the_dictionary(pre, threshold, bandwidth):
    """You count the latents that fire anywhere in the batch: count them sample by sample."""
    slope = -_near(pre, threshold, bandwidth / 2) / bandwidth
    count = (pre > threshold).any(0, keepdim=True).to(pre.dtype).expand_as(pre)
    return _penalty(pre, threshold, slope, count)
