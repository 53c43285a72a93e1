"""Wrong normalisations that students write."""

import torch


def _length(W_dec):
    n = W_dec.norm(dim=1)
    return torch.where(n == 0, torch.ones_like(n), n)


def columns(W_enc, b_enc, W_dec):
    """You normalise the decoder's columns: a latent's direction is a row."""
    n = W_dec.norm(dim=0, keepdim=True)
    rows = _length(W_dec)
    return W_enc * rows, b_enc * rows, W_dec / n


def bias_forgotten(W_enc, b_enc, W_dec):
    """You forget the encoder's bias: it grows with the encoder, or other inputs open the latent."""
    n = _length(W_dec)
    return W_enc * n, b_enc, W_dec / n[:, None]


def encoder_forgotten(W_enc, b_enc, W_dec):
    """You shorten the decoder alone: what its row loses, encoder and bias must gain, or the
    autoencoder computes something else."""
    return W_enc, b_enc, W_dec / _length(W_dec)[:, None]


def weights_forgotten(W_enc, b_enc, W_dec):
    """You scale the bias and not the encoder's weights: both must grow."""
    n = _length(W_dec)
    return W_enc, b_enc * n, W_dec / n[:, None]


def divided(W_enc, b_enc, W_dec):
    """You divide encoder and bias by the length, too: what the row loses they must gain."""
    n = _length(W_dec)
    return W_enc / n, b_enc / n, W_dec / n[:, None]


def squared_length(W_enc, b_enc, W_dec):
    """You divide by the squared length: take the root of the sum of squares."""
    n = _length(W_dec) ** 2
    return W_enc * n, b_enc * n, W_dec / n[:, None]


def sum_of_sizes(W_enc, b_enc, W_dec):
    """You make the sum of the absolute values 1: the length is the root of the sum of squares."""
    n = W_dec.abs().sum(1)
    n = torch.where(n == 0, torch.ones_like(n), n)
    return W_enc * n, b_enc * n, W_dec / n[:, None]


def one_length(W_enc, b_enc, W_dec):
    """You divide by one number, the norm of the whole matrix: each row has its own length."""
    n = W_dec.norm()
    return W_enc * n, b_enc * n, W_dec / n


def largest_entry(W_enc, b_enc, W_dec):
    """You divide by the row's largest entry: divide by its length."""
    n = W_dec.abs().amax(1)
    n = torch.where(n == 0, torch.ones_like(n), n)
    return W_enc * n, b_enc * n, W_dec / n[:, None]


def zero_row_divided(W_enc, b_enc, W_dec):
    """You divide a row of zeros by its length: it becomes NaN. Leave that latent as it is."""
    n = W_dec.norm(dim=1)
    return W_enc * n, b_enc * n, W_dec / n[:, None]


def zero_row_silenced(W_enc, b_enc, W_dec):
    """You multiply the encoder by a length of 0 where a decoder row is zero: that latent is to
    stay as it is."""
    n = W_dec.norm(dim=1)
    return W_enc * n, b_enc * n, W_dec / n.clamp(min=1e-12)[:, None]


def only_long_rows(W_enc, b_enc, W_dec):
    """You shorten the rows that are longer than 1 and leave the others: all get length 1."""
    n = W_dec.norm(dim=1).clamp(min=1)
    return W_enc * n, b_enc * n, W_dec / n[:, None]


def encoder_normalised(W_enc, b_enc, W_dec):
    """You give the encoder's columns length 1: it is the decoder's rows that are to have it."""
    n = W_enc.norm(dim=0)
    return W_enc / n, b_enc / n, W_dec * n[:, None]


def in_place(W_enc, b_enc, W_dec):
    """You change the arguments in place: return new tensors."""
    n = _length(W_dec)
    W_enc *= n
    b_enc *= n
    W_dec /= n[:, None]
    return W_enc, b_enc, W_dec


def biased_twice(W_enc, b_enc, W_dec):
    """You multiply the bias by the length twice."""
    n = _length(W_dec)
    return W_enc * n, b_enc * n * n, W_dec / n[:, None]
