"""Wrong logistic regressions that students write."""

import torch


def _newton(X, y, l2, penalty=None, steps=40, step=1.0):
    """Minimise mean log loss plus the sum of penalty / 2 * theta^2; the bias stands last."""
    ones = torch.ones(len(X), 1, dtype=torch.float64)
    A, target = torch.cat([X.double(), ones], dim=1), y.double()
    if penalty is None:
        penalty = torch.full((A.shape[1],), float(l2), dtype=torch.float64)
        penalty[-1] = 0

    def loss(theta):
        s = A @ theta
        log_loss = (torch.nn.functional.softplus(s) - target * s).mean()
        return log_loss + (penalty * theta**2).sum() / 2

    theta = torch.zeros_like(penalty)
    for _ in range(steps):
        p = torch.sigmoid(A @ theta)
        slope = A.T @ (p - target) / len(A) + penalty * theta
        move = torch.linalg.solve((A.T * (p * (1 - p))) @ A / len(A) + torch.diag(penalty), slope)
        while loss(theta - move) > loss(theta) and move.abs().max() > 1e-12:
            move = move / 2
        theta = theta - step * move
    return theta[:-1].to(X.dtype), theta[-1].to(X.dtype)


def no_bias(X, y, l2):
    """You fit no bias: then the result depends on where the origin is."""
    A, target = X.double(), y.double()
    theta = torch.zeros(X.shape[1], dtype=torch.float64)
    eye = torch.eye(X.shape[1], dtype=torch.float64)
    for _ in range(40):
        p = torch.sigmoid(A @ theta)
        slope = A.T @ (p - target) / len(A) + l2 * theta
        theta = theta - torch.linalg.solve((A.T * (p * (1 - p))) @ A / len(A) + l2 * eye, slope)
    return theta.to(X.dtype), torch.zeros((), dtype=X.dtype)


def bias_penalised(X, y, l2):
    """You penalise the bias too: then the result depends on where the origin is."""
    return _newton(X, y, l2, torch.full((X.shape[1] + 1,), float(l2), dtype=torch.float64))


def wrong_sign(X, y, l2):
    """Your weights point to False: a positive score has to mean True."""
    w, b = _newton(X, y, l2)
    return -w, -b


def no_penalty(X, y, l2):
    """You leave the penalty out."""
    return _newton(X, y, 1e-9)


def penalty_without_the_half(X, y, l2):
    """Your penalty is twice as strong: in the loss stands l2 / 2, in the gradient l2."""
    return _newton(X, y, 2 * l2)


def sum_instead_of_mean(X, y, l2):
    """You sum the loss over examples beside the penalty: it is their mean, or the penalty loses
    its weight as examples come in."""
    return _newton(X, y, l2 / len(X))


def penalty_divided_by_the_weights(X, y, l2):
    """You take the mean over the weights in the penalty: it is the sum of their squares."""
    return _newton(X, y, l2 / X.shape[1])


def c_for_l2(X, y, l2):
    """You use l2 as scikit-learn's C: a large C is a weak penalty."""
    return _newton(X, y, 1 / (len(X) * l2))


def too_few_steps(X, y, l2):
    """You stop before the minimum: a hundred small steps downhill are not enough, the gradient has
    to be below 1e-4."""
    A = torch.cat([X.double(), torch.ones(len(X), 1, dtype=torch.float64)], dim=1)
    theta = torch.zeros(A.shape[1], dtype=torch.float64)
    mask = torch.ones_like(theta)
    mask[-1] = 0
    for _ in range(100):
        slope = A.T @ (torch.sigmoid(A @ theta) - y.double()) / len(A) + l2 * mask * theta
        theta = theta - 0.02 * slope / max(1.0, l2)
    return theta[:-1].to(X.dtype), theta[-1].to(X.dtype)


def squared_error(X, y, l2):
    """You minimise the squared error of the labels: that is ridge regression."""
    t = y.double()
    centred = X.double() - X.double().mean(0)
    gram = centred.T @ centred / len(X) + l2 * torch.eye(X.shape[1], dtype=torch.float64)
    w = torch.linalg.solve(gram, centred.T @ (t - t.mean()) / len(X))
    return w.to(X.dtype), (t.mean() - X.double().mean(0) @ w).to(X.dtype)


def unit_weights(X, y, l2):
    """You bring the weights to length 1: their length says how sure the probe is."""
    w, b = _newton(X, y, l2)
    return w / w.norm(), b / w.norm()


def centred_and_not_put_back(X, y, l2):
    """You centre X and return the bias of the centred data: the weights are for X as it came."""
    return _newton(X - X.mean(dim=0), y, l2)


def standardised_and_not_put_back(X, y, l2):
    """You standardise X inside and return weights for the standardised features: X came as it
    came."""
    return _newton((X - X.mean(dim=0)) / X.std(dim=0, correction=0), y, l2)


def labels_as_plus_and_minus_one(X, y, l2):
    """You put +1 and -1 where the formula has 1 and 0: the gradient is p - y with y in {0, 1}."""
    t = torch.where(y, 1.0, -1.0).double()
    A = torch.cat([X.double(), torch.ones(len(X), 1, dtype=torch.float64)], dim=1)
    theta = torch.zeros(A.shape[1], dtype=torch.float64)
    for _ in range(300):
        slope = A.T @ (torch.sigmoid(A @ theta) - t) / len(A)
        slope[:-1] += l2 * theta[:-1]
        theta = theta - 0.1 * slope / max(1.0, l2)
    return theta[:-1].to(X.dtype), theta[-1].to(X.dtype)


def bias_from_the_base_rate(X, y, l2):
    """You set the bias to the log odds of the share of True: that is right only where all weights
    are zero."""
    w, _ = _newton(X, y, l2)
    share = y.to(X.dtype).mean()
    return w, (share / (1 - share)).log()
