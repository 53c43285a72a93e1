"""Other right ways to write mdl_probe."""

import math
from itertools import pairwise

import torch
from torch.nn import functional


def cross_entropy_with_logits(X, y, cuts, fit):
    """torch's own binary cross-entropy, summed."""
    nats = torch.zeros((), dtype=torch.float64)
    for start, stop in pairwise(cuts):
        w, b = fit(X[:start], y[:start])
        nats += functional.binary_cross_entropy_with_logits(
            X[start:stop] @ w.double() + b, y[start:stop].double(), reduction="sum"
        )
    return cuts[0] + nats / math.log(2)


def label_by_label(X, y, cuts, fit):
    """A loop over the labels, with a new probe whenever a cut is passed."""
    bits, probe = 0.0, None
    for i in range(len(y)):
        if i in cuts:
            w, b = fit(X[:i], y[:i])
            probe = w.tolist(), float(b)
        if probe is None:
            bits += 1
            continue
        score = sum(p * q for p, q in zip(probe[0], X[i].tolist(), strict=True)) + probe[1]
        wrong = -score if y[i] else score
        bits += (max(wrong, 0.0) + math.log1p(math.exp(-abs(wrong)))) / math.log(2)
    return bits


def softplus_in_single_precision(X, y, cuts, fit):
    """softplus, in float32."""
    bits = float(cuts[0])
    for i in range(1, len(cuts)):
        w, b = fit(X[: cuts[i - 1]], y[: cuts[i - 1]])
        rows = slice(cuts[i - 1], cuts[i])
        score = X[rows].float() @ w.float() + float(b)
        bits += (functional.softplus(torch.where(y[rows], -score, score))).sum().item() / math.log(
            2
        )
    return bits
