"""Wrong ways to take a feature out round by round."""

import torch


def _unit(w):
    return w / w.norm()


def _without(x, w):
    w = _unit(w)
    return x - (x @ w)[..., None] * w


def _round_by_round(X, y, k, fit, *, first=lambda X: X, seen=lambda X: X, labels=lambda y: y):
    """The right loop, with places to go wrong at."""
    rest, found = first(X), []
    for _ in range(k):
        w = fit(seen(rest), labels(y))
        for v in found:
            w = _without(w, v)
        found.append(_unit(w))
        rest = _without(rest, found[-1])
    return torch.stack(found)


def same_activations_every_round(X, y, k, fit):
    """You fit every round to the activations as they came: then every round finds the same
    direction."""
    found = []
    for _ in range(k):
        w = fit(X, y)
        for v in found:
            w = w - (w @ v) * v
        found.append(w / w.norm().clamp(min=1e-12))
    return torch.stack(found)


def only_the_latest_gone(X, y, k, fit):
    """You take only the latest direction off the original activations: the earlier ones come back.
    All of them must be gone."""
    rest, found = X, []
    for _ in range(k):
        w = fit(rest, y)
        for v in found:
            w = _without(w, v)
        found.append(_unit(w))
        rest = _without(X, found[-1])
    return torch.stack(found)


def not_orthogonalised(X, y, k, fit):
    """You keep each probe as it is: a probe may have a part along directions that are gone
    already. Take it off."""
    rest, found = X, []
    for _ in range(k):
        found.append(_unit(fit(rest, y)))
        rest = _without(rest, found[-1])
    return torch.stack(found)


def only_against_the_one_before(X, y, k, fit):
    """You make each probe orthogonal to the one before it: to all before it."""
    rest, found = X, []
    for _ in range(k):
        w = fit(rest, y)
        if found:
            w = _without(w, found[-1])
        found.append(_unit(w))
        rest = _without(rest, found[-1])
    return torch.stack(found)


def not_normalised(X, y, k, fit):
    """You return the probes with the lengths they had: unit vectors are asked for."""
    rest, found = X, []
    for _ in range(k):
        w = fit(rest, y)
        for v in found:
            w = _without(w, v)
        found.append(w)
        rest = _without(rest, w)
    return torch.stack(found)


def never_normalised(X, y, k, fit):
    """You take v = w without dividing by its length, and subtract (x . v) v all the same: that
    takes a direction away only if v is a unit vector."""
    rest, found = X, []
    for _ in range(k):
        w = fit(rest, y)
        for v in found:
            w = w - (w @ v) * v
        found.append(w)
        rest = rest - (rest @ w)[:, None] * w
    return torch.stack(found)


def removed_by_a_raw_probe(X, y, k, fit):
    """You subtract (x . w) w with a w that is no unit vector: too much or too little goes."""
    rest, found = X, []
    for _ in range(k):
        w = fit(rest, y)
        for v in found:
            w = _without(w, v)
        found.append(_unit(w))
        rest = rest - (rest @ w)[:, None] * w
    return torch.stack(found)


def first_probe_wasted(X, y, k, fit):
    """You throw the first probe away: it takes its direction out, and it is not among those you
    return."""
    rest = _without(X, fit(X, y))
    return _round_by_round(rest, y, k, fit)


def order_reversed(X, y, k, fit):
    """You return the last direction first: the order is that of the rounds."""
    return _round_by_round(X, y, k, fit).flip(0)


def signs_made_positive(X, y, k, fit):
    """You take absolute values of the weights: that is another direction."""
    return _round_by_round(X, y, k, fit).abs()


def centred(X, y, k, fit):
    """You subtract the mean activation first: whether to centre is the fit's business, here only
    directions are taken out."""
    return _round_by_round(X, y, k, fit, first=lambda X: X - X.mean(0))


def standardised_every_round(X, y, k, fit):
    """You standardise in every round: the directions are then those of other activations, and what
    was gone can come back."""
    return _round_by_round(X, y, k, fit, seen=lambda X: (X - X.mean(0)) / X.std(0))


def labels_turned_round(X, y, k, fit):
    """You exchange the two labels: the probes point the other way."""
    return _round_by_round(X, y, k, fit, labels=lambda y: ~y)


def wrong_labels_after_the_first(X, y, k, fit):
    """You give later rounds the earlier probe's mistakes as labels: INLP keeps the labels, it
    changes the activations."""
    rest, found = X, []
    labels = y
    for _ in range(k):
        w = fit(rest, labels)
        for v in found:
            w = _without(w, v)
        found.append(_unit(w))
        labels = (rest @ found[-1] > (rest @ found[-1]).mean()) != y
        rest = _without(rest, found[-1])
    return torch.stack(found)


def one_round_short(X, y, k, fit):
    """You return k - 1 directions: k rounds give k."""
    return _round_by_round(X, y, k - 1, fit)


def columns(X, y, k, fit):
    """Your directions are columns: each should be a row."""
    return _round_by_round(X, y, k, fit).mT.contiguous()


def projection_returned(X, y, k, fit):
    """You return the projection matrix: the directions are asked for."""
    found = _round_by_round(X, y, k, fit)
    return torch.eye(X.shape[1], dtype=X.dtype) - found.mT @ found


def in_place(X, y, k, fit):
    """You take the directions out of the caller's activations: work on a copy."""
    found = []
    for _ in range(k):
        w = fit(X, y)
        for v in found:
            w = _without(w, v)
        found.append(_unit(w))
        X -= (X @ found[-1])[:, None] * found[-1]
    return torch.stack(found)
