"""Wrong JumpReLUs that students write."""

import torch


def _near(pre, threshold, width):
    return (pre - threshold).abs() < width


def _with_slope(out, slope, threshold):
    return out + slope.detach() * (threshold - threshold.detach())


def no_estimator(pre, threshold, bandwidth):
    """You leave out the straight-through gradient: the threshold never learns."""
    return pre * (pre > threshold) + 0 * threshold


def shifted_relu(pre, threshold, bandwidth):
    """You subtract the threshold (a shifted ReLU): what is above it comes through as it is."""
    near = _near(pre, threshold, bandwidth / 2)
    return _with_slope((pre - threshold.detach()).relu(), -threshold / bandwidth * near, threshold)


def whole_bandwidth_each_side(pre, threshold, bandwidth):
    """Your window is a whole bandwidth on either side: it is half of one."""
    near = _near(pre, threshold, bandwidth)
    return _with_slope(pre * (pre > threshold), -threshold / bandwidth * near, threshold)


def one_sided(pre, threshold, bandwidth):
    """Your window is above the threshold only: pre-activations just below it count as well, or
    latents that have closed never open again."""
    near = _near(pre, threshold, bandwidth / 2) & (pre > threshold)
    return _with_slope(pre * (pre > threshold), -threshold / bandwidth * near, threshold)


def sign(pre, threshold, bandwidth):
    """Your threshold's gradient has the wrong sign: a higher threshold takes latents away."""
    near = _near(pre, threshold, bandwidth / 2)
    return _with_slope(pre * (pre > threshold), threshold / bandwidth * near, threshold)


def not_divided(pre, threshold, bandwidth):
    """You do not divide by the bandwidth: the jump's whole height lies in a window of that
    width."""
    near = _near(pre, threshold, bandwidth / 2)
    return _with_slope(pre * (pre > threshold), -threshold * near, threshold)


def height_one(pre, threshold, bandwidth):
    """You take a jump of height 1: this one jumps from 0 to the threshold."""
    near = _near(pre, threshold, bandwidth / 2)
    return _with_slope(pre * (pre > threshold), -near / bandwidth, threshold)


def height_of_pre(pre, threshold, bandwidth):
    """You take the pre-activation for the height of the jump: it is the threshold."""
    near = _near(pre, threshold, bandwidth / 2)
    return _with_slope(pre * (pre > threshold), -pre / bandwidth * near, threshold)


def squared_bandwidth(pre, threshold, bandwidth):
    """You divide by the bandwidth twice."""
    near = _near(pre, threshold, bandwidth / 2)
    return _with_slope(pre * (pre > threshold), -threshold / bandwidth**2 * near, threshold)


def everywhere(pre, threshold, bandwidth):
    """Your threshold gets a gradient from every sample: only from those near it."""
    slope = -threshold / bandwidth * torch.ones_like(pre)
    return _with_slope(pre * (pre > threshold), slope, threshold)


def pre_gets_the_window(pre, threshold, bandwidth):
    """You give pre the window's gradient as well: it has 1 above the threshold and 0 below."""
    near = _near(pre, threshold, bandwidth / 2)
    slope = (-threshold / bandwidth * near).detach()
    jump = slope * (threshold - threshold.detach() - pre + pre.detach())
    return pre * (pre > threshold) + jump


def pre_passes_everywhere(pre, threshold, bandwidth):
    """You let pre's gradient through below the threshold, too: a latent of 0 has none."""
    near = _near(pre, threshold, bandwidth / 2)
    out = pre + (pre * (pre > threshold) - pre).detach()
    return _with_slope(out, -threshold / bandwidth * near, threshold)


def pre_detached(pre, threshold, bandwidth):
    """You cut pre off (`detach`): what comes through must be able to learn."""
    near = _near(pre, threshold, bandwidth / 2)
    out = (pre * (pre > threshold)).detach()
    return _with_slope(out, -threshold / bandwidth * near, threshold) + 0 * pre


def both_signs(pre, threshold, bandwidth):
    """You compare the absolute value with the threshold: a negative pre-activation is no latent."""
    near = _near(pre, threshold, bandwidth / 2)
    return _with_slope(pre * (pre.abs() > threshold), -threshold / bandwidth * near, threshold)


def soft(pre, threshold, bandwidth):
    """You use a sigmoid for the jump, in the values as well: the values have a sharp jump, only
    the gradient is spread."""
    return pre * ((pre - threshold) / bandwidth).sigmoid()


def plain_relu(pre, threshold, bandwidth):
    """You cut at 0: each latent is cut at its threshold."""
    near = _near(pre, threshold, bandwidth / 2)
    return _with_slope(pre.relu(), -threshold / bandwidth * near, threshold)


def one_threshold(pre, threshold, bandwidth):
    """You use one threshold for all latents, their mean: each has its own."""
    mean = threshold.mean()
    near = _near(pre, mean, bandwidth / 2)
    return _with_slope(pre * (pre > mean), -mean / bandwidth * near, threshold)
