"""Wrong norms that students write."""

import torch


def _rms(x, eps, dim=-1):
    return (x.square().mean(dim, keepdim=True) + eps).sqrt()


def _finish(y, gamma, beta):
    return y * gamma if beta is None else y * gamma + beta


def _centred(x, beta):
    return x if beta is None else x - x.mean(-1, keepdim=True)


def over_positions(x, gamma, beta=None, eps=1e-5):
    """You take the statistics over the positions (`dim=-2`): each position is normalised by
    itself, over d_model, the last axis."""
    dim = -2 if x.dim() > 1 else -1
    centred = x if beta is None else x - x.mean(dim, keepdim=True)
    return _finish(centred / _rms(centred, eps, dim), gamma, beta)


def over_everything(x, gamma, beta=None, eps=1e-5):
    """You take one mean over the whole tensor: give `mean` the axis `-1` and `keepdim=True`."""
    centred = x if beta is None else x - x.mean()
    return _finish(centred / (centred.square().mean() + eps).sqrt(), gamma, beta)


def unbiased_std(x, gamma, beta=None, eps=1e-5):
    """You divide the squares by n - 1 (`var` and `std` do so unless told otherwise): LayerNorm
    divides by n, `correction=0`."""
    centred = _centred(x, beta)
    if beta is None:
        mean_square = centred.square().sum(-1, keepdim=True) / (x.shape[-1] - 1)
    else:
        mean_square = x.var(-1, keepdim=True)
    return _finish(centred / (mean_square + eps).sqrt(), gamma, beta)


def the_two_norms_swapped(x, gamma, beta=None, eps=1e-5):
    """You subtract the mean when there is no `beta` and keep it when there is: RMSNorm (no beta)
    does not centre, LayerNorm does."""
    centred = x - x.mean(-1, keepdim=True) if beta is None else x
    return _finish(centred / _rms(centred, eps), gamma, beta)


def always_layer_norm(x, gamma, beta=None, eps=1e-5):
    """You subtract the mean in both norms: RMSNorm leaves the mean in."""
    centred = x - x.mean(-1, keepdim=True)
    return _finish(centred / _rms(centred, eps), gamma, beta)


def never_centred(x, gamma, beta=None, eps=1e-5):
    """You subtract the mean in neither norm: LayerNorm (when `beta` is given) centres first."""
    return _finish(x / _rms(x, eps), gamma, beta)


def centred_but_divided_by_the_rms(x, gamma, beta=None, eps=1e-5):
    """Your LayerNorm subtracts the mean and then divides by the root mean square of the
    uncentred x: the standard deviation is measured after centring."""
    return _finish(_centred(x, beta) / _rms(x, eps), gamma, beta)


def divided_but_not_centred(x, gamma, beta=None, eps=1e-5):
    """Your LayerNorm divides by the standard deviation and forgets to subtract the mean."""
    return _finish(x / _rms(_centred(x, beta), eps), gamma, beta)


def gamma_dropped(x, gamma, beta=None, eps=1e-5):
    """You leave out `gamma`: each coordinate has its own scale after the norm."""
    centred = _centred(x, beta)
    return _finish(centred / _rms(centred, eps), torch.ones_like(gamma), beta)


def one_plus_gamma(x, gamma, beta=None, eps=1e-5):
    """You multiply by `1 + gamma`: some model families store gamma so, here it is the factor
    itself."""
    centred = _centred(x, beta)
    return _finish(centred / _rms(centred, eps), 1 + gamma, beta)


def beta_dropped(x, gamma, beta=None, eps=1e-5):
    """Your LayerNorm does not add `beta`."""
    centred = _centred(x, beta)
    return centred / _rms(centred, eps) * gamma


def beta_before_gamma(x, gamma, beta=None, eps=1e-5):
    """You add `beta` before you multiply by `gamma`: the shift comes last and is not scaled."""
    centred = _centred(x, beta)
    normalised = centred / _rms(centred, eps)
    return normalised * gamma if beta is None else (normalised + beta) * gamma


def no_root(x, gamma, beta=None, eps=1e-5):
    """You divide by the mean square: take its square root."""
    centred = _centred(x, beta)
    return _finish(centred / _rms(centred, eps).square(), gamma, beta)


def length_for_rms(x, gamma, beta=None, eps=1e-5):
    """You divide by the vector's length (`norm`): the root mean square is smaller by
    sqrt(d_model)."""
    centred = _centred(x, beta)
    return _finish(centred / (centred.square().sum(-1, keepdim=True) + eps).sqrt(), gamma, beta)


def eps_outside_the_root(x, gamma, beta=None, eps=1e-5):
    """You add `eps` to the root: it belongs under the root, beside the mean square."""
    centred = _centred(x, beta)
    return _finish(centred / (_rms(centred, 0.0) + eps), gamma, beta)


def eps_hard_coded(x, gamma, beta=None, eps=1e-5):
    """You use an `eps` of your own (1e-5): use the one you are given, models differ in it."""
    centred = _centred(x, beta)
    return _finish(centred / _rms(centred, 1e-5), gamma, beta)


def no_eps(x, gamma, beta=None, eps=1e-5):
    """You leave out `eps`: a vector of zeros becomes NaN."""
    centred = _centred(x, beta)
    return _finish(centred / _rms(centred, 0.0), gamma, beta)


def in_place(x, gamma, beta=None, eps=1e-5):
    """You write into `x` (`-=`, `/=`, `mul_`): that is the caller's residual stream. Make a new
    tensor."""
    if beta is not None:
        x -= x.mean(-1, keepdim=True)
    x /= _rms(x, eps)
    x *= gamma
    return x if beta is None else x + beta
