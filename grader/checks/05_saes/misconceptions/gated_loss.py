"""Wrong gated losses that students write."""


def _error(x, latents, W_dec, b_dec):
    return (x - latents @ W_dec - b_dec).square().sum(1)


def decoder_not_frozen(x, latents, gate, W_dec, b_dec, l1):
    """You let the decoder learn from the gates' error, too: there it is frozen (`detach`)."""
    p = gate.relu()
    aux = _error(x, p, W_dec, b_dec)
    return (_error(x, latents, W_dec, b_dec) + l1 * p.sum(1) + aux).mean()


def bias_not_frozen(x, latents, gate, W_dec, b_dec, l1):
    """You freeze W_dec in the gates' error and forget b_dec: both are frozen there."""
    p = gate.relu()
    aux = _error(x, p, W_dec.detach(), b_dec)
    return (_error(x, latents, W_dec, b_dec) + l1 * p.sum(1) + aux).mean()


def frozen_everywhere(x, latents, gate, W_dec, b_dec, l1):
    """You freeze the decoder in both errors: it learns from the latents' one."""
    p, W, b = gate.relu(), W_dec.detach(), b_dec.detach()
    return (_error(x, latents, W, b) + l1 * p.sum(1) + _error(x, p, W, b)).mean()


def no_auxiliary_error(x, latents, gate, W_dec, b_dec, l1):
    """You leave out the gates' own error: nothing then teaches a gate to open, and all close."""
    return (_error(x, latents, W_dec, b_dec) + l1 * gate.relu().sum(1)).mean()


def price_on_the_latents(x, latents, gate, W_dec, b_dec, l1):
    """You put the price on the latents: it is on the gates, so that the latents need not shrink."""
    p = gate.relu()
    aux = _error(x, p, W_dec.detach(), b_dec.detach())
    return (_error(x, latents, W_dec, b_dec) + l1 * latents.sum(1) + aux).mean()


def price_on_negative_gates(x, latents, gate, W_dec, b_dec, l1):
    """Your price counts closed gates as well (as negative numbers): only open ones pay."""
    p = gate.relu()
    aux = _error(x, p, W_dec.detach(), b_dec.detach())
    return (_error(x, latents, W_dec, b_dec) + l1 * gate.sum(1) + aux).mean()


def price_on_absolute_values(x, latents, gate, W_dec, b_dec, l1):
    """Your price is on the gates' absolute values: a closed gate costs nothing."""
    p = gate.relu()
    aux = _error(x, p, W_dec.detach(), b_dec.detach())
    return (_error(x, latents, W_dec, b_dec) + l1 * gate.abs().sum(1) + aux).mean()


def gate_without_relu(x, latents, gate, W_dec, b_dec, l1):
    """You decode the gates with their negative values: take the positive part."""
    aux = _error(x, gate, W_dec.detach(), b_dec.detach())
    return (_error(x, latents, W_dec, b_dec) + l1 * gate.relu().sum(1) + aux).mean()


def gate_detached(x, latents, gate, W_dec, b_dec, l1):
    """You cut the gates off in their own error: it is there to teach them. Freeze the decoder."""
    p = gate.relu()
    aux = _error(x, p.detach(), W_dec, b_dec)
    return (_error(x, latents, W_dec, b_dec) + l1 * p.sum(1) + aux).mean()


def gate_frozen_with_the_decoder(x, latents, gate, W_dec, b_dec, l1):
    """You freeze the gates together with the decoder in their own error: then only the price moves
    a gate, and all of them close. Freeze the decoder alone."""
    p = gate.relu()
    aux = _error(x, p, W_dec, b_dec).detach()
    return (_error(x, latents, W_dec, b_dec) + l1 * p.sum(1) + aux).mean()


def latents_in_the_auxiliary_error(x, latents, gate, W_dec, b_dec, l1):
    """You use the latents in the gates' error: it decodes the gates' positive parts."""
    p = gate.relu()
    aux = _error(x, latents, W_dec.detach(), b_dec.detach())
    return (_error(x, latents, W_dec, b_dec) + l1 * p.sum(1) + aux).mean()


def auxiliary_error_of_the_reconstruction(x, latents, gate, W_dec, b_dec, l1):
    """You compare the gates' reconstruction with the latents' one: compare it with the input."""
    p = gate.relu()
    x_hat = latents @ W_dec + b_dec
    aux = (x_hat.detach() - p @ W_dec.detach() - b_dec.detach()).square().sum(1)
    return (_error(x, latents, W_dec, b_dec) + l1 * p.sum(1) + aux).mean()


def bias_left_out_of_the_auxiliary_error(x, latents, gate, W_dec, b_dec, l1):
    """You leave b_dec out of the gates' error: it is frozen there, not absent."""
    p = gate.relu()
    aux = (x - p @ W_dec.detach()).square().sum(1)
    return (_error(x, latents, W_dec, b_dec) + l1 * p.sum(1) + aux).mean()


def summed(x, latents, gate, W_dec, b_dec, l1):
    """You sum over the samples: take the mean."""
    p = gate.relu()
    aux = _error(x, p, W_dec.detach(), b_dec.detach())
    return (_error(x, latents, W_dec, b_dec) + l1 * p.sum(1) + aux).sum()


def averaged_over_dimensions(x, latents, gate, W_dec, b_dec, l1):
    """You average the errors over the dimensions: sum over them."""
    p = gate.relu()
    aux = _error(x, p, W_dec.detach(), b_dec.detach()) / x.shape[1]
    return (_error(x, latents, W_dec, b_dec) / x.shape[1] + l1 * p.sum(1) + aux).mean()


def price_averaged(x, latents, gate, W_dec, b_dec, l1):
    """You average the price over the latents: sum over them."""
    p = gate.relu()
    aux = _error(x, p, W_dec.detach(), b_dec.detach())
    return (_error(x, latents, W_dec, b_dec) + l1 * p.mean(1) + aux).mean()


def auxiliary_error_priced(x, latents, gate, W_dec, b_dec, l1):
    """You multiply the gates' error by l1, too: it counts in full."""
    p = gate.relu()
    aux = _error(x, p, W_dec.detach(), b_dec.detach())
    return (_error(x, latents, W_dec, b_dec) + l1 * (p.sum(1) + aux)).mean()
