"""Wrong decompositions by hand that students write."""

import torch


def _answer(weights, bias, inputs, **changed):
    """The right answer with some of it changed: gates from functions of each layer's number."""
    eye = torch.eye(len(bias), dtype=bias.dtype)
    parts = {"embed": (weights["embed"], eye), "unembed": (eye, weights["unembed"])}
    parts.update(changed.get("parts", {}))
    rules = {"embed": lambda h: h > 0, "unembed": lambda h: h > -bias, **changed}
    g = {name: rules[name](inputs[name] @ parts[name][1].mT).to(bias.dtype) for name in parts}
    return parts, g


def bias_forgotten(weights, bias, inputs):
    """In unembed you open every gate whose number is above 0: below the bias the ReLU answers 0
    whatever the mask is, so that the gate need not be open."""
    return _answer(weights, bias, inputs, unembed=lambda h: h > 0)


def sign_of_the_bias(weights, bias, inputs):
    """You compare with the bias itself: h + b is above 0 where h is above *minus* b."""
    return _answer(weights, bias, inputs, unembed=lambda h: h > bias)


def below_the_bias(weights, bias, inputs):
    """You open the gates whose numbers do not get over the bias: these are the ones that may be
    shut."""
    return _answer(weights, bias, inputs, unembed=lambda h: h <= -bias)


def open_where_not_0(weights, bias, inputs):
    """In unembed you open every gate whose number is not 0, and that is nearly always: it is
    needed only where its number gets over the bias."""
    return _answer(weights, bias, inputs, unembed=lambda h: h != 0)


def all_open(weights, bias, inputs):
    """You leave all gates open: then nothing can go wrong, and nothing has been said."""
    return _answer(weights, bias, inputs, embed=lambda h: h == h, unembed=lambda h: h == h)


def all_of_embed_open(weights, bias, inputs):
    """You open the gates of embed from 0 on, 0 included: a feature that is not there needs no
    component."""
    return _answer(weights, bias, inputs, embed=lambda h: h >= 0)


def all_shut(weights, bias, inputs):
    """You shut all gates: then even what is needed may be masked."""
    return _answer(weights, bias, inputs, embed=lambda h: h != h, unembed=lambda h: h != h)


def embed_on_its_axes(weights, bias, inputs):
    """You take embed apart into what it writes on each axis of the hidden space: a feature has a
    column, and that is a component of its own."""
    eye = torch.eye(len(weights["embed"]), dtype=bias.dtype)
    return _answer(
        weights, bias, inputs, parts={"embed": (eye, weights["embed"])}, embed=lambda h: h != 0
    )


def unembed_like_embed(weights, bias, inputs):
    """You take unembed apart as embed, V = I and U = W: what it reads are axes of the hidden space,
    and no feature lives on an axis. Its rows belong to features."""
    W = weights["unembed"]
    eye = torch.eye(W.shape[1], dtype=bias.dtype)
    return _answer(weights, bias, inputs, parts={"unembed": (W, eye)}, unembed=lambda h: h > 0)


def unembed_like_embed_open(weights, bias, inputs):
    """You take unembed apart by the axes of the hidden space and open a gate wherever its axis is
    not 0: that is always both of them. The rows of unembed belong to features."""
    W = weights["unembed"]
    eye = torch.eye(W.shape[1], dtype=bias.dtype)
    return _answer(weights, bias, inputs, parts={"unembed": (W, eye)}, unembed=lambda h: h != 0)


def half_the_size(weights, bias, inputs):
    """Your components have half the size: they have to sum to the matrices."""
    eye = torch.eye(len(bias), dtype=bias.dtype)
    return _answer(weights, bias, inputs, parts={"embed": (weights["embed"] / 2, eye)})


def gates_of_the_whole_batch(weights, bias, inputs):
    """You open a gate for all samples if any sample needs it: every sample has gates of its own."""
    parts, g = _answer(weights, bias, inputs)
    return parts, {n: gate.amax(0, keepdim=True).expand_as(gate).clone() for n, gate in g.items()}


def inputs_swapped(weights, bias, inputs):
    """In unembed you look at the features instead of the layer's own input: a component sees what
    comes into its layer."""
    parts, g = _answer(weights, bias, inputs)
    return parts, {**g, "unembed": (inputs["embed"] > 0).to(bias.dtype)}


def outputs_for_gates(weights, bias, inputs):
    """Your gates of unembed are the outputs themselves: a gate is 0 or 1."""
    parts, g = _answer(weights, bias, inputs)
    return parts, {**g, "unembed": (inputs["unembed"] @ weights["unembed"].mT + bias).relu()}


def transposed_for_unembed(weights, bias, inputs):
    """You take the transpose of embed for the rows of unembed: the layer has a matrix of its
    own."""
    eye = torch.eye(len(bias), dtype=bias.dtype)
    return _answer(weights, bias, inputs, parts={"unembed": (eye, weights["embed"].mT)})
