"""Other right ways to write layerwise_loss."""

import torch
from torch import nn


def by_hand(forward, x, weights, parts, g, two_point, generator):
    """Masks for all layers first; then a running mean over the layers."""
    chance = {}
    for name, gate in g.items():
        drawn = torch.rand(gate.shape, generator=generator)
        chance[name] = (drawn > 0.5).double().to(gate.dtype) if two_point else drawn
    linear = nn.functional.linear
    plain = {name: lambda a, W=W: linear(a, W.detach()) for name, W in weights.items()}
    goal = forward(x, plain).detach()
    mean = torch.zeros(())
    for place, (name, gate) in enumerate(g.items(), start=1):
        U, V = parts[name]
        mask = 1 - (1 - gate) * (1 - chance[name])
        layers = {**plain, name: lambda a, U=U, V=V, m=mask: torch.einsum(
            "bi,ci,bc,oc->bo", a, V, m, U)}  # fmt: skip
        loss = nn.functional.mse_loss(forward(x, layers), goal)
        mean = mean + (loss - mean) / place
    return mean


def whole_matrices(forward, x, weights, parts, g, two_point, generator):
    """The masked layer as one matrix for each sample; squared errors gathered, then averaged."""
    with torch.no_grad():
        goal = forward(x, {name: lambda a, W=W: a @ W.T for name, W in weights.items()})
    errors = []
    for name in reversed(list(g)):
        U, V = parts[name]
        r = torch.rand(g[name].shape, generator=generator)
        if two_point:
            r = torch.bernoulli(torch.full_like(r, 0.5), generator=generator)
        masked = torch.einsum("oc,bc,ci->boi", U, g[name] + r - r * g[name], V)
        layers = {n: lambda a, W=W: a @ W.T for n, W in weights.items()}
        layers[name] = lambda a, M=masked: torch.bmm(M, a[:, :, None])[:, :, 0]
        errors.append((forward(x, layers) - goal) ** 2)
    return torch.stack(errors).mean()
