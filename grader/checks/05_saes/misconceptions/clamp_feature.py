"""Wrong ways to clamp a latent that students write."""

import torch


def _moved(x, steps, row):
    return x + steps[..., None] * row


def reconstruction_returned(x, encode, W_dec, latent, value):
    """You put the decoded latents in the activation's place: what the dictionary does not
    reconstruct is lost with it. Keep the error term."""
    z = encode(x).clone()
    z[..., latent] = value
    return z @ W_dec


def value_added(x, encode, W_dec, latent, value):
    """You add the value to what is there: clamped at a value means that it *has* it afterwards."""
    return x + value * W_dec[latent]


def only_where_it_fires(x, encode, W_dec, latent, value):
    """You clamp only where the latent fires: it gets the value everywhere."""
    a = encode(x)[..., latent]
    return _moved(x, (value - a) * (a > 0), W_dec[latent])


def only_where_it_is_silent(x, encode, W_dec, latent, value):
    """You clamp only where the latent is silent: it gets the value everywhere."""
    a = encode(x)[..., latent]
    return _moved(x, value * (a == 0), W_dec[latent])


def never_lowered(x, encode, W_dec, latent, value):
    """You only raise the latent: where it is above the value it comes down to it."""
    a = encode(x)[..., latent]
    return _moved(x, (value - a).clamp(min=0), W_dec[latent])


def multiplied(x, encode, W_dec, latent, value):
    """You multiply the activation by the value: the value is what it is to be, not a factor."""
    a = encode(x)[..., latent]
    return _moved(x, (value - 1) * a, W_dec[latent])


def unit_row(x, encode, W_dec, latent, value):
    """You normalise the decoder row: the activation is in units of the row as it is."""
    a = encode(x)[..., latent]
    return _moved(x, value - a, W_dec[latent] / W_dec[latent].norm())


def row_taken_out(x, encode, W_dec, latent, value):
    """You take the whole direction out of x and put the value in: other latents and the error use
    that direction, too."""
    unit = W_dec[latent] / W_dec[latent].norm()
    return x - (x @ unit)[..., None] * unit + value * W_dec[latent]


def sign_reversed(x, encode, W_dec, latent, value):
    """Your sign is reversed: x moves by the value minus the activation."""
    a = encode(x)[..., latent]
    return _moved(x, a - value, W_dec[latent])


def change_returned(x, encode, W_dec, latent, value):
    """You return the change alone: it is added to x."""
    return (value - encode(x)[..., latent])[..., None] * W_dec[latent]


def neighbour(x, encode, W_dec, latent, value):
    """You are off by one: latents count from 0."""
    a = encode(x)[..., latent - 1]
    return _moved(x, value - a, W_dec[latent - 1])


def all_others_off(x, encode, W_dec, latent, value):
    """You switch all other latents off: only this one changes."""
    z = encode(x)
    wanted = torch.zeros_like(z)
    wanted[..., latent] = value
    return x + (wanted - z) @ W_dec


def mean_activation(x, encode, W_dec, latent, value):
    """You subtract the latent's mean over all samples: each sample has an activation of its own."""
    a = encode(x)[..., latent].mean()
    return x + (value - a) * W_dec[latent]


def in_place(x, encode, W_dec, latent, value):
    """You write into x: return a new tensor, the clean activations may still be needed."""
    x += (value - encode(x)[..., latent])[..., None] * W_dec[latent]
    return x
