"""Wrong accounts of what it costs to send the labels."""

import math
from itertools import pairwise

import torch
from torch.nn.functional import logsigmoid


def _costs(X, y, probe):
    """Bits for each label."""
    w, b = probe
    return -logsigmoid((2.0 * y - 1) * (X @ w + b)) / math.log(2)


def _online(X, y, cuts, fit, *, cost=_costs, first=None, train=lambda start, stop: slice(0, start)):
    """The right account, with places to go wrong at."""
    total = float(cuts[0]) if first is None else first
    for start, stop in pairwise(cuts):
        seen = train(start, stop)
        total += float(cost(X[start:stop], y[start:stop], fit(X[seen], y[seen])).sum())
    return total


def in_nats(X, y, cuts, fit):
    """You sum natural logarithms: those are nats, divide by ln 2 for bits."""
    return _online(X, y, cuts, fit, cost=lambda *a: _costs(*a) * math.log(2))


def first_block_free(X, y, cuts, fit):
    """You do not pay for the first block: with no probe yet, each of its labels costs one bit."""
    return _online(X, y, cuts, fit, first=0.0)


def first_block_in_nats(X, y, cuts, fit):
    """The first block costs one bit for each label, not ln 2."""
    return _online(X, y, cuts, fit, first=cuts[0] * math.log(2))


def block_seen_before_it_is_paid(X, y, cuts, fit):
    """You train on the block that is to be paid for: the receiver does not have its labels yet."""
    return _online(X, y, cuts, fit, train=lambda start, stop: slice(0, stop))


def trained_on_everything(X, y, cuts, fit):
    """You train on all of the data: the receiver has only what was sent before."""
    return _online(X, y, cuts, fit, train=lambda start, stop: slice(None))


def trained_on_the_last_block(X, y, cuts, fit):
    """You train on the block before only: everything that was sent so far can be used."""
    starts = [0, *cuts]
    return _online(
        X, y, cuts, fit, train=lambda start, stop: slice(starts[starts.index(start) - 1], start)
    )


def first_probe_kept(X, y, cuts, fit):
    """You train once, on the first block: at every cut a new probe is trained."""
    probe = fit(X[: cuts[0]], y[: cuts[0]])
    return cuts[0] + float(_costs(X[cuts[0] :], y[cuts[0] :], probe).sum())


def mean_for_sum(X, y, cuts, fit):
    """You average within each block: every label is paid for, sum them."""
    total = float(cuts[0])
    for start, stop in pairwise(cuts):
        probe = fit(X[:start], y[:start])
        total += float(_costs(X[start:stop], y[start:stop], probe).mean())
    return total


def bits_per_label(X, y, cuts, fit):
    """You divide by the number of labels: the whole code length is asked for."""
    return _online(X, y, cuts, fit) / len(y)


def compression(X, y, cuts, fit):
    """You return the compression, labels by bits: the bits are asked for."""
    return len(y) / _online(X, y, cuts, fit)


def mistakes_counted(X, y, cuts, fit):
    """You count wrong decisions: a label costs by the probability that it was given."""

    def cost(X, y, probe):
        return ((X @ probe[0] + probe[1] > 0) != y).double()

    return _online(X, y, cuts, fit, cost=cost)


def probability_of_one(X, y, cuts, fit):
    """You take the probability of label 1 for every label: one of 0 costs by the other
    probability."""
    return _online(X, y, cuts, fit, cost=lambda X, y, p: _costs(X, torch.ones_like(y), p))


def only_the_ones(X, y, cuts, fit):
    """You pay for the labels that are 1 only: to say 0 costs, too."""
    return _online(X, y, cuts, fit, cost=lambda X, y, p: y * _costs(X, y, p))


def labels_turned_round(X, y, cuts, fit):
    """You charge each label with the other label's probability."""
    return _online(X, y, cuts, fit, cost=lambda X, y, p: _costs(X, ~y, p))


def entropy_of_the_probe(X, y, cuts, fit):
    """You sum how unsure the probe is: what counts is what it says of the true label."""

    def cost(X, y, probe):
        one, zero = (_costs(X, torch.full_like(y, side), probe) for side in (1, 0))
        return 2**-one * one + 2**-zero * zero

    return _online(X, y, cuts, fit, cost=cost)


def bias_forgotten(X, y, cuts, fit):
    """You leave the probe's bias out of the score."""
    return _online(X, y, cuts, fit, cost=lambda X, y, p: _costs(X, y, (p[0], 0.0)))


def logarithm_of_a_rounded_zero(X, y, cuts, fit):
    """You take the logarithm of a sigmoid that has been rounded to 0: use logsigmoid, or softplus,
    on the score."""

    def cost(X, y, probe):
        return -torch.log2(torch.sigmoid((2.0 * y - 1) * (X @ probe[0] + probe[1])))

    return _online(X, y, cuts, fit, cost=cost)


def clamped(X, y, cuts, fit):
    """You clamp the probability, so that no label can cost more than a few bits: a probe that is
    sure and wrong must be expensive."""

    def cost(X, y, probe):
        chance = torch.sigmoid((2.0 * y - 1) * (X @ probe[0] + probe[1]))
        return -torch.log2(chance.clamp(min=1e-6))

    return _online(X, y, cuts, fit, cost=cost)


def last_block_forgotten(X, y, cuts, fit):
    """You stop one block early: the last block is sent, too."""
    return _online(X, y, cuts[:-1], fit)
