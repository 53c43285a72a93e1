"""Wrong forward passes that students write."""

import torch


def bias_not_subtracted(x, W_enc, b_enc, W_dec, b_dec):
    """You do not take `b_dec` off the input: the encoder then reads the data's offset as if it
    were a feature."""
    f = torch.relu(x @ W_enc + b_enc)
    return f, f @ W_dec + b_dec


def bias_not_added(x, W_enc, b_enc, W_dec, b_dec):
    """You do not add `b_dec` to the reconstruction: what was taken off has to be put back."""
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f, f @ W_dec


def no_decoder_bias(x, W_enc, b_enc, W_dec, b_dec):
    """You do not use `b_dec` at all: take it off before the encoder and put it back at the end."""
    f = torch.relu(x @ W_enc + b_enc)
    return f, f @ W_dec


def bias_added_before(x, W_enc, b_enc, W_dec, b_dec):
    """You add `b_dec` to the input: it is taken off there."""
    f = torch.relu((x + b_dec) @ W_enc + b_enc)
    return f, f @ W_dec + b_dec


def no_encoder_bias(x, W_enc, b_enc, W_dec, b_dec):
    """You leave out `b_enc`: without it a latent cannot have a threshold of its own."""
    f = torch.relu((x - b_dec) @ W_enc)
    return f, f @ W_dec + b_dec


def no_relu(x, W_enc, b_enc, W_dec, b_dec):
    """You leave out the ReLU: latents then may be negative, and none is exactly 0."""
    f = (x - b_dec) @ W_enc + b_enc
    return f, f @ W_dec + b_dec


def relu_before_the_bias(x, W_enc, b_enc, W_dec, b_dec):
    """You add `b_enc` after the ReLU: it belongs inside, where it decides what fires."""
    f = torch.relu((x - b_dec) @ W_enc) + b_enc
    return f, f @ W_dec + b_dec


def relu_on_the_reconstruction(x, W_enc, b_enc, W_dec, b_dec):
    """You cut the reconstruction at 0: activations may be negative, only latents may not."""
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f, torch.relu(f @ W_dec + b_dec)


def decoder_is_the_encoder(x, W_enc, b_enc, W_dec, b_dec):
    """You decode with the transposed encoder: the decoder has weights of its own, `W_dec`."""
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f, f @ W_enc.mT + b_dec


def swapped(x, W_enc, b_enc, W_dec, b_dec):
    """You return the reconstruction first: the latents come first."""
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f @ W_dec + b_dec, f


def bias_added_back_to_the_latents(x, W_enc, b_enc, W_dec, b_dec):
    """You subtract `b_enc` again when decoding: the latents go through `W_dec` as they are."""
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f, (f - b_enc) @ W_dec + b_dec


def batch_mean_for_the_bias(x, W_enc, b_enc, W_dec, b_dec):
    """You centre with the mean of the batch: the point to count from is `b_dec`, whatever else is
    in the batch."""
    f = torch.relu((x - x.mean(0)) @ W_enc + b_enc)
    return f, f @ W_dec + b_dec


def absolute_values(x, W_enc, b_enc, W_dec, b_dec):
    """You take absolute values: a ReLU sets negative pre-activations to 0."""
    f = ((x - b_dec) @ W_enc + b_enc).abs()
    return f, f @ W_dec + b_dec
