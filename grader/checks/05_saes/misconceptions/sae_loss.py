"""Wrong SAE losses that students write."""


def _error(x, x_hat):
    return (x - x_hat).square().sum(1).mean()


def no_decoder_norm(x, x_hat, latents, W_dec, l1):
    """Your price is on the latents alone: halving them and doubling the decoder's rows would make
    it cheaper. Weigh each latent with the length of its row."""
    return _error(x, x_hat) + l1 * latents.sum(1).mean()


def sum_over_the_batch(x, x_hat, latents, W_dec, l1):
    """You sum over the samples: take the mean, so that a larger batch costs no more."""
    price = (latents * W_dec.norm(dim=1)).sum()
    return (x - x_hat).square().sum() + l1 * price


def price_summed_over_the_batch(x, x_hat, latents, W_dec, l1):
    """You sum the price over the samples while the error is a mean: take the mean of both."""
    return _error(x, x_hat) + l1 * (latents * W_dec.norm(dim=1)).sum()


def error_averaged_over_dimensions(x, x_hat, latents, W_dec, l1):
    """You average the error over the dimensions (`mse_loss` does): sum over them. The price is
    larger beside it than you think."""
    return (x - x_hat).square().mean() + l1 * (latents * W_dec.norm(dim=1)).sum(1).mean()


def price_averaged_over_latents(x, x_hat, latents, W_dec, l1):
    """You average the price over the latents: sum over them, or a larger dictionary pays less."""
    return _error(x, x_hat) + l1 * (latents * W_dec.norm(dim=1)).mean()


def latents_detached(x, x_hat, latents, W_dec, l1):
    """You cut the price off from the latents (`detach`): they would never feel it."""
    return _error(x, x_hat) + l1 * (latents.detach() * W_dec.norm(dim=1)).sum(1).mean()


def decoder_detached(x, x_hat, latents, W_dec, l1):
    """You cut the price off from the decoder (`detach`): its rows would never feel it, and could
    grow for nothing."""
    return _error(x, x_hat) + l1 * (latents * W_dec.detach().norm(dim=1)).sum(1).mean()


def norm_for_squared_error(x, x_hat, latents, W_dec, l1):
    """You take the distance, not its square: the error is squared before it is summed."""
    return ((x - x_hat).norm(dim=1) + l1 * (latents * W_dec.norm(dim=1)).sum(1)).mean()


def squared_latents(x, x_hat, latents, W_dec, l1):
    """You square the latents in the price: that makes many small ones, an L1 price few."""
    return _error(x, x_hat) + l1 * (latents * W_dec.norm(dim=1)).square().sum(1).mean()


def squared_norms(x, x_hat, latents, W_dec, l1):
    """You weigh with the squared lengths of the decoder's rows: weigh with the lengths."""
    return _error(x, x_hat) + l1 * (latents * W_dec.square().sum(1)).sum(1).mean()


def l1_norm_of_the_rows(x, x_hat, latents, W_dec, l1):
    """You take the rows' L1 norm (sums of absolute values): their length is the L2 norm."""
    return _error(x, x_hat) + l1 * (latents * W_dec.abs().sum(1)).sum(1).mean()


def one_norm_for_all(x, x_hat, latents, W_dec, l1):
    """You take one norm, of the whole decoder: each latent is weighed with its own row's."""
    return _error(x, x_hat) + l1 * (latents * W_dec.norm()).sum(1).mean()


def length_of_the_sum(x, x_hat, latents, W_dec, l1):
    """Your price is the length of the whole reconstruction: it is the sum of what the latents
    write, one by one."""
    return _error(x, x_hat) + l1 * (latents @ W_dec).norm(dim=1).mean()


def counted(x, x_hat, latents, W_dec, l1):
    """You count the active latents: that has no gradient. The price is on their size."""
    price = ((latents > 0).to(x.dtype) * W_dec.norm(dim=1)).sum(1).mean()
    return _error(x, x_hat) + l1 * price


def price_subtracted(x, x_hat, latents, W_dec, l1):
    """You subtract the price: then latents are rewarded."""
    return _error(x, x_hat) - l1 * (latents * W_dec.norm(dim=1)).sum(1).mean()


def half_the_error(x, x_hat, latents, W_dec, l1):
    """You halve the squared error: it counts in full."""
    return _error(x, x_hat) / 2 + l1 * (latents * W_dec.norm(dim=1)).sum(1).mean()
