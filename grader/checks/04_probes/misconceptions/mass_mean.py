"""Wrong mass-mean probes that students write."""

import torch


def _parts(X, y):
    mu1, mu0 = X[y].mean(0), X[~y].mean(0)
    own = X - torch.where(y[:, None], mu1, mu0)
    return mu1, mu0, own.T @ own / len(X)


def _mix(sigma, s, round_part=None):
    eye = torch.eye(len(sigma), dtype=sigma.dtype)
    size = sigma.diagonal().mean() if round_part is None else round_part
    return (1 - s) * sigma + s * size * eye


def _probe(mixed, mu1, mu0):
    w = torch.linalg.solve(mixed, mu1 - mu0)
    return w, -w @ (mu1 + mu0) / 2


def total_covariance(X, y, shrink):
    """You centre all rows on the overall mean: the difference of the classes then counts as noise.
    Centre each on the mean of its own class."""
    mu1, mu0, _ = _parts(X, y)
    centred = X - X.mean(0)
    return _probe(_mix(centred.T @ centred / len(X), shrink), mu1, mu0)


def no_covariance(X, y, shrink):
    """You return the plain difference of means: it has to be divided by the covariance."""
    mu1, mu0, _ = _parts(X, y)
    w = mu1 - mu0
    return w, -w @ (mu1 + mu0) / 2


def covariance_multiplied(X, y, shrink):
    """You multiply by the covariance: multiply by its inverse, or solve."""
    mu1, mu0, sigma = _parts(X, y)
    w = _mix(sigma, shrink) @ (mu1 - mu0)
    return w, -w @ (mu1 + mu0) / 2


def root_of_the_inverse(X, y, shrink):
    """You divide by the root of the covariance (whitening): the direction for the data as they
    are needs the whole inverse."""
    mu1, mu0, sigma = _parts(X, y)
    values, vectors = torch.linalg.eigh(_mix(sigma, shrink))
    w = (vectors / values.sqrt()) @ vectors.T @ (mu1 - mu0)
    return w, -w @ (mu1 + mu0) / 2


def diagonal_only(X, y, shrink):
    """You use the variances and not the covariances between dimensions."""
    mu1, mu0, sigma = _parts(X, y)
    return _probe(_mix(torch.diag(sigma.diagonal()), shrink), mu1, mu0)


def covariance_of_the_true_class(X, y, shrink):
    """You take the covariance of the True examples alone: all rows, each centred on its class."""
    mu1, mu0, _ = _parts(X, y)
    own = X[y] - mu1
    return _probe(_mix(own.T @ own / len(own), shrink), mu1, mu0)


def classes_averaged(X, y, shrink):
    """You average the two classes' covariances as if they were equally large: each row counts
    once."""
    mu1, mu0, _ = _parts(X, y)
    ones, zeros = X[y] - mu1, X[~y] - mu0
    sigma = ones.T @ ones / len(ones) / 2 + zeros.T @ zeros / len(zeros) / 2
    return _probe(_mix(sigma, shrink), mu1, mu0)


def not_divided_by_n(X, y, shrink):
    """You do not divide by the number of rows: that is a scatter matrix, not a covariance."""
    mu1, mu0, sigma = _parts(X, y)
    return _probe(_mix(sigma * len(X), shrink), mu1, mu0)


def identity_without_its_size(X, y, shrink):
    """You mix in the identity as it is: times the mean variance, or the shrinkage depends on the
    units."""
    mu1, mu0, sigma = _parts(X, y)
    return _probe(_mix(sigma, shrink, 1.0), mu1, mu0)


def trace_without_d(X, y, shrink):
    """You mix in the identity times the trace: times the trace over d, the mean variance."""
    mu1, mu0, sigma = _parts(X, y)
    return _probe(_mix(sigma, shrink, sigma.trace()), mu1, mu0)


def shares_exchanged(X, y, shrink):
    """You mix the two parts the other way around: with shrink = 0 the covariance stays as it is."""
    mu1, mu0, sigma = _parts(X, y)
    return _probe(_mix(sigma, 1 - shrink), mu1, mu0)


def ridge_added(X, y, shrink):
    """You add the round part and keep all of the covariance: mix them, 1 - s of the one and s of
    the other."""
    mu1, mu0, sigma = _parts(X, y)
    eye = torch.eye(len(sigma), dtype=sigma.dtype)
    return _probe(sigma + shrink * sigma.diagonal().mean() * eye, mu1, mu0)


def no_bias(X, y, shrink):
    """You leave the bias at 0: the threshold lies halfway between the class means."""
    w, b = _probe(_mix(_parts(X, y)[2], shrink), *_parts(X, y)[:2])
    return w, torch.zeros_like(b)


def bias_at_the_overall_mean(X, y, shrink):
    """You put the threshold at the mean of all rows: with unequal classes that is not halfway
    between the class means."""
    mu1, mu0, sigma = _parts(X, y)
    w, _ = _probe(_mix(sigma, shrink), mu1, mu0)
    return w, -w @ X.mean(0)


def bias_with_the_wrong_sign(X, y, shrink):
    """Your bias has the wrong sign: it is subtracted from the scores."""
    w, b = _probe(_mix(_parts(X, y)[2], shrink), *_parts(X, y)[:2])
    return w, -b


def wrong_sign(X, y, shrink):
    """Your direction goes from True to False: a positive score has to mean True."""
    w, b = _probe(_mix(_parts(X, y)[2], shrink), *_parts(X, y)[:2])
    return -w, -b


def unit_weights(X, y, shrink):
    """You bring the direction to length 1: its length belongs to it, the score is in units of the
    spread."""
    w, b = _probe(_mix(_parts(X, y)[2], shrink), *_parts(X, y)[:2])
    return w / w.norm(), b / w.norm()
