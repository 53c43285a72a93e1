"""Wrong steps along a probe's direction."""

import torch


def alpha_times_w(x, w, alpha):
    """You add alpha times w: the score then moves by alpha times w's squared length."""
    return x + alpha * w


def alpha_times_the_unit_vector(x, w, alpha):
    """You add alpha times the unit vector: the score then moves by alpha times w's length. Here
    alpha is in units of the score."""
    return x + alpha * w / w.norm()


def score_set_to_alpha(x, w, alpha):
    """You set the score to alpha, whatever it was: it should move by alpha."""
    return x + ((alpha - x @ w) / (w @ w))[..., None] * w


def the_other_way(x, w, alpha):
    """You step against the direction: a positive alpha makes the score larger."""
    return x - alpha * w / (w @ w)


def in_standard_deviations(x, w, alpha):
    """You take alpha in standard deviations of the scores: it is in units of the score itself."""
    spread = (x @ w).std() if x.dim() > 1 else (x * w).std()
    return x + alpha * spread * w / (w @ w)


def scaled_by_the_activation(x, w, alpha):
    """Your step grows with the length of the activation: all of them make the same step."""
    return x + alpha * x.norm(dim=-1, keepdim=True) * w / (w @ w)


def part_multiplied(x, w, alpha):
    """You multiply the part along the direction by alpha: that turns round whatever was negative
    and moves nothing that was 0. Add."""
    unit = w / w.norm()
    part = (x @ unit)[..., None] * unit
    return x - part + alpha * part


def length_kept(x, w, alpha):
    """You bring the activation back to its old length: that moves every other feature, too."""
    moved = x + alpha * w / (w @ w)
    return moved * x.norm(dim=-1, keepdim=True) / moved.norm(dim=-1, keepdim=True)


def sign_of_the_score(x, w, alpha):
    """You push each activation further to its own side: all of them move the same way."""
    return x + torch.sign(x @ w)[..., None] * alpha * w / (w @ w)


def every_coordinate(x, w, alpha):
    """You add the same to every coordinate: the score may move as it should, but so does
    everything else. Step along w."""
    return x + alpha / w.sum()


def largest_coordinate(x, w, alpha):
    """You move the coordinate with the largest weight alone: that is not the shortest way, and
    other features are written there, too."""
    moved = x.clone()
    top = w.abs().argmax()
    moved[..., top] += alpha / w[top]
    return moved


def first_position_only(x, w, alpha):
    """You steer the first activation only: all that are given move."""
    moved = x.clone()
    step = alpha * w / (w @ w)
    if x.dim() > 1:
        moved[..., 0, :] += step
        return moved
    return moved + step


def step_alone(x, w, alpha):
    """You return the step: the moved activations are asked for."""
    return (alpha * w / (w @ w)).expand_as(x).clone()


def in_place(x, w, alpha):
    """You write into the activations: return new ones, the model may still need the old."""
    x += alpha * w / (w @ w)
    return x
