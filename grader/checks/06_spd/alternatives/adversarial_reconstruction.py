"""Other right ways to write adversarial_reconstruction."""

import torch
from torch import nn


def an_optimiser(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """Gradients by backward on leaf tensors that are changed in place."""
    plain = {name: lambda a, W=W: nn.functional.linear(a, W) for name, W in weights.items()}
    with torch.no_grad():
        goal = forward(x, plain)
    r = {name: torch.empty_like(gate).uniform_(generator=generator) for name, gate in g.items()}

    def error():
        layers = dict(plain)
        for name, gate in g.items():
            mask = torch.lerp(gate, torch.ones_like(gate), r[name])
            layers[name] = lambda a, m=mask, pair=parts[name]: torch.einsum(
                "bi,ci,bc,oc->bo", a, pair[1], m, pair[0]
            )
        return nn.functional.mse_loss(forward(x, layers), goal, reduction="sum")

    for leaf in r.values():
        leaf.requires_grad_(True)
    for _ in range(steps):
        for leaf in r.values():
            leaf.grad = None
        error().backward()
        with torch.no_grad():
            for leaf in r.values():
                leaf += size * torch.sign(leaf.grad)
                leaf.clamp_(0, 1)
    with torch.no_grad():
        return float(error() / (goal**2).sum())


def masks_themselves(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """1 - r is what is moved, downhill on the negative error."""
    with torch.no_grad():
        goal = forward(x, {name: lambda a, W=W: a @ W.T for name, W in weights.items()})
    away = [torch.rand(gate.shape, generator=generator) for gate in g.values()]

    def error(away):
        layers = {name: lambda a, W=W: a @ W.T for name, W in weights.items()}
        for (name, gate), lost in zip(g.items(), away, strict=True):
            U, V = parts[name]
            mask = 1 - (1 - gate) * lost
            layers[name] = lambda a, U=U, V=V, m=mask: (m * (a @ V.T)) @ U.T
        return torch.dist(forward(x, layers), goal) ** 2 / torch.linalg.norm(goal) ** 2

    for _ in range(steps):
        away = [lost.requires_grad_(True) for lost in away]
        missed = error(away)
        slopes = torch.autograd.grad(missed, away)
        away = [
            torch.clamp(lost.detach() + size * slope.sign(), min=0, max=1)
            for lost, slope in zip(away, slopes, strict=True)
        ]
    return error(away).item()
