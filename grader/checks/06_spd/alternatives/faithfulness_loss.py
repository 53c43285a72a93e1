"""Other right ways to write faithfulness_loss."""

import torch
from torch.nn import functional


def one_long_vector(weights, parts):
    """All differences in one vector, and torch's mean squared error against zeros."""
    off = torch.cat([(weights[name] - U @ V).flatten() for name, (U, V) in parts.items()])
    return functional.mse_loss(off, torch.zeros_like(off))


def weighted_layer_means(weights, parts):
    """The mean of each layer, weighed with how many of all entries it has."""
    every = sum(W.numel() for W in weights.values())
    loss = 0.0
    for name, W in weights.items():
        U, V = parts[name]
        share = W.numel() / every
        loss = loss + share * functional.mse_loss(torch.einsum("oc,ci->oi", U, V), W)
    return loss


def component_by_component(weights, parts):
    """Takes the components off W one by one, in float32."""
    total, count = torch.zeros(()), 0
    for name, (U, V) in parts.items():
        rest = weights[name].float()
        for c in range(U.shape[1]):
            rest = rest - torch.outer(U[:, c], V[c]).float()
        total = total + rest.pow(2).sum()
        count += rest.numel()
    return total / count
