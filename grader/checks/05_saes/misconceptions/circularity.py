"""Wrong measures of a ring that students write."""

import math

import torch

_BLOB = math.sqrt(4 / math.pi - 1)


def _white(points, centre=True, power=-0.5):
    points = points.double()
    centred = points - points.mean(0)
    values, vectors = torch.linalg.eigh(centred.mT @ centred / len(points))
    if values[0] <= 1e-9 * values[1]:
        raise ValueError("the points lie on a line")
    return (centred if centre else points) @ (vectors * values**power) @ vectors.mT


def _variation(radius):
    return (radius.std(correction=0) / radius.mean()).item()


def not_centred(points):
    """You do not subtract the mean: the ring's middle is anywhere."""
    return 1 - _variation(_white(points, centre=False).norm(dim=1)) / _BLOB


def not_whitened(points):
    """You do not whiten: an ellipse is a ring, too, and a stretched blob is no less round."""
    _white(points)
    return 1 - _variation((points - points.mean(0)).norm(dim=1)) / _BLOB


def each_axis_for_itself(points):
    """You scale each axis for itself: a slanted ellipse stays one. Use the covariance."""
    _white(points)
    centred = points - points.mean(0)
    return 1 - _variation((centred / centred.std(0, correction=0)).norm(dim=1)) / _BLOB


def whitened_too_far(points):
    """You multiply with the inverse covariance: with its root, or a stretched ring is stretched
    the other way."""
    return 1 - _variation(_white(points, power=-1).norm(dim=1)) / _BLOB


def whitened_the_wrong_way(points):
    """You multiply with the root of the covariance: with the root of its inverse."""
    return 1 - _variation(_white(points, power=0.5).norm(dim=1)) / _BLOB


def not_in_units_of_a_blob(points):
    """You leave the blob's own variation out: a blob would not score 0."""
    return 1 - _variation(_white(points).norm(dim=1))


def variation_itself(points):
    """You return the variation of the radius: a ring would score 0 and a blob 1."""
    return _variation(_white(points).norm(dim=1)) / _BLOB


def variance_for_deviation(points):
    """You take the variance of the radius: the standard deviation over the mean."""
    return 1 - _variation(_white(points).norm(dim=1)) ** 2 / _BLOB**2


def not_over_the_mean(points):
    """You leave the mean radius out: the standard deviation alone depends on the units."""
    radius = _white(points).norm(dim=1)
    return 1 - radius.std(correction=0).item() / _BLOB


def squared_radius(points):
    """You take the squared radius: take its root, or the outer points weigh more."""
    return 1 - _variation(_white(points).square().sum(1)) / _BLOB


def cut_at_zero(points):
    """You cut the score off at 0: what has heavier tails than a blob is below."""
    return max(0.0, 1 - _variation(_white(points).norm(dim=1)) / _BLOB)


def mean_direction(points):
    """You measure how evenly the angles are spread: a blob's are as evenly spread as a ring's. Look
    at the radius."""
    white = _white(points)
    return 1 - (white / white.norm(dim=1, keepdim=True)).mean(0).norm().item()


def line_unnoticed(points):
    """You give points on a line a score: they have no plane to be round in, which is an error."""
    try:
        white = _white(points)
    except ValueError:
        return 0.0
    return 1 - _variation(white.norm(dim=1)) / _BLOB
