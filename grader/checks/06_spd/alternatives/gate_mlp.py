"""Other right ways to write gate_mlp."""

import torch
from einops import einsum
from torch.nn import functional


def component_by_component(h, gate):
    """A loop over components with ordinary linear layers."""
    columns = []
    for c, (w_in, b_in, w_out, b_out) in enumerate(zip(*gate, strict=True)):
        neurons = functional.gelu(functional.linear(h[:, [c]], w_in[:, None], b_in))
        columns.append(functional.linear(neurons, w_out[None], b_out[None])[:, 0])
    return torch.stack(columns, dim=1)


def einsum_in_double_precision(h, gate):
    """einsum over named axes, with the error function written out, in float64."""
    w_in, b_in, w_out, b_out = (t.double() for t in gate)
    pre = einsum(h.double(), w_in, "b c, c k -> b c k") + b_in
    neurons = pre * 0.5 * (1 + torch.erf(pre / 2**0.5))
    return einsum(neurons, w_out, "b c k, c k -> b c") + b_out


def neuron_by_neuron(h, gate):
    """Adds up the neurons one after the other, with GELU's tanh form."""
    w_in, b_in, w_out, b_out = gate
    z = b_out.expand_as(h)
    for k in range(w_in.shape[1]):
        z = z + functional.gelu(h * w_in[:, k] + b_in[:, k], approximate="tanh") * w_out[:, k]
    return z


def batched_matrix_products(h, gate):
    """Components as the batch of torch.baddbmm."""
    w_in, b_in, w_out, b_out = gate
    neurons = torch.baddbmm(b_in[:, None], h.mT[:, :, None], w_in[:, None])
    return (torch.bmm(functional.gelu(neurons), w_out[:, :, None])[..., 0] + b_out[:, None]).mT
