"""Wrong transcoder losses that students write."""

import torch


def _latents(x, W_enc, b_enc):
    return torch.relu(x @ W_enc + b_enc)


def _loss(target, guess, f, W_dec, l1):
    price = (f * W_dec.norm(dim=1)).sum(1)
    return ((target - guess).square().sum(1) + l1 * price).mean()


def _on_the_left(x, b_dec):
    """b_dec cut or filled up with zeros to the size of the input."""
    short = b_dec[: x.shape[1]]
    return torch.nn.functional.pad(short, (0, x.shape[1] - len(short)))


def bias_taken_off_the_input(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You take b_dec off the input, as an autoencoder does: here it belongs to the output, which
    lives elsewhere."""
    f = _latents(x - _on_the_left(x, b_dec), W_enc, b_enc)
    return _loss(y, f @ W_dec + b_dec, f, W_dec, l1)


def reconstructs_the_input(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You compare with the input: a transcoder predicts the layer's output."""
    f = _latents(x, W_enc, b_enc)
    n = min(x.shape[1], y.shape[1])
    guess = f @ W_dec + b_dec
    return _loss(x[:, :n], guess[:, :n], f, W_dec, l1)


def input_added(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You add the input to the prediction, as a residual stream does: what is asked for is the
    layer's output alone."""
    f = _latents(x, W_enc, b_enc)
    n = min(x.shape[1], y.shape[1])
    skip = torch.nn.functional.pad(x[:, :n], (0, y.shape[1] - n))
    return _loss(y, f @ W_dec + b_dec + skip, f, W_dec, l1)


def encodes_the_output(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You encode the output: the encoder reads the layer's input."""
    n = min(x.shape[1], y.shape[1])
    f = torch.relu(y[:, :n] @ W_enc[:n] + b_enc)
    return _loss(y, f @ W_dec + b_dec, f, W_dec, l1)


def no_output_bias(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You leave out b_dec."""
    f = _latents(x, W_enc, b_enc)
    return _loss(y, f @ W_dec, f, W_dec, l1)


def no_encoder_bias(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You leave out b_enc."""
    f = torch.relu(x @ W_enc)
    return _loss(y, f @ W_dec + b_dec, f, W_dec, l1)


def no_relu(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You leave out the ReLU: a product of two matrices is no MLP."""
    f = x @ W_enc + b_enc
    return _loss(y, f @ W_dec + b_dec, f, W_dec, l1)


def no_decoder_norm(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """Your price is on the latents alone: weigh each with the length of its decoder row."""
    f = _latents(x, W_enc, b_enc)
    return ((y - f @ W_dec - b_dec).square().sum(1) + l1 * f.sum(1)).mean()


def encoder_norm(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You weigh the latents by their encoder columns: weigh by the decoder rows, which write."""
    f = _latents(x, W_enc, b_enc)
    return ((y - f @ W_dec - b_dec).square().sum(1) + l1 * f @ W_enc.norm(dim=0)).mean()


def averaged_over_dimensions(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You average the error over the dimensions: sum over them."""
    f = _latents(x, W_enc, b_enc)
    price = (f * W_dec.norm(dim=1)).sum(1).mean()
    return (y - f @ W_dec - b_dec).square().mean() + l1 * price


def summed_over_the_batch(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You sum over the samples: take the mean."""
    f = _latents(x, W_enc, b_enc)
    return _loss(y, f @ W_dec + b_dec, f, W_dec, l1) * len(x)


def price_left_out(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You leave out the price."""
    f = _latents(x, W_enc, b_enc)
    return _loss(y, f @ W_dec + b_dec, f, W_dec, 0.0)


def price_averaged(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You average the price over the latents: sum over them."""
    f = _latents(x, W_enc, b_enc)
    price = (f * W_dec.norm(dim=1)).mean(1)
    return ((y - f @ W_dec - b_dec).square().sum(1) + l1 * price).mean()


def latents_detached(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You cut the latents off in the price (`detach`): they would never feel it."""
    f = _latents(x, W_enc, b_enc)
    price = (f.detach() * W_dec.norm(dim=1)).sum(1)
    return ((y - f @ W_dec - b_dec).square().sum(1) + l1 * price).mean()


def relu_on_the_output(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """You cut the prediction at 0: an MLP's output may be negative."""
    f = _latents(x, W_enc, b_enc)
    return _loss(y, torch.relu(f @ W_dec + b_dec), f, W_dec, l1)
