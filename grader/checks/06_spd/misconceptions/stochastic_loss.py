"""Wrong stochastic losses that students write."""

import torch


def _goal(forward, x, weights):
    layers = {name: lambda a, W=W: a @ W.mT for name, W in weights.items()}
    return forward(x, layers).detach()


def _out(forward, x, weights, parts, masks):
    def layer(name):
        if name not in masks:
            return lambda a: a @ weights[name].mT
        U, V = parts[name]
        return lambda a: (a @ V.mT * masks[name]) @ U.mT

    return forward(x, {name: layer(name) for name in weights})


def _r(gate, two_point, generator):
    r = torch.rand(gate.shape, generator=generator)
    return (r < 0.5).to(gate.dtype) if two_point else r


def _masks(g, two_point, generator):
    masks = {}
    for name, gate in g.items():
        masks[name] = gate + (1 - gate) * _r(gate, two_point, generator)
    return masks


def _missed(forward, x, weights, parts, masks):
    return _out(forward, x, weights, parts, masks) - _goal(forward, x, weights)


def labels_for_the_goal(forward, x, weights, parts, g, two_point, generator):
    """You compare with the input: the goal is what the target says, however wrong the target is."""
    return (_out(forward, x, weights, parts, _masks(g, two_point, generator)) - x).square().mean()


def components_for_the_goal(forward, x, weights, parts, g, two_point, generator):
    """You compare with what the components say unmasked: the goal is the target's own output."""
    masks = _masks(g, two_point, generator)
    ones = {name: torch.ones_like(gate) for name, gate in g.items()}
    goal = _out(forward, x, weights, parts, ones).detach()
    return (_out(forward, x, weights, parts, masks) - goal).square().mean()


def goal_not_detached(forward, x, weights, parts, g, two_point, generator):
    """A gradient goes through your goal: the target's output is a constant."""
    goal = _out(forward, x, weights, parts, {})
    out = _out(forward, x, weights, parts, _masks(g, two_point, generator))
    return (out - goal).square().mean()


def masks_without_gates(forward, x, weights, parts, g, two_point, generator):
    """Your masks lie in [0, 1] whatever the gates say: they begin at the gate."""
    masks = {name: _r(gate, two_point, generator) for name, gate in g.items()}
    return _missed(forward, x, weights, parts, masks).square().mean()


def gates_for_masks(forward, x, weights, parts, g, two_point, generator):
    """You mask with the gates themselves: what is above a gate must be left to chance."""
    return _missed(forward, x, weights, parts, g).square().mean()


def gates_times_chance(forward, x, weights, parts, g, two_point, generator):
    """Your masks lie between 0 and the gate: they lie between the gate and 1."""
    masks = {name: gate * _r(gate, two_point, generator) for name, gate in g.items()}
    return _missed(forward, x, weights, parts, masks).square().mean()


def gates_detached(forward, x, weights, parts, g, two_point, generator):
    """You cut the gates off from their history: they learn through the masks."""
    masks = _masks({name: gate.detach() for name, gate in g.items()}, two_point, generator)
    return _missed(forward, x, weights, parts, masks).square().mean()


def nothing_learns(forward, x, weights, parts, g, two_point, generator):
    """You compute the loss without gradients: only the target's own output is a constant."""
    with torch.no_grad():
        masks = _masks(g, two_point, generator)
        return _missed(forward, x, weights, parts, masks).square().mean()


def summed_over_outputs(forward, x, weights, parts, g, two_point, generator):
    """You add up the outputs: take the mean over samples and outputs."""
    masks = _masks(g, two_point, generator)
    return _missed(forward, x, weights, parts, masks).square().sum(dim=1).mean()


def summed_over_everything(forward, x, weights, parts, g, two_point, generator):
    """You add everything up: take the mean over samples and outputs."""
    masks = _masks(g, two_point, generator)
    return _missed(forward, x, weights, parts, masks).square().sum()


def not_squared(forward, x, weights, parts, g, two_point, generator):
    """You take absolute differences: they are squared."""
    masks = _masks(g, two_point, generator)
    return _missed(forward, x, weights, parts, masks).abs().mean()


def rooted(forward, x, weights, parts, g, two_point, generator):
    """You take the root of the mean: the loss is the mean squared difference itself."""
    masks = _masks(g, two_point, generator)
    return (_missed(forward, x, weights, parts, masks).square().mean() + 1e-12).sqrt()


def always_two_point(forward, x, weights, parts, g, two_point, generator):
    """Your masks are always 0 or 1 above the gate: `two_point` may be False."""
    masks = _masks(g, True, generator)
    return _missed(forward, x, weights, parts, masks).square().mean()


def never_two_point(forward, x, weights, parts, g, two_point, generator):
    """You do not hand `two_point` on: where it is True, r is 0 or 1."""
    masks = _masks(g, False, generator)
    return _missed(forward, x, weights, parts, masks).square().mean()


def same_chance_for_all_layers(forward, x, weights, parts, g, two_point, generator):
    """All layers of a sample share their chance: each layer draws masks of its own."""
    most = max(gate.shape[1] for gate in g.values())
    r = _r(torch.ones(len(x), most), two_point, generator)
    masks = {name: gate + (1 - gate) * r[:, : gate.shape[1]] for name, gate in g.items()}
    return _missed(forward, x, weights, parts, masks).square().mean()


def one_chance_for_a_sample(forward, x, weights, parts, g, two_point, generator):
    """All components of a sample share one r: each component draws its own."""
    masks = {}
    for name, gate in g.items():
        masks[name] = gate + (1 - gate) * _r(gate[:, :1], two_point, generator)
    return _missed(forward, x, weights, parts, masks).square().mean()


def dice_of_its_own(forward, x, weights, parts, g, two_point, generator):
    """You make a generator of your own, the same each time: use the one that comes in."""
    masks = _masks(g, two_point, torch.Generator().manual_seed(0))
    return _missed(forward, x, weights, parts, masks).square().mean()


def every_layer_in_parts(forward, x, weights, parts, g, two_point, generator):
    """You use the components of layers that are not in `g`: those keep their original matrix."""
    masks = {name: torch.ones(len(x), V.shape[0]) for name, (_, V) in parts.items()}
    masks |= _masks(g, two_point, generator)
    return _missed(forward, x, weights, parts, masks).square().mean()


def relative(forward, x, weights, parts, g, two_point, generator):
    """You divide by the size of the target's output: the loss is not relative."""
    missed = _missed(forward, x, weights, parts, _masks(g, two_point, generator))
    return missed.square().mean() / (_goal(forward, x, weights).square().mean() + 1e-9)
