"""Wrong gated encoders that students write."""

import torch


def _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    shared = (x - b_dec) @ W_gate
    return shared, shared + b_gate, shared * r_mag.exp() + b_mag


def not_centred(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You do not take `b_dec` off the input."""
    _, gate, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, 0 * b_dec)
    return (gate > 0) * magnitude.relu(), gate


def scale_without_exponential(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You scale with r_mag itself: the scale is its exponential, which is always positive."""
    shared, gate, _ = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return (gate > 0) * (shared * r_mag + b_mag).relu(), gate


def bias_scaled(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You scale the magnitude's bias, too: only the product is scaled."""
    shared, gate, _ = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return (gate > 0) * ((shared + b_mag) * r_mag.exp()).relu(), gate


def magnitude_from_the_gate(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You scale the gate with its bias: the magnitude shares the product, not the gate's bias."""
    _, gate, _ = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return (gate > 0) * (gate * r_mag.exp() + b_mag).relu(), gate


def gate_multiplies(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You multiply by the gate's value: it only opens or shuts, 1 or 0."""
    _, gate, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return gate.relu() * magnitude.relu(), gate


def soft_gate(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You use a sigmoid for the gate: it is open or shut, nothing between."""
    _, gate, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return gate.sigmoid() * magnitude.relu(), gate


def no_relu(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You leave out the ReLU of the magnitude: an open gate may still let a negative number
    through."""
    _, gate, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return (gate > 0) * magnitude, gate


def no_gate(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You leave out the gate: it decides which latents are there."""
    _, gate, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return magnitude.relu(), gate


def gate_by_the_magnitude(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You open where the magnitude is positive and let the gate through: it is the other way
    round."""
    _, gate, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return (magnitude > 0) * gate.relu(), gate


def biases_swapped(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You swap the two biases."""
    _, gate, magnitude = _parts(x, W_gate, b_mag, r_mag, b_gate, b_dec)
    return (gate > 0) * magnitude.relu(), gate


def gate_without_bias(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You leave out the gate's bias: it is the threshold at which a latent opens."""
    shared, _, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return (shared > 0) * magnitude.relu(), shared


def magnitude_without_bias(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You leave out the magnitude's bias."""
    shared, gate, _ = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return (gate > 0) * (shared * r_mag.exp()).relu(), gate


def gate_scaled(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You scale the gate as well: only the magnitude is scaled."""
    shared, _, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    gate = shared * r_mag.exp() + b_gate
    return (gate > 0) * magnitude.relu(), gate


def positive_part_returned(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You return the gate's positive part: it is asked for before the threshold."""
    _, gate, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return (gate > 0) * magnitude.relu(), gate.relu()


def open_or_shut_returned(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You return the gate as 0 or 1: it is asked for before the threshold."""
    _, gate, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return (gate > 0) * magnitude.relu(), (gate > 0).to(x.dtype)


def swapped(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You return the gate first: the latents come first."""
    _, gate, magnitude = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return gate, (gate > 0) * magnitude.relu()


def scaled_by_one_plus(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """You scale with 1 + r_mag: the scale is the exponential of r_mag."""
    shared, gate, _ = _parts(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    return torch.where(gate > 0, (shared * (1 + r_mag) + b_mag).relu(), 0), gate
