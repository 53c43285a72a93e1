"""Wrong layerwise losses that students write."""

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


def _masks(g, two_point, generator):
    masks = {}
    for name, gate in g.items():
        r = torch.rand(gate.shape, generator=generator)
        masks[name] = gate + (1 - gate) * ((r < 0.5).to(gate.dtype) if two_point else r)
    return masks


def _losses(forward, x, weights, parts, g, two_point, generator, goal=None):
    goal = _goal(forward, x, weights) if goal is None else goal
    losses = []
    for name, gate in g.items():
        masks = _masks({name: gate}, two_point, generator)
        losses.append((_out(forward, x, weights, parts, masks) - goal).square().mean())
    return torch.stack(losses)


def summed(forward, x, weights, parts, g, two_point, generator):
    """You add the layers up: take their mean."""
    return _losses(forward, x, weights, parts, g, two_point, generator).sum()


def all_layers_at_once(forward, x, weights, parts, g, two_point, generator):
    """You mask all layers at once, as the stochastic loss does: mask one at a time."""
    masks = _masks(g, two_point, generator)
    return (_out(forward, x, weights, parts, masks) - _goal(forward, x, weights)).square().mean()


def others_are_components(forward, x, weights, parts, g, two_point, generator):
    """Your other layers are the sums of their components: they keep their original matrices."""
    goal, losses = _goal(forward, x, weights), []
    for name, gate in g.items():
        masks = {other: torch.ones_like(g[other]) for other in g}
        masks |= _masks({name: gate}, two_point, generator)
        losses.append((_out(forward, x, weights, parts, masks) - goal).square().mean())
    return torch.stack(losses).mean()


def layers_pile_up(forward, x, weights, parts, g, two_point, generator):
    """You leave the earlier layers masked when you mask the next: the others are original."""
    goal, losses, masks = _goal(forward, x, weights), [], {}
    for name, gate in g.items():
        masks |= _masks({name: gate}, two_point, generator)
        losses.append((_out(forward, x, weights, parts, masks) - goal).square().mean())
    return torch.stack(losses).mean()


def the_layers_own_output(forward, x, weights, parts, g, two_point, generator):
    """You compare the layer's own output: what counts is the output of the whole target."""
    read = {}

    def listening(name):
        def layer(a):
            read[name] = a.detach()
            return a @ weights[name].mT

        return layer

    forward(x, {name: listening(name) for name in weights})
    losses = []
    for name, mask in _masks(g, two_point, generator).items():
        U, V = parts[name]
        out = (read[name] @ V.mT * mask) @ U.mT
        losses.append((out - read[name] @ weights[name].mT).square().mean())
    return torch.stack(losses).mean()


def last_layer_only(forward, x, weights, parts, g, two_point, generator):
    """You return the loss of the last layer alone: take the mean over all of them."""
    return _losses(forward, x, weights, parts, g, two_point, generator)[-1]


def first_layer_only(forward, x, weights, parts, g, two_point, generator):
    """You return from inside the loop, after the first layer: take the mean over all of them."""
    return _losses(forward, x, weights, parts, g, two_point, generator)[0]


def worst_layer(forward, x, weights, parts, g, two_point, generator):
    """You return the largest of the layers' losses: take their mean."""
    return _losses(forward, x, weights, parts, g, two_point, generator).max()


def by_all_layers(forward, x, weights, parts, g, two_point, generator):
    """You divide by the number of all layers: the mean is over the layers in `g`."""
    total = _losses(forward, x, weights, parts, g, two_point, generator).sum()
    return total / len(weights)


def by_components(forward, x, weights, parts, g, two_point, generator):
    """You weigh each layer by its number of components: all layers count the same."""
    losses = _losses(forward, x, weights, parts, g, two_point, generator)
    counts = torch.tensor([float(gate.shape[1]) for gate in g.values()])
    return (losses * counts).sum() / counts.sum()


def labels_for_the_goal(forward, x, weights, parts, g, two_point, generator):
    """You compare with the input: the goal is what the target says."""
    return _losses(forward, x, weights, parts, g, two_point, generator, x).mean()


def gates_for_masks(forward, x, weights, parts, g, two_point, generator):
    """You mask with the gates themselves: draw masks above them."""
    goal, losses = _goal(forward, x, weights), []
    for name, gate in g.items():
        losses.append((_out(forward, x, weights, parts, {name: gate}) - goal).square().mean())
    return torch.stack(losses).mean()


def nothing_learns(forward, x, weights, parts, g, two_point, generator):
    """You turn the layers' losses into plain numbers: their gradients are lost."""
    return _losses(forward, x, weights, parts, g, two_point, generator).mean().detach()


def never_two_point(forward, x, weights, parts, g, two_point, generator):
    """You do not hand `two_point` on: where it is True, r is 0 or 1."""
    return _losses(forward, x, weights, parts, g, False, generator).mean()


def every_layer_of_the_target(forward, x, weights, parts, g, two_point, generator):
    """You go through all layers of the target: only those in `g` count."""
    wide = {name: g.get(name, torch.ones(len(x), parts[name][1].shape[0])) for name in weights}
    return _losses(forward, x, weights, parts, wide, two_point, generator).mean()
