"""Wrong local fits that students write."""

import torch


def _fit(masks, values, weights, ridge=0.0, penalise_all=False, intercept=True):
    X = torch.cat([torch.ones_like(masks[:, :1]), masks], dim=1) if intercept else masks
    penalty = ridge * torch.eye(X.shape[1], dtype=X.dtype)
    if intercept and not penalise_all:
        penalty[0, 0] = 0
    A = X.mT @ (weights[:, None] * X) + penalty
    solution = torch.linalg.lstsq(A, (X.mT @ (weights * values))[:, None]).solution[:, 0]
    return (solution[0], solution[1:]) if intercept else (torch.zeros_like(values[0]), solution)


def weights_ignored(masks, values, weights, ridge=0.0):
    """You ignore the weights: samples far from the prompt count as much as near ones."""
    return _fit(masks, values, torch.ones_like(weights), ridge)


def weights_squared(masks, values, weights, ridge=0.0):
    """You multiply both masks and values by the weights: that squares them. Their roots go
    there."""
    return _fit(masks, values, weights.square(), ridge)


def roots_of_the_weights(masks, values, weights, ridge=0.0):
    """You use the roots of the weights in the normal equations: they stand there as they are."""
    return _fit(masks, values, weights.sqrt(), ridge)


def weights_made_to_sum_to_one(masks, values, weights, ridge=0.0):
    """You scale the weights to sum to 1: the ridge is then much too strong."""
    return _fit(masks, values, weights / weights.sum(), ridge)


def no_intercept(masks, values, weights, ridge=0.0):
    """You fit no intercept: the coefficients have to explain what the empty prompt gives."""
    return _fit(masks, values, weights, ridge, intercept=False)


def intercept_penalised(masks, values, weights, ridge=0.0):
    """You penalise the intercept, too: the ridge is for the coefficients."""
    return _fit(masks, values, weights, ridge, penalise_all=True)


def ridge_ignored(masks, values, weights, ridge=0.0):
    """You leave the ridge out."""
    return _fit(masks, values, weights, 0.0)


def ridge_squared(masks, values, weights, ridge=0.0):
    """You square the ridge: it multiplies the squared coefficients as it is."""
    return _fit(masks, values, weights, ridge**2)


def ridge_doubled(masks, values, weights, ridge=0.0):
    """Your ridge is twice too strong: the 2 of the derivative stands on both sides."""
    return _fit(masks, values, weights, 2 * ridge)


def ridge_times_samples(masks, values, weights, ridge=0.0):
    """You multiply the ridge by the number of samples: the loss is a sum, not a mean."""
    return _fit(masks, values, weights, ridge * len(values))


def intercept_is_the_mean(masks, values, weights, ridge=0.0):
    """Your intercept is the mean value: it is the value at which all features are off."""
    mean = (weights * values).sum() / weights.sum()
    return mean, _fit(masks, values, weights, ridge)[1]


def values_centred_only(masks, values, weights, ridge=0.0):
    """You centre the values and not the masks: that is no way round the intercept."""
    mean = (weights * values).sum() / weights.sum()
    return mean, _fit(masks, values - mean, weights, ridge, intercept=False)[1]


def one_feature_at_a_time(masks, values, weights, ridge=0.0):
    """You fit each feature by itself: features that are on together are then mixed up."""
    parts = [_fit(masks[:, i : i + 1], values, weights, ridge)[1] for i in range(masks.shape[1])]
    return _fit(masks, values, weights, ridge)[0], torch.cat(parts)


def means_with_and_without(masks, values, weights, ridge=0.0):
    """You subtract the mean value without a feature from that with it: a fit holds the other
    features fixed."""
    on, off = weights[:, None] * masks, weights[:, None] * (1 - masks)
    gaps = (on.mT @ values) / on.sum(0) - (off.mT @ values) / off.sum(0)
    return _fit(masks, values, weights, ridge)[0], gaps


def order_exchanged(masks, values, weights, ridge=0.0):
    """You return the coefficients before the intercept: the intercept comes first."""
    intercept, coefficients = _fit(masks, values, weights, ridge)
    return coefficients, intercept
