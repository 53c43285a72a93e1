"""Other right ways to write subset_importance."""

import itertools

import torch


def smallest_first(forward, x, weights, parts, layer, tolerance):
    """Loops, and sets: from the empty one on, the first that nothing can hurt."""
    U, V = parts[layer]
    n = len(V)
    target = forward(x, {name: (lambda a, W=W: a @ W.mT) for name, W in weights.items()})
    fine = {}
    for subset in itertools.product((False, True), repeat=n):
        made = {**weights, layer: U[:, list(subset)] @ V[list(subset)]}
        out = forward(x, {name: (lambda a, W=W: a @ W.mT) for name, W in made.items()})
        fine[subset] = ((out - target).abs() <= tolerance).all(dim=1)
    found = torch.zeros(len(x), n, dtype=torch.bool)
    for row in range(len(x)):
        for subset in sorted(fine, key=sum):
            rest = [(True,) if kept else (False, True) for kept in subset]
            if all(fine[more][row] for more in itertools.product(*rest)):
                found[row] = torch.tensor(subset)
                break
    return found


def spread_from_set_to_set(forward, x, weights, parts, layer, tolerance):
    """All subsets in one batch; what breaks is handed down one component at a time."""
    U, V = parts[layer]
    n, batch = len(V), len(x)
    subsets = (torch.arange(2**n)[:, None] >> torch.arange(n)) & 1
    masks = subsets.to(x).repeat_interleave(batch, dim=0)

    def run(name, keep):
        if name == layer and keep is not None:
            return lambda a: (a @ V.mT * keep) @ U.mT
        return lambda a: a @ weights[name].mT

    target = forward(x, {name: run(name, None) for name in weights})
    out = forward(x.repeat(2**n, 1), {name: run(name, masks) for name in weights})
    bad = (out - target.repeat(2**n, 1)).abs().amax(1).reshape(2**n, batch) > tolerance
    for c in range(n):  # a set is bad when the set with c in it is
        without = (subsets[:, c] == 0).nonzero()[:, 0]
        bad[without] |= bad[without + 2**c]
    cost = subsets.sum(1, keepdim=True) + (n + 1) * bad
    best = cost.flip(0).argmin(0)  # of several smallest the last one
    return subsets.flip(0)[best].bool()


def with_masked_forward(forward, x, weights, parts, layer, tolerance):
    """One pass for each subset; what a set must stand is looked up in a table."""
    U, V = parts[layer]
    n = len(V)
    original = {name: (lambda a, W=W: torch.nn.functional.linear(a, W)) for name, W in
                weights.items()}  # fmt: skip
    target = forward(x, original)
    subsets = torch.cartesian_prod(*[torch.tensor([1.0, 0.0])] * n).to(x.dtype)
    moved = []
    for kept in subsets:
        layers = {**original, layer: lambda a, kept=kept: ((a @ V.T) * kept) @ U.T}
        moved.append((forward(x, layers) - target).abs().max(dim=1).values)
    within = torch.stack(moved) <= tolerance
    enough = torch.stack([within[(subsets >= kept).all(1)].all(0) for kept in subsets])
    order = subsets.sum(1).argsort(stable=True)
    first = enough[order].int().argmax(0)
    return subsets[order[first]] > 0
