"""Wrong masked runs that students write."""

import torch


def _layers(weights, parts, masks, masked):
    def layer(name):
        if name not in masks:
            return lambda a: a @ weights[name].mT
        return lambda a: masked(a, *parts[name], masks[name])

    return {name: layer(name) for name in weights}


def masks_ignored(forward, x, weights, parts, masks):
    """You do not use the masks: each inner activation is multiplied by its own."""
    return forward(x, _layers(weights, parts, masks, lambda a, U, V, m: a @ V.mT @ U.mT))


def components_everywhere(forward, x, weights, parts, masks):
    """Layers without masks use UV in your version: they keep their original matrix."""

    def layer(name):
        U, V = parts[name]
        if name not in masks:
            return lambda a: a @ V.mT @ U.mT
        return lambda a: (a @ V.mT * masks[name]) @ U.mT

    return forward(x, {name: layer(name) for name in weights})


def masks_turned_round(forward, x, weights, parts, masks):
    """You multiply with 1 - m: a mask of 1 leaves the component whole."""
    return forward(
        x, _layers(weights, parts, masks, lambda a, U, V, m: (a @ V.mT * (1 - m)) @ U.mT)
    )


def masks_twice(forward, x, weights, parts, masks):
    """You apply each mask twice, at reading and at writing: once is enough."""
    return forward(x, _layers(weights, parts, masks, lambda a, U, V, m: (a @ V.mT * m * m) @ U.mT))


def mean_mask_of_the_batch(forward, x, weights, parts, masks):
    """You average the masks over the batch: every sample has masks of its own."""
    return forward(
        x, _layers(weights, parts, masks, lambda a, U, V, m: (a @ V.mT * m.mean(0)) @ U.mT)
    )


def first_sample_s_masks(forward, x, weights, parts, masks):
    """You use the first sample's masks for all: every sample has masks of its own."""
    return forward(x, _layers(weights, parts, masks, lambda a, U, V, m: (a @ V.mT * m[0]) @ U.mT))


def mean_mask_of_the_sample(forward, x, weights, parts, masks):
    """You average a sample's masks over its components: every component has its own."""
    return forward(
        x,
        _layers(
            weights, parts, masks, lambda a, U, V, m: (a @ V.mT * m.mean(1, keepdim=True)) @ U.mT
        ),
    )


def masks_rounded(forward, x, weights, parts, masks):
    """You round the masks to 0 and 1: a mask of 0.3 leaves three tenths of the component."""
    return forward(
        x, _layers(weights, parts, masks, lambda a, U, V, m: (a @ V.mT * m.round()) @ U.mT)
    )


def masks_detached(forward, x, weights, parts, masks):
    """You cut the masks off from their gradient: the gates learn through them."""
    return forward(
        x, _layers(weights, parts, masks, lambda a, U, V, m: (a @ V.mT * m.detach()) @ U.mT)
    )


def rest_of_w_kept(forward, x, weights, parts, masks):
    """You add what UV lacks of W: in a masked layer the components alone write."""

    def layer(name):
        if name not in masks:
            return lambda a: a @ weights[name].mT
        U, V = parts[name]
        return lambda a: (a @ V.mT * masks[name]) @ U.mT + a @ (weights[name] - U @ V).mT

    return forward(x, {name: layer(name) for name in weights})


def clean_inputs(forward, x, weights, parts, masks):
    """You feed every layer with what comes into it in the unmasked model: what a masked layer
    gives has to go on to the next."""
    seen = {}

    def watch(name):
        def run(a):
            seen[name] = a
            return a @ weights[name].mT

        return run

    forward(x, {name: watch(name) for name in weights})

    def layer(name):
        if name not in masks:
            return lambda a: seen[name] @ weights[name].mT
        U, V = parts[name]
        return lambda a: (seen[name] @ V.mT * masks[name]) @ U.mT

    return forward(x, {name: layer(name) for name in weights})


def late_names(forward, x, weights, parts, masks):
    """Functions made in a loop look their variables up when they are called: all your layers
    become the last one. Make them in a function of their own."""
    layers = {}
    for name, W in weights.items():
        if name in masks:
            U, V = parts[name]
            layers[name] = lambda a: (a @ V.mT * masks[name]) @ U.mT  # noqa: B023
        else:
            layers[name] = lambda a: a @ W.mT  # noqa: B023
    return forward(x, layers)


def matrices_for_each_sample(forward, x, weights, parts, masks):
    """You build a matrix for every sample, `[batch, out, in]`: right, and far too large for a real
    model. The masked inner activations are enough."""

    def masked(a, U, V, m):
        matrices = torch.einsum("bc,oc,ci->boi", m, U, V)
        return torch.einsum("bi,boi->bo", a, matrices)

    return forward(x, _layers(weights, parts, masks, masked))


def inner_activations_rectified(forward, x, weights, parts, masks):
    """You cut negative inner activations off: a component is linear."""
    return forward(
        x, _layers(weights, parts, masks, lambda a, U, V, m: ((a @ V.mT).relu() * m) @ U.mT)
    )


def masks_scaled_up(forward, x, weights, parts, masks):
    """You divide by the mean mask, as dropout does: what is masked is to be missing."""
    return forward(
        x, _layers(weights, parts, masks, lambda a, U, V, m: (a @ V.mT * m / m.mean()) @ U.mT)
    )
