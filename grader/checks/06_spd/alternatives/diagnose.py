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


def layer_by_layer(forward, weights, parts, gates, probes, x, generator, most=1, limit=0.06):
    """Each layer spoils it or does not."""
    live, crowd, unsure, missing, right = {}, {}, {}, {}, True
    for name, gate in _opened(forward, weights, parts, gates, probes).items():
        alive = [c for c, column in enumerate(gate.T) if column.max() > 0.1]
        live[name] = len(alive)
        crowd[name] = max(sum(value > 0.1 for value in row.tolist()) for row in gate)
        unsure[name] = sum(1 for value in gate.flatten().tolist() if 0.2 < value < 0.9)
        left = weights[name].clone()
        for c in alive:
            left -= torch.outer(parts[name][0][:, c], parts[name][1][c])
        missing[name] = float((left**2).sum() / (weights[name] ** 2).sum()) ** 0.5
        right = right and not unsure[name] and crowd[name] <= most and missing[name] < 0.1
    allowed = _opened(forward, weights, parts, gates, x)
    error = _attack(forward, weights, parts, allowed, x, generator)
    right = bool(right and error < limit)
    counts = {"live": live, "open": crowd, "unsure": unsure, "missing": missing}
    return {"right": right, "adversarial": error, **counts}


def all_at_once(forward, weights, parts, gates, probes, x, generator, most=1, limit=0.06):
    """Numbers first, then a list of complaints."""
    g = _opened(forward, weights, parts, gates, probes)
    missing = {}
    for name, gate in g.items():
        U, V = parts[name]
        kept = torch.einsum("oc,c,ci->oi", U, (gate.amax(0) > 0.1).to(U.dtype), V)
        W = weights[name]
        missing[name] = (torch.dist(kept, W) / torch.dist(W, 0 * W)).item()
    numbers = {
        "adversarial": _attack(
            forward, weights, parts, _opened(forward, weights, parts, gates, x), x, generator
        ),
        "live": {n: torch.count_nonzero(v.max(dim=0).values > 0.1).item() for n, v in g.items()},
        "open": {n: torch.count_nonzero(v > 0.1, dim=1).max().item() for n, v in g.items()},
        "unsure": {
            n: torch.logical_and(v > 0.2, v < 0.9).count_nonzero().item() for n, v in g.items()
        },
        "missing": missing,
    }
    complaints = [count for count in numbers["unsure"].values() if count]
    complaints += [count for count in numbers["open"].values() if count > most]
    complaints += [share for share in missing.values() if share >= 0.1]
    complaints += ["error"] if numbers["adversarial"] >= limit else []
    return {"right": not complaints, **numbers}
