"""What students take for the effect of a direction; each is something else."""

import torch


def _step(w, alpha):
    return alpha * w / (w @ w)


def observed_slope(output, x, w, alpha):
    """You regress the output on the probe's score over the data: that is how they go together. A
    cause shows when you change the score yourself, and look what follows."""
    score, seen = x @ w, output(x)
    score = score - score.mean()
    return float((score * seen).sum() / score.square().sum())


def correlation(output, x, w, alpha):
    """You compute the correlation of score and output over the data: nothing has been changed, so
    nothing is said about causes."""
    return float(torch.corrcoef(torch.stack([x @ w, output(x).double()]))[0, 1])


def one_side_only(output, x, w, alpha):
    """You compare a step up with no step at all: step to both sides, so that a bend cancels."""
    return float((output(x + _step(w, alpha)) - output(x)).mean() / alpha)


def divided_by_one_step(output, x, w, alpha):
    """Between the two sides lie two steps: divide by 2 alpha."""
    return float((output(x + _step(w, alpha)) - output(x - _step(w, alpha))).mean() / alpha)


def not_divided(output, x, w, alpha):
    """You return the change itself: divide it by the 2 alpha that the score has moved."""
    return float((output(x + _step(w, alpha)) - output(x - _step(w, alpha))).mean())


def steps_of_alpha_times_w(output, x, w, alpha):
    """Your step is alpha times w: the score then moves by more, or less, than the alpha that you
    divide by."""
    return float((output(x + alpha * w) - output(x - alpha * w)).mean() / (2 * alpha))


def steps_of_the_unit_vector(output, x, w, alpha):
    """Your step is alpha along the unit vector: the score then moves by alpha times w's length."""
    step = alpha * w / w.norm()
    return float((output(x + step) - output(x - step)).mean() / (2 * alpha))


def per_unit_of_distance(output, x, w, alpha):
    """You divide by the distance that the activations have moved: the slope is for each unit of the
    probe's score, and that has moved by 2 alpha."""
    step = _step(w, alpha)
    return float((output(x + step) - output(x - step)).mean() / (2 * step.norm()))


def size_only(output, x, w, alpha):
    """You take the absolute value: which way the output moves is half of the finding."""
    step = _step(w, alpha)
    return abs(float((output(x + step) - output(x - step)).mean() / (2 * alpha)))


def mean_of_the_sizes(output, x, w, alpha):
    """You average the sizes of the effects: effects of both signs should cancel."""
    step = _step(w, alpha)
    return float((output(x + step) - output(x - step)).abs().mean() / (2 * alpha))


def sides_exchanged(output, x, w, alpha):
    """You subtract the step up from the step down: the sign is the wrong one."""
    step = _step(w, alpha)
    return float((output(x - step) - output(x + step)).mean() / (2 * alpha))


def first_activation_only(output, x, w, alpha):
    """You look at the first activation only: the slope is the mean over all."""
    step = _step(w, alpha)
    return float((output(x[:1] + step) - output(x[:1] - step)).mean() / (2 * alpha))


def at_the_mean_activation(output, x, w, alpha):
    """You steer the mean activation: where the output bends, the mean of the effects is not the
    effect on the mean."""
    step, mean = _step(w, alpha), x.mean(0, keepdim=True)
    return float((output(mean + step) - output(mean - step)).mean() / (2 * alpha))


def tiny_steps(output, x, w, alpha):
    """You take tiny steps instead of alpha: behind a threshold nothing moves then."""
    step = _step(w, 1e-4)
    return float((output(x + step) - output(x - step)).mean() / 2e-4)


def summed(output, x, w, alpha):
    """You sum over the activations: twice the data would be twice the slope. Take the mean."""
    step = _step(w, alpha)
    return float((output(x + step) - output(x - step)).sum() / (2 * alpha))


def ablated(output, x, w, alpha):
    """You ablate the direction: that asks another question, whether it is needed. Step along it."""
    gone = x - (x @ w / (w @ w))[:, None] * w
    return float((output(x) - output(gone)).mean() / alpha)


def probe_against_itself(output, x, w, alpha):
    """You measure how the probe's score moves: that it moves by alpha is how the step was made."""
    step = _step(w, alpha)
    return float(((x + step) @ w - (x - step) @ w).mean() / (2 * alpha))


def in_place(output, x, w, alpha):
    """You step in place: the caller's activations end up somewhere else."""
    step = _step(w, alpha)
    x += step
    up = output(x)
    x -= 2 * step
    return float((up - output(x)).mean() / (2 * alpha))
