"""Wrong divergences that students write."""

import math

import torch
from torch.distributions import Categorical, kl_divergence
from torch.nn import functional


def _kl(log_p, log_q):
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def reversed(lens_logits):
    """You compute KL(layer || final): the probabilities in front are the final layer's. (In
    `F.kl_div(input, target)` they are the target.)"""
    log_q = lens_logits.log_softmax(-1)
    return _kl(log_q, log_q[-1:].expand_as(log_q))


def kl_div_of_probabilities(lens_logits):
    """`F.kl_div(input, target)` wants log-probabilities as its input (and computes
    KL(target || input)): you give it probabilities."""
    q = lens_logits.softmax(-1)
    return functional.kl_div(q, q[-1].expand_as(q), reduction="none").sum(-1)


def log_of_logits(lens_logits):
    """You take logarithms of logits: turn logits into log-probabilities with `log_softmax`
    first."""
    p = lens_logits[-1]
    return (p * (p.log() - lens_logits.log())).sum(-1)


def logits_for_log_probabilities(lens_logits):
    """You use the layers' logits as if they were log-probabilities: they are not normalised.
    Apply `log_softmax`."""
    p = lens_logits[-1].softmax(-1)
    return (p * (lens_logits[-1] - lens_logits)).sum(-1)


def probabilities_for_log_probabilities(lens_logits):
    """You subtract probabilities where log-probabilities belong: p * (log p - log q)."""
    q = lens_logits.softmax(-1)
    return (q[-1] * (q[-1] - q)).sum(-1)


def mean_over_the_vocabulary(lens_logits):
    """You take the mean over the vocabulary: a KL sums over it."""
    log_q = lens_logits.log_softmax(-1)
    return (log_q[-1].exp() * (log_q[-1] - log_q)).mean(-1)


def in_bits(lens_logits):
    """Your KL is in bits (`log2`): nats are asked for, the natural logarithm."""
    log_q = lens_logits.log_softmax(-1)
    return _kl(log_q[-1], log_q) / math.log(2)


def cross_entropy(lens_logits):
    """You compute the cross-entropy: the KL also subtracts the final layer's own entropy, so that
    the last layer comes out at 0."""
    log_q = lens_logits.log_softmax(-1)
    return -(log_q[-1].exp() * log_q).sum(-1)


def entropy(lens_logits):
    """You compute each layer's entropy: the KL compares it with the final layer."""
    log_q = lens_logits.log_softmax(-1)
    return -(log_q.exp() * log_q).sum(-1)


def to_the_next_layer(lens_logits):
    """You compare each layer with the next: every layer is compared with the last."""
    log_q = lens_logits.log_softmax(-1)
    return _kl(torch.cat([log_q[1:], log_q[-1:]]), log_q)


def to_the_first_layer(lens_logits):
    """You compare with layer 0: the final layer is index -1."""
    log_q = lens_logits.log_softmax(-1)
    return _kl(log_q[:1].expand_as(log_q), log_q)


def to_the_last_position(lens_logits):
    """You compare every position with the last position's final distribution: each position has
    its own."""
    log_q = lens_logits.log_softmax(-1)
    return _kl(log_q[-1:, :, -1:].expand_as(log_q), log_q)


def softmax_over_positions(lens_logits):
    """Your softmax runs over the positions: probabilities are over the vocabulary, `dim=-1`."""
    log_q = lens_logits.log_softmax(-2)
    return _kl(log_q[-1], log_q)


def symmetric(lens_logits):
    """You average the KL of both directions: only KL(final || layer) is asked for."""
    log_q = lens_logits.log_softmax(-1)
    final = log_q[-1:].expand_as(log_q)
    return (_kl(final, log_q) + _kl(log_q, final)) / 2


def log_after_softmax(lens_logits):
    """You take the logarithm of a softmax: a probability that rounds to 0 becomes minus infinity
    or NaN. `log_softmax` does both steps safely."""
    q = lens_logits.softmax(-1)
    return (q[-1] * (q[-1].log() - q.log())).sum(-1)


def log_of_a_little_more(lens_logits):
    """You add a small number under the logarithm to keep it finite: that caps the KL. Use
    `log_softmax`."""
    q = lens_logits.softmax(-1)
    return (q[-1] * ((q[-1] + 1e-10).log() - (q + 1e-10).log())).sum(-1)


def distributions_round_to_0(lens_logits):
    """`torch.distributions` calls a probability that rounds to 0 impossible and the KL infinite:
    work with `log_softmax`, which keeps the logits' gap."""
    final = Categorical(logits=lens_logits[-1].expand_as(lens_logits))
    return kl_divergence(final, Categorical(logits=lens_logits))
