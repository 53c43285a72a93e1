"""Other right ways to write masked_forward."""

from functools import partial

import torch
from einops import einsum
from torch.nn import functional


def with_partial(forward, x, weights, parts, masks):
    """functools.partial fixes what each layer needs."""

    def masked(a, U, V, m):
        return functional.linear(functional.linear(a, V) * m, U)

    layers = {}
    for name, W in weights.items():
        if name in masks:
            U, V = parts[name]
            layers[name] = partial(masked, U=U, V=V, m=masks[name])
        else:
            layers[name] = partial(functional.linear, weight=W)
    return forward(x, layers)


class _Layer:
    def __init__(self, W, part, mask):
        self.W, self.part, self.mask = W, part, mask

    def __call__(self, a):
        if self.mask is None:
            return einsum(a, self.W, "b i, o i -> b o")
        U, V = self.part
        h = einsum(a, V, "b i, c i -> b c") * self.mask
        return einsum(h, U, "b c, o c -> b o")


def layers_as_objects(forward, x, weights, parts, masks):
    """A small class for a layer, and einsum over named axes."""
    return forward(
        x, {n: _Layer(W, parts.get(n), masks.get(n)) for n, W in weights.items()}
    )  # fmt: skip


def component_by_component(forward, x, weights, parts, masks):
    """Adds up what each component writes, with default arguments in the loop."""
    layers = {name: (lambda a, W=W: a @ W.T) for name, W in weights.items()}
    for name, mask in masks.items():

        def run(a, part=parts[name], mask=mask):
            out = torch.zeros(len(a), len(part[0]), dtype=a.dtype)
            for c in range(mask.shape[1]):
                h = (a @ part[1][c]) * mask[:, c]
                out = out + torch.outer(h, part[0][:, c])
            return out

        layers[name] = run
    return forward(x, layers)
