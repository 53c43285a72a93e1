"""Wrong ridge regressions that students write."""

import torch


def _solve(X, t, l2, n=None):
    """Centred normal equations; returns weights and the bias that makes the mean error zero."""
    n = n or len(X)
    mean, centred = X.mean(0), X - X.mean(0)
    eye = torch.eye(X.shape[1], dtype=X.dtype)
    w = torch.linalg.solve(centred.T @ centred / n + l2 * eye, centred.T @ (t - t.mean()) / n)
    return w, t.mean() - mean @ w


def _targets(X, y):
    return 2 * y.to(X.dtype) - 1


def _uncentred(X, t, l2):
    eye = torch.eye(X.shape[1], dtype=X.dtype)
    return torch.linalg.solve(X.T @ X / len(X) + l2 * eye, X.T @ t / len(X))


def no_bias(X, y, l2):
    """You fit no bias: then the result depends on where the origin is."""
    return _uncentred(X, _targets(X, y), l2), torch.zeros((), dtype=X.dtype)


def bias_penalised(X, y, l2):
    """You penalise the bias too: a column of ones beside X must be left out of the penalty."""
    A = torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], dim=1)
    theta = _uncentred(A, _targets(X, y), l2)
    return theta[:-1], theta[-1]


def bias_after_the_fact(X, y, l2):
    """You solve without centring and then set the bias: the weights have already done its work."""
    t = _targets(X, y)
    w = _uncentred(X, t, l2)
    return w, t.mean() - X.mean(0) @ w


def bias_of_the_centred_data(X, y, l2):
    """You centre X and return the bias of the centred data: the weights are for X as it came."""
    t = _targets(X, y)
    w, _ = _solve(X, t, l2)
    return w, t.mean()


def targets_0_and_1(X, y, l2):
    """You use targets 0 and 1: a score of 0 would then mean False; they are -1 and +1."""
    return _solve(X, y.to(X.dtype), l2)


def targets_not_centred(X, y, l2):
    """You leave the mean target out of the bias: the mean error is not zero then."""
    w, b = _solve(X, _targets(X, y), l2)
    return w, b - _targets(X, y).mean()


def sum_instead_of_mean(X, y, l2):
    """You sum the squared errors beside the penalty: it is their mean."""
    return _solve(X, _targets(X, y), l2 / len(X))


def penalty_twice_divided(X, y, l2):
    """You divide by n on the left and not on the right: both sides of the equations are means."""
    X_mean, centred = X.mean(0), X - X.mean(0)
    t = _targets(X, y)
    eye = torch.eye(X.shape[1], dtype=X.dtype)
    w = torch.linalg.solve(centred.T @ centred / len(X) + l2 * eye, centred.T @ (t - t.mean()))
    return w, t.mean() - X_mean @ w


def no_penalty(X, y, l2):
    """You leave the penalty out: that is least squares."""
    return _solve(X, _targets(X, y), 1e-8)


def penalty_times_n(X, y, l2):
    """You multiply the penalty by n beside a mean: it belongs beside the sum."""
    return _solve(X, _targets(X, y), l2 * len(X))


def half_the_penalty(X, y, l2):
    """Your penalty is half as strong: here stands l2 beside the mean squared error, no half."""
    return _solve(X, _targets(X, y), l2 / 2)


def wrong_sign(X, y, l2):
    """Your weights point to False: a positive score has to mean True."""
    return _solve(X, -_targets(X, y), l2)


def standardised_and_not_put_back(X, y, l2):
    """You standardise X and return weights for the standardised features: X came as it came."""
    scale = X.std(dim=0, correction=0)
    w, b = _solve((X - X.mean(0)) / scale, _targets(X, y), l2)
    return w, b


def unit_weights(X, y, l2):
    """You bring the weights to length 1: squared error fixes their length too."""
    w, b = _solve(X, _targets(X, y), l2)
    return w / w.norm(), b / w.norm()
