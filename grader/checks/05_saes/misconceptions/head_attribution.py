"""Wrong head attributions that students write."""

import torch


def _blocks(z, W_enc, b_dec):
    sizes = z.shape[1:]
    return W_enc.unflatten(0, sizes), b_dec.unflatten(0, sizes)


def _shares(centred, blocks):
    return torch.einsum("bhd,hdn->bhn", centred, blocks)


def not_centred(z, W_enc, b_dec):
    """You do not take b_dec off: the shares then do not add up to the pre-activation."""
    return _shares(z, _blocks(z, W_enc, b_dec)[0])


def interleaved(z, W_enc, b_dec):
    """You cut the encoder as if the heads' numbers alternated: head 0's d_head numbers come first,
    then head 1's."""
    h, d = z.shape[1:]
    blocks = W_enc.unflatten(0, (d, h)).transpose(0, 1)
    return _shares(z - b_dec.unflatten(0, (h, d)), blocks)


def bias_interleaved(z, W_enc, b_dec):
    """You cut b_dec as if the heads' numbers alternated: it is cut as the encoder is."""
    h, d = z.shape[1:]
    return _shares(z - b_dec.unflatten(0, (d, h)).mT, _blocks(z, W_enc, b_dec)[0])


def heads_reversed(z, W_enc, b_dec):
    """You give the heads' blocks in the wrong order: head 0's comes first."""
    blocks, bias = _blocks(z, W_enc, b_dec)
    return _shares(z - bias, blocks.flip(0))


def whole_pre_activation(z, W_enc, b_dec):
    """You give every head the whole pre-activation: each head has its own share."""
    pre = (z.flatten(1) - b_dec) @ W_enc
    return pre[:, None].expand(-1, z.shape[1], -1).contiguous()


def evenly(z, W_enc, b_dec):
    """You divide the pre-activation evenly among the heads: a share is what a head adds."""
    pre = (z.flatten(1) - b_dec) @ W_enc
    return (pre[:, None] / z.shape[1]).expand(-1, z.shape[1], -1).contiguous()


def bias_shared_out(z, W_enc, b_dec):
    """You share b_dec's part out evenly: each head has its own block of it."""
    blocks, _ = _blocks(z, W_enc, b_dec)
    return _shares(z, blocks) - (b_dec @ W_enc) / z.shape[1]


def bias_off_everywhere(z, W_enc, b_dec):
    """You take the whole of b_dec's part off every head: each has its own block of it."""
    blocks, _ = _blocks(z, W_enc, b_dec)
    return _shares(z, blocks) - b_dec @ W_enc


def cut_at_zero(z, W_enc, b_dec):
    """You cut the shares at 0: a head may push a latent down."""
    blocks, bias = _blocks(z, W_enc, b_dec)
    return _shares(z - bias, blocks).relu()


def absolute(z, W_enc, b_dec):
    """You take absolute values: a head may push a latent down."""
    blocks, bias = _blocks(z, W_enc, b_dec)
    return _shares(z - bias, blocks).abs()


def normalised(z, W_enc, b_dec):
    """You divide by the sum over heads: what is asked for is in units of the pre-activation."""
    blocks, bias = _blocks(z, W_enc, b_dec)
    shares = _shares(z - bias, blocks)
    return shares / shares.sum(1, keepdim=True)


def mean_over_d_head(z, W_enc, b_dec):
    """You average over d_head: sum over it."""
    blocks, bias = _blocks(z, W_enc, b_dec)
    return _shares(z - bias, blocks) / z.shape[2]


def norms_of_the_weights(z, W_enc, b_dec):
    """You return the lengths of the encoder's blocks: what a head adds depends on its output."""
    blocks, _ = _blocks(z, W_enc, b_dec)
    return blocks.norm(dim=1).expand(len(z), -1, -1).contiguous()


def bias_added(z, W_enc, b_dec):
    """You add b_dec: it is taken off."""
    blocks, bias = _blocks(z, W_enc, b_dec)
    return _shares(z + bias, blocks)


def axes_swapped(z, W_enc, b_dec):
    """You return latents before heads: the order is sample, head, latent."""
    blocks, bias = _blocks(z, W_enc, b_dec)
    return _shares(z - bias, blocks).mT


def head_zero_only(z, W_enc, b_dec):
    """You use head 0's block for all heads: each reads with its own."""
    blocks, bias = _blocks(z, W_enc, b_dec)
    return _shares(z - bias, blocks[:1].expand_as(blocks))
