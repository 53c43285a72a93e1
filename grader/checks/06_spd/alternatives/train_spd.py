"""Other right ways to write train_spd."""

import math

import torch
from torch import nn
from torch.nn import functional


def _run(forward, x, weights, parts, masks):
    def layer(name):
        if name not in masks:
            return lambda a: functional.linear(a, weights[name])
        U, V = parts[name]
        return lambda a: torch.einsum("bi,ci,bc,oc->bo", a, V, masks[name], U)

    return forward(x, {name: layer(name) for name in weights})


def _inner(forward, x, weights, parts, gates):
    seen = {}

    def layer(name):
        def call(a):
            seen[name] = a
            return functional.linear(a, weights[name])

        return call

    with torch.no_grad():
        goal = forward(x, {name: layer(name) for name in weights})
    z = {}
    for name in parts:
        h = functional.linear(seen[name], parts[name][1])
        w_in, b_in, w_out, b_out = gates[name]
        hidden = functional.gelu(torch.einsum("bc,ck->bck", h, w_in) + b_in)
        z[name] = torch.einsum("bck,ck->bc", hidden, w_out) + b_out
    return goal, z


def modules_and_a_scheduler(
    forward, weights, parts, gates, batches, lr=4e-2, coefficient=(2e-2, 2e-3), power=(2.0, 1.0),
    warm_up=200, two_point=True, seed=0, look=None,
):  # fmt: skip
    """A module of parameters, torch's own cosine schedule, masks one layer after the other."""
    model = nn.Module()
    for name in parts:
        for place, t in enumerate((*parts[name], *gates[name])):
            model.register_parameter(f"{name}_{place}", nn.Parameter(t.detach().clone()))

    def of(name, *places):
        return tuple(getattr(model, f"{name}_{place}") for place in places)

    def now():
        return {n: of(n, 0, 1) for n in parts}, {n: of(n, 2, 3, 4, 5) for n in parts}

    def faithful():
        missed = [(of(n, 0)[0] @ of(n, 1)[0] - W).flatten() for n, W in weights.items()]
        return torch.cat(missed).pow(2).mean()

    warm = torch.optim.AdamW([t for n in parts for t in of(n, 0, 1)], lr=0.01, weight_decay=0.1)
    for _ in range(warm_up):
        warm.zero_grad()
        faithful().backward()
        warm.step()
    adam = torch.optim.Adam(model.parameters(), lr=lr)
    steps = max(len(batches), 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda step: math.cos(math.pi * step / steps / 2) ** 2
    )
    generator = torch.Generator().manual_seed(seed)
    history = []
    for step, x in enumerate(batches):
        goal, z = _inner(forward, x, weights, *now())
        way = min(step / (0.8 * steps), 1)
        lower = {n: torch.clamp(v, 0, 1) + 0.01 * (v.clamp(max=0) - v.clamp(max=0).detach())
                 for n, v in z.items()}  # fmt: skip
        upper = {n: torch.where(v > 1, 0.99 + 0.01 * v, v.clamp(min=0)) for n, v in z.items()}

        def missed(names, goal=goal, lower=lower, x=x):
            masks = {}
            for n in names:
                r = torch.rand(lower[n].shape, generator=generator)
                masks[n] = torch.lerp(lower[n], torch.ones_like(r), r.round() if two_point else r)
            return functional.mse_loss(_run(forward, x, weights, now()[0], masks), goal)

        p = (1 - way) * power[0] + way * power[1]
        beta = math.exp((1 - way) * math.log(coefficient[0]) + way * math.log(coefficient[1]))
        price = torch.cat(list(upper.values()), dim=1).pow(p).sum() / len(x)
        single = torch.stack([missed([n]) for n in weights]).mean()
        loss = faithful() + single + missed(list(weights)) + beta * price
        history.append(float(loss))
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
        if look:
            look(step, *now())
    made, opened = now()
    return (
        {n: tuple(t.data for t in pair) for n, pair in made.items()},
        {n: tuple(t.data for t in gate) for n, gate in opened.items()},
        history,
    )


def adam_by_hand(
    forward, weights, parts, gates, batches, lr=4e-2, coefficient=(2e-2, 2e-3), power=(2.0, 1.0),
    warm_up=200, two_point=True, seed=0, look=None,
):  # fmt: skip
    """Both optimisers written out, on one flat list of tensors."""
    names = list(parts)
    leaves = [t.detach().clone() for n in names for t in parts[n]]
    count = len(leaves)
    leaves += [t.detach().clone() for n in names for t in gates[n]]

    def built(values):
        made, rest = {}, values[count:]
        opened = {n: tuple(rest[4 * k : 4 * k + 4]) for k, n in enumerate(names)}
        for k, n in enumerate(names):
            made[n] = (values[2 * k], values[2 * k + 1])
        return made, opened

    def faithful(made):
        missed = sum(torch.sum((W - made[n][0] @ made[n][1]) ** 2) for n, W in weights.items())
        return missed / sum(W.numel() for W in weights.values())

    def walk(values, slopes, memory, step, rate, decay=0.0):
        new = []
        for k, (value, slope) in enumerate(zip(values, slopes, strict=True)):
            m, v = memory.setdefault(k, (torch.zeros_like(value), torch.zeros_like(value)))
            m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope * slope
            memory[k] = (m, v)
            move = (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
            new.append(value.detach() * (1 - rate * decay) - rate * move)
        return new

    memory = {}
    for step in range(1, warm_up + 1):
        asked = [t.requires_grad_(True) for t in leaves[:count]]
        slopes = torch.autograd.grad(faithful(built(asked + leaves[count:])[0]), asked)
        leaves[:count] = walk(asked, slopes, memory, step, 1e-2, 0.1)
    memory, losses = {}, []
    generator = torch.Generator().manual_seed(seed)
    for step, x in enumerate(batches):
        leaves = [t.detach().requires_grad_(True) for t in leaves]
        made, opened = built(leaves)
        goal, z = _inner(forward, x, weights, made, opened)
        share = step / len(batches)
        way = min(1.0, share / 0.8)
        below = {n: 0.01 * v.clamp(max=0) for n, v in z.items()}
        g = {n: v.clamp(0, 1) + below[n] - below[n].detach() for n, v in z.items()}
        total = faithful(made)
        for chosen, weight in [([n], 1 / len(names)) for n in names] + [(names, 1.0)]:
            masks = {}
            for n in chosen:
                r = torch.rand(g[n].shape, generator=generator)
                masks[n] = 1 - (1 - g[n]) * ((r > 0.5).float() if two_point else r)
            total = total + weight * ((_run(forward, x, weights, made, masks) - goal) ** 2).mean()
        p = power[0] + (power[1] - power[0]) * way
        beta = coefficient[0] * math.pow(coefficient[1] / coefficient[0], way)
        for v in z.values():
            up = torch.where(v > 1, 1 + 0.01 * (v - 1), v.clamp(min=0))
            total = total + beta * (up**p).sum(dim=1).mean()
        losses.append(total.item())
        slopes = torch.autograd.grad(total, leaves)
        rate = lr * (1 + math.cos(math.pi * share)) / 2
        leaves = walk(leaves, slopes, memory, step + 1, rate)
        if look is not None:
            look(step, *built(leaves))
    return (*built([t.detach() for t in leaves]), losses)
