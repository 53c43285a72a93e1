"""Other right ways to write to_raw."""

import torch


def by_asking_the_probe(w, b, mean, scale):
    """The bias is the score of the zero vector, each weight what a unit step adds to it."""

    def score(x):
        return ((x - mean) / scale * w).sum(-1) + b

    zero = torch.zeros_like(w)
    bias = score(zero)
    return score(torch.eye(len(w), dtype=w.dtype)) - bias, bias


def a_loop(w, b, mean, scale):
    """One feature after another, in plain Python; the bias a number."""
    raw, bias = [], float(b)
    for weight, center, size in zip(w.tolist(), mean.tolist(), scale.tolist(), strict=True):
        raw.append(weight / size)
        bias -= weight * center / size
    return torch.tensor(raw, dtype=torch.float64), bias


def in_single_precision(w, b, mean, scale):
    """float32 and einsum."""
    raw = w.float() * scale.float().reciprocal()
    return raw, b.float() - torch.einsum("i,i->", raw, mean.float())
