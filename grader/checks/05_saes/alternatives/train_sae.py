"""Other right ways to write train_sae."""

import torch
from torch import nn


def modules(weights, batches, objective, lr=5e-3):
    """A ParameterDict, a gradient hook for the projection, normalize for the rows."""
    own = nn.ParameterDict({name: nn.Parameter(value.clone()) for name, value in weights.items()})

    def project(grad):
        unit = nn.functional.normalize(own["W_dec"].detach(), dim=1)
        return grad - torch.einsum("nd,nd,ne->ne", grad, unit, unit)

    own["W_dec"].register_hook(project)
    optimizer = torch.optim.Adam(own.parameters(), lr)
    history = []
    for x in batches:
        optimizer.zero_grad(set_to_none=True)
        loss = objective({name: own[name] for name in weights}, x)
        loss.backward()
        history.append(float(loss))
        optimizer.step()
        own["W_dec"].data = nn.functional.normalize(own["W_dec"].data, dim=1)
    return {name: own[name].data.clone() for name in weights}, history


def adam_by_hand(weights, batches, objective, lr=5e-3):
    """Adam written out, with torch.autograd.grad."""
    own = {name: value.clone() for name, value in weights.items()}
    first = {name: torch.zeros_like(value) for name, value in own.items()}
    second = {name: torch.zeros_like(value) for name, value in own.items()}
    losses = []
    for step, x in enumerate(batches, start=1):
        leaves = {name: value.requires_grad_(True) for name, value in own.items()}
        loss = objective(leaves, x)
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        losses.append(loss.item())
        with torch.no_grad():
            for name, gradient in zip(list(own), gradients, strict=True):
                value = own[name].detach()
                if name == "W_dec":
                    along = (gradient * value).sum(1) / value.pow(2).sum(1)
                    gradient = gradient - along[:, None] * value
                first[name] = 0.9 * first[name] + 0.1 * gradient
                second[name] = 0.999 * second[name] + 0.001 * gradient**2
                mean = first[name] / (1 - 0.9**step)
                spread = (second[name] / (1 - 0.999**step)).sqrt() + 1e-8
                value = value - lr * mean / spread
                if name == "W_dec":
                    value = value / value.pow(2).sum(1, keepdim=True).sqrt()
                own[name] = value
    return own, losses
