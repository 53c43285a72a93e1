"""Other right ways to judge a run."""

import torch
from torch import nn


def _inputs(forward, weights, x):
    read = {}

    def keep(name):
        def layer(a):
            read[name] = a
            return nn.functional.linear(a, weights[name])

        return layer

    out = forward(x, {name: keep(name) for name in weights})
    return out, read


def _opened(forward, weights, parts, gates, x):
    _, read = _inputs(forward, weights, x)
    opened = {}
    for name in parts:
        w_in, b_in, w_out, b_out = gates[name]
        h = torch.einsum("bi,ci->bc", read[name], parts[name][1])
        hidden = nn.functional.gelu(torch.einsum("bc,ck->bck", h, w_in) + b_in)
        opened[name] = (torch.einsum("bck,ck->bc", hidden, w_out) + b_out).clip(0, 1).detach()
    return opened


def _attack(forward, weights, parts, g, x, generator):
    goal = _inputs(forward, weights, x)[0].detach()
    away = {name: torch.rand(gate.shape, generator=generator) for name, gate in g.items()}
    for step in range(21):
        layers = {name: lambda a, W=W: a @ W.T for name, W in weights.items()}
        for name, gate in g.items():
            away[name] = away[name].detach().requires_grad_(True)
            mask = 1 - (1 - gate) * away[name]
            layers[name] = lambda a, m=mask, pair=parts[name]: ((a @ pair[1].T) * m) @ pair[0].T
        error = (forward(x, layers) - goal).pow(2).sum() / goal.pow(2).sum()
        if step < 20:
            slopes = torch.autograd.grad(error, list(away.values()))
            for name, slope in zip(away, slopes, strict=True):
                away[name] = (away[name].detach() + 0.1 * slope.sign()).clip(0, 1)
    return float(error)


def layer_by_layer(forward, weights, parts, gates, probes, x, generator, limit=0.06):
    """Each layer spoils it or does not."""
    live, unsure, right = {}, {}, True
    for name, gate in _opened(forward, weights, parts, gates, probes).items():
        live[name] = sum(1 for column in gate.T if column.max() > 0.1)
        unsure[name] = sum(1 for value in gate.flatten().tolist() if 0.2 < value < 0.9)
        if unsure[name] or any(row.max() <= 0.9 for row in gate):
            right = False
    allowed = _opened(forward, weights, parts, gates, x)
    error = _attack(forward, weights, parts, allowed, x, generator)
    return {"right": right and error < limit, "live": live, "unsure": unsure, "adversarial": error}


def all_at_once(forward, weights, parts, gates, probes, x, generator, limit=0.06):
    """Counts first, then a list of complaints."""
    g = _opened(forward, weights, parts, gates, probes)
    numbers = {
        "adversarial": _attack(
            forward, weights, parts, _opened(forward, weights, parts, gates, x), x, generator
        ),
        "live": {name: torch.count_nonzero(v.max(dim=0).values > 0.1).item() for name, v in g.items()},
        "unsure": {
            name: torch.logical_and(v > 0.2, v < 0.9).count_nonzero().item() for name, v in g.items()
        },
    }
    complaints = [count for count in numbers["unsure"].values() if count]
    complaints += [name for name, v in g.items() if v.max(dim=1).values.min() <= 0.9]
    complaints += ["error"] if numbers["adversarial"] >= limit else []
    return {"right": not complaints, **numbers}
