"""Wrong ways to ask every subset that students write."""

import torch


def _run(forward, x, weights, parts, layer, mask, others=False):
    def of(name):
        if name != layer and not others:
            return lambda a: a @ weights[name].mT
        U, V = parts[name]
        kept = mask if name == layer else torch.ones(len(V), dtype=x.dtype)
        return lambda a: (a @ V.mT * kept) @ U.mT

    return forward(x, {name: of(name) for name in weights})


def _subsets(parts, layer):
    n = len(parts[layer][1])
    return (torch.arange(2**n)[:, None] >> torch.arange(n) & 1).bool()


def _moved(forward, x, weights, parts, layer, others=False):
    """Every subset kept, by how much each output moves: [subset, batch, out]."""
    target = forward(x, {name: (lambda a, W=W: a @ W.mT) for name, W in weights.items()})
    return torch.stack([
        _run(forward, x, weights, parts, layer, kept.to(x), others) - target
        for kept in _subsets(parts, layer)
    ])  # fmt: skip


def _larger(subsets):
    """[more, subset]: does the first hold all of the second?"""
    return (subsets[:, None] >= subsets[None]).all(-1)


def _smallest(subsets, enough):
    sizes = subsets.sum(1)[:, None].expand(enough.shape)
    return sizes.masked_fill(~enough, len(subsets)).min(0)


def _marked(subsets, fine):
    enough = ~(_larger(subsets).float().mT @ (~fine).float()).bool()
    return subsets[_smallest(subsets, enough).indices]


def all_others_at_once(forward, x, weights, parts, layer, tolerance):
    """You cut out all the others at once and nothing else: two that cancel go unnoticed. Any of the
    others may be left out, so try every subset of them."""
    subsets = _subsets(parts, layer)
    fine = _moved(forward, x, weights, parts, layer).abs().amax(-1) <= tolerance
    return subsets[_smallest(subsets, fine).indices]


def one_at_a_time(forward, x, weights, parts, layer, tolerance):
    """You leave out one component at a time: where one stands in for another neither seems to
    matter. Try every subset."""
    n = len(parts[layer][1])
    moved = _moved(forward, x, weights, parts, layer).abs().amax(-1)
    alone = [2**n - 1 - 2**c for c in range(n)]
    return (moved[alone] > tolerance).mT


def one_alone(forward, x, weights, parts, layer, tolerance):
    """You leave in one component at a time: what it does without the others is another question."""
    n = len(parts[layer][1])
    moved = _moved(forward, x, weights, parts, layer)
    return ((moved[[2**c for c in range(n)]] - moved[0]).abs().amax(-1) > tolerance).mT


def whenever_it_matters(forward, x, weights, parts, layer, tolerance):
    """You mark a component that makes a difference in any company: where one of two is enough you
    mark both. The smallest set is asked for."""
    subsets = _subsets(parts, layer)
    moved = _moved(forward, x, weights, parts, layer)
    marks = []
    for c in range(subsets.shape[1]):
        kept = subsets[:, c].nonzero()[:, 0]
        gone = kept - 2**c
        marks.append(((moved[kept] - moved[gone]).abs().amax(-1) > tolerance).any(0))
    return torch.stack(marks, dim=1)


def any_of_the_smallest(forward, x, weights, parts, layer, tolerance):
    """You mark what is in any of the smallest sets: take one of them."""
    subsets = _subsets(parts, layer)
    fine = _moved(forward, x, weights, parts, layer).abs().amax(-1) <= tolerance
    enough = ~(_larger(subsets).float().mT @ (~fine).float()).bool()
    least = _smallest(subsets, enough).values
    here = enough & (subsets.sum(1)[:, None] == least)
    return (here.float().mT @ subsets.float()) > 0


def all_of_the_smallest(forward, x, weights, parts, layer, tolerance):
    """You mark what is in every one of the smallest sets: where one of two is enough you mark
    neither. Take one of the sets."""
    subsets = _subsets(parts, layer)
    fine = _moved(forward, x, weights, parts, layer).abs().amax(-1) <= tolerance
    enough = ~(_larger(subsets).float().mT @ (~fine).float()).bool()
    least = _smallest(subsets, enough).values
    here = enough & (subsets.sum(1)[:, None] == least)
    return (here.float().mT @ (~subsets).float()) == 0


def one_after_another(forward, x, weights, parts, layer, tolerance):
    """You leave components out one after another, for as long as nothing moves: what is left cannot
    be made smaller, and yet another set can be smaller."""
    subsets = _subsets(parts, layer)
    fine = _moved(forward, x, weights, parts, layer).abs().amax(-1) <= tolerance
    enough = ~(_larger(subsets).float().mT @ (~fine).float()).bool()
    n = subsets.shape[1]
    marks = []
    for row in range(len(x)):
        here = 2**n - 1
        weight = parts[layer][0].norm(dim=0) * parts[layer][1].norm(dim=1)
        for c in weight.argsort(descending=True).tolist():
            if enough[here - 2**c, row]:
                here -= 2**c
        marks.append(subsets[here])
    return torch.stack(marks)


def smaller_sets_tried(forward, x, weights, parts, layer, tolerance):
    """You cut out part of the set itself: it stays whole, and any of the others is left out."""
    subsets = _subsets(parts, layer)
    fine = _moved(forward, x, weights, parts, layer).abs().amax(-1) <= tolerance
    enough = ~(_larger(subsets).float() @ (~fine).float()).bool()
    return subsets[_smallest(subsets, enough).indices]


def what_can_go(forward, x, weights, parts, layer, tolerance):
    """You mark what can be left out: mark what must stay."""
    fine = _moved(forward, x, weights, parts, layer).abs().amax(-1) <= tolerance
    return ~_marked(_subsets(parts, layer), fine)


def mean_over_outputs(forward, x, weights, parts, layer, tolerance):
    """You take the mean over the outputs: none of them may move by more than the tolerance."""
    moved = _moved(forward, x, weights, parts, layer).abs().mean(-1)
    return _marked(_subsets(parts, layer), moved <= tolerance)


def without_the_sign(forward, x, weights, parts, layer, tolerance):
    """You compare the difference with its sign: an output may move either way."""
    moved = _moved(forward, x, weights, parts, layer).amax(-1)
    return _marked(_subsets(parts, layer), moved <= tolerance)


def squared_difference(forward, x, weights, parts, layer, tolerance):
    """You hold the squared difference against the tolerance: it is for the difference."""
    moved = _moved(forward, x, weights, parts, layer).square().amax(-1)
    return _marked(_subsets(parts, layer), moved <= tolerance)


def one_set_for_all_inputs(forward, x, weights, parts, layer, tolerance):
    """You look for one set for the whole batch: each input has its own."""
    fine = _moved(forward, x, weights, parts, layer).abs().amax(-1) <= tolerance
    return _marked(_subsets(parts, layer), fine.all(1, keepdim=True).expand(fine.shape))


def other_layers_replaced(forward, x, weights, parts, layer, tolerance):
    """You replace the other layers by their components, too: they keep their own matrices."""
    moved = _moved(forward, x, weights, parts, layer, others=True)
    return _marked(_subsets(parts, layer), moved.abs().amax(-1) <= tolerance)


def whatever_is_active(forward, x, weights, parts, layer, tolerance):
    """You mark what is active: whether it matters is said by the output."""
    seen = {}

    def of(name):
        def run(a):
            seen[name] = a
            return a @ weights[name].mT

        return run

    forward(x, {name: of(name) for name in weights})
    return (seen[layer] @ parts[layer][1].mT).abs() > tolerance
