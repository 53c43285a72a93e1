"""Wrong gate networks that students write."""

import torch
from torch.nn import functional


def one_network_for_all(h, gate):
    """You send every component through the weights of the first: each has a network of its own."""
    w_in, b_in, w_out, b_out = gate
    neurons = functional.gelu(h[..., None] * w_in[0] + b_in[0])
    return (neurons * w_out[0]).sum(-1) + b_out[0]


def components_mixed(h, gate):
    """You multiply h with a matrix that mixes the components: no component may see another's
    number."""
    w_in, b_in, w_out, b_out = gate
    neurons = functional.gelu((h @ w_in)[:, None] + b_in)
    return (neurons * w_out).sum(-1) + b_out


def relu(h, gate):
    """You use ReLU: the gate's neurons are GELUs."""
    w_in, b_in, w_out, b_out = gate
    return (torch.relu(h[..., None] * w_in + b_in) * w_out).sum(-1) + b_out


def no_activation(h, gate):
    """You leave out the GELU: the network is then a straight line."""
    w_in, b_in, w_out, b_out = gate
    return ((h[..., None] * w_in + b_in) * w_out).sum(-1) + b_out


def no_inner_bias(h, gate):
    """You leave out `b_in`: without it every neuron bends at 0."""
    w_in, _, w_out, b_out = gate
    return (functional.gelu(h[..., None] * w_in) * w_out).sum(-1) + b_out


def no_outer_bias(h, gate):
    """You leave out `b_out`."""
    w_in, b_in, w_out, _ = gate
    return (functional.gelu(h[..., None] * w_in + b_in) * w_out).sum(-1)


def outer_bias_in_every_neuron(h, gate):
    """You add `b_out` to every neuron before the sum: it is added once, after it."""
    w_in, b_in, w_out, b_out = gate
    neurons = functional.gelu(h[..., None] * w_in + b_in)
    return (neurons * w_out + b_out[:, None]).sum(-1)


def mean_over_neurons(h, gate):
    """You average over the neurons: they are added up."""
    w_in, b_in, w_out, b_out = gate
    return (functional.gelu(h[..., None] * w_in + b_in) * w_out).mean(-1) + b_out


def activation_after_the_sum(h, gate):
    """You put the GELU after the output weights: it belongs to each neuron."""
    w_in, b_in, w_out, b_out = gate
    return functional.gelu(((h[..., None] * w_in + b_in) * w_out).sum(-1)) + b_out


def sigmoid_at_the_end(h, gate):
    """You squash the output: that is the leaky functions' work, in the next exercises."""
    w_in, b_in, w_out, b_out = gate
    z = (functional.gelu(h[..., None] * w_in + b_in) * w_out).sum(-1) + b_out
    return torch.sigmoid(z)


def clamped_at_the_end(h, gate):
    """You clamp the output: that is the leaky functions' work, in the next exercises."""
    w_in, b_in, w_out, b_out = gate
    z = (functional.gelu(h[..., None] * w_in + b_in) * w_out).sum(-1) + b_out
    return z.clamp(0, 1)


def weights_swapped(h, gate):
    """You use `w_out` on the way in and `w_in` on the way out."""
    w_in, b_in, w_out, b_out = gate
    return (functional.gelu(h[..., None] * w_out + b_in) * w_in).sum(-1) + b_out


def size_of_h(h, gate):
    """You drop the sign of h: a gate may treat the two signs differently."""
    w_in, b_in, w_out, b_out = gate
    return (functional.gelu(h.abs()[..., None] * w_in + b_in) * w_out).sum(-1) + b_out


def mean_of_the_batch(h, gate):
    """You take the batch's mean of h: every sample has gates of its own."""
    w_in, b_in, w_out, b_out = gate
    mean = h.mean(0, keepdim=True).expand_as(h)
    return (functional.gelu(mean[..., None] * w_in + b_in) * w_out).sum(-1) + b_out


def detached(h, gate):
    """You cut h off from its gradient: the components learn through their gates, too."""
    w_in, b_in, w_out, b_out = gate
    return (functional.gelu(h.detach()[..., None] * w_in + b_in) * w_out).sum(-1) + b_out
