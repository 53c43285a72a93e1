"""Other right ways to write stochastic_loss."""

import torch
from torch import nn


def whole_matrices(forward, x, weights, parts, g, two_point, generator):
    """One masked matrix for each sample, written out; the loss by torch."""
    r = {}
    for name, gate in g.items():
        drawn = torch.rand(gate.shape, generator=generator)
        r[name] = drawn.round() if two_point else drawn
    outs, goals = [], []
    for row in range(len(x)):
        layers = {}
        for name, W in weights.items():
            if name in g:
                U, V = parts[name]
                m = torch.lerp(g[name][row], torch.ones_like(r[name][row]), r[name][row])
                W = U @ torch.diag(m) @ V
            layers[name] = lambda a, W=W: nn.functional.linear(a, W)
        outs.append(forward(x[row : row + 1], layers))
        with torch.no_grad():
            own = {name: lambda a, W=W: nn.functional.linear(a, W) for name, W in weights.items()}
            goals.append(forward(x[row : row + 1], own))
    return nn.functional.mse_loss(torch.cat(outs), torch.cat(goals))


def einsums(forward, x, weights, parts, g, two_point, generator):
    """1 - (1 - g)(1 - r), by Bernoulli or uniform draws, with einsum."""
    layers, own = {}, {}
    for name, W in weights.items():
        own[name] = lambda a, W=W: torch.einsum("bi,oi->bo", a, W.detach())
        if name not in g:
            layers[name] = own[name]
            continue
        away = torch.empty(g[name].shape)
        away = away.bernoulli_(0.5, generator=generator) if two_point else away.uniform_(
            0, 1, generator=generator)  # fmt: skip
        mask = 1 - (1 - g[name]) * away
        layers[name] = lambda a, pair=parts[name], m=mask: torch.einsum(
            "bi,ci,bc,oc->bo", a, pair[1], m, pair[0]
        )
    return torch.mean(torch.pow(forward(x, layers) - forward(x, own).detach(), 2))
