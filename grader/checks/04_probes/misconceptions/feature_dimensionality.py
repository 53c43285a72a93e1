"""Wrong shares of a dimension."""

import torch


def _gram(W):
    return W.mT @ W


def _safe(top, bottom):
    return torch.where(bottom > 0, top / bottom.clamp(min=1e-30), 0.0)


def both_normalised(W):
    """You normalise both columns, or sum over the wrong axis (which gives the same): only the i-th,
    in whose direction one looks, is a unit vector, and the sum is over the others, j. How long
    those are says how much they are in the way."""
    unit = W / W.norm(dim=0).clamp(min=1e-15)
    return _safe(unit.square().sum(0), _gram(unit).square().sum(1))


def cosines_in_the_sum(W):
    """You sum squared cosines, with unit vectors on both sides, under the squared length: only the
    direction in which one looks is a unit vector."""
    unit = W / W.norm(dim=0).clamp(min=1e-15)
    return _safe(W.square().sum(0), _gram(unit).square().sum(1))


def neither_normalised(W):
    """You normalise neither column of the product: the i-th is a unit vector there."""
    return _safe(W.square().sum(0), _gram(W).square().sum(1))


def itself_left_out(W):
    """You leave j = i out of the sum: a feature counts among those along its own direction."""
    lengths = W.square().sum(0)
    unit = W / W.norm(dim=0).clamp(min=1e-15)
    others = (unit.mT @ W).square().sum(1) - lengths
    return torch.where(others > 1e-9, lengths / others.clamp(min=1e-9), lengths)


def products_not_squared(W):
    """You sum the sizes of the products: their squares."""
    unit = W / W.norm(dim=0).clamp(min=1e-15)
    return _safe(W.square().sum(0), (unit.mT @ W).abs().sum(1))


def squared_after_the_sum(W):
    """You square the sum: products of opposite signs then cancel. Sum the squares."""
    unit = W / W.norm(dim=0).clamp(min=1e-15)
    return _safe(W.square().sum(0), (unit.mT @ W).sum(1).square())


def length_not_squared(W):
    """You divide the length: its square."""
    unit = W / W.norm(dim=0).clamp(min=1e-15)
    return _safe(W.norm(dim=0), (unit.mT @ W).square().sum(1))


def zero_by_zero(W):
    """A feature that is not there gives you 0 / 0: its dimensionality is 0."""
    unit = W / W.norm(dim=0)
    return W.square().sum(0) / (unit.mT @ W).square().sum(1)


def missing_features_count_as_whole(W):
    """A feature that is not there has no share: yours has a whole dimension."""
    lengths = W.square().sum(0)
    unit = W / W.norm(dim=0).clamp(min=1e-15)
    bottom = (unit.mT @ W).square().sum(1)
    return torch.where(bottom > 0, lengths / bottom.clamp(min=1e-30), 1.0)


def one_over_the_number(W):
    """You give all features the same share: they differ, by length and by who is in the way."""
    return torch.full((W.shape[1],), min(1.0, W.shape[0] / W.shape[1]), dtype=W.dtype)


def squared_lengths(W):
    """You return the squared lengths: whether a feature is kept, not whether it is alone."""
    return W.square().sum(0)


def interference(W):
    """You return how much others are in the way: the share is the squared length by all of it."""
    unit = W / W.norm(dim=0).clamp(min=1e-15)
    return (unit.mT @ W).square().sum(1) - W.square().sum(0)


def upside_down(W):
    """Your fraction stands upside down: that is how many features share a direction."""
    unit = W / W.norm(dim=0).clamp(min=1e-15)
    return _safe((unit.mT @ W).square().sum(1), W.square().sum(0))


def columns_normalised_in_place(W):
    """You normalise the columns in place: the caller's matrix is changed."""
    lengths = W.norm(dim=0)
    gram = _gram(W)
    W /= lengths.clamp(min=1e-15)
    return _safe(lengths**4, gram.square().sum(1))


def leverage(W):
    """You compute leverages, the diagonal of the projection onto the row space: they ask what all
    the other columns can make up together. The formula asks who is seen along the feature's own."""
    return (torch.linalg.pinv(W) * W.mT).sum(1)
