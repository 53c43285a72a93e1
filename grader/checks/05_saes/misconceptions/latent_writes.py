"""Wrong latent writes that students write."""

import torch


def _rows(W_dec, W_O):
    return W_dec.unflatten(1, W_O.shape[:2])


def _through(rows, W_O):
    return torch.einsum("nhd,hdm->nhm", rows, W_O)


def interleaved(W_dec, W_O):
    """You cut the rows as if the heads' numbers alternated: head 0's d_head numbers come first,
    then head 1's."""
    h, d = W_O.shape[:2]
    return _through(W_dec.unflatten(1, (d, h)).mT, W_O)


def heads_reversed(W_dec, W_O):
    """You take the heads' W_O in the wrong order."""
    return _through(_rows(W_dec, W_O), W_O.flip(0))


def first_head_for_all(W_dec, W_O):
    """You use head 0's W_O for every block: each head has its own."""
    return _through(_rows(W_dec, W_O), W_O[:1].expand_as(W_O))


def mean_head(W_dec, W_O):
    """You use the mean of the heads' W_O: each head has its own."""
    return _through(_rows(W_dec, W_O), W_O.mean(0, keepdim=True).expand_as(W_O))


def summed_over_heads(W_dec, W_O):
    """You add up over the heads: one vector for each head is asked for."""
    return _through(_rows(W_dec, W_O), W_O).sum(1)


def the_sum_for_every_head(W_dec, W_O):
    """You give every head the whole write: each writes its own part."""
    writes = _through(_rows(W_dec, W_O), W_O)
    return writes.sum(1, keepdim=True).expand_as(writes).contiguous()


def evenly(W_dec, W_O):
    """You divide the whole write evenly among the heads: each writes its own part."""
    writes = _through(_rows(W_dec, W_O), W_O)
    return writes.mean(1, keepdim=True).expand_as(writes).contiguous()


def unit_rows(W_dec, W_O):
    """You give the rows length 1: what is asked for is what one unit of the latent writes, with
    the row as it is."""
    rows = W_dec / W_dec.norm(dim=1, keepdim=True)
    return _through(_rows(rows, W_O), W_O)


def unit_blocks(W_dec, W_O):
    """You give each head's block length 1: how much of the row lies in a head's block matters."""
    rows = _rows(W_dec, W_O)
    return _through(rows / rows.norm(dim=2, keepdim=True), W_O)


def unit_writes(W_dec, W_O):
    """You give the writes length 1: their size is part of the answer."""
    writes = _through(_rows(W_dec, W_O), W_O)
    return writes / writes.norm(dim=2, keepdim=True).clamp(min=1e-9)


def averaged_over_d_head(W_dec, W_O):
    """You average over d_head: sum over it."""
    return _through(_rows(W_dec, W_O), W_O) / W_O.shape[1]


def cut_at_zero(W_dec, W_O):
    """You cut the writes at 0: a latent may write negative numbers."""
    return _through(_rows(W_dec, W_O), W_O).relu()


def positive_rows(W_dec, W_O):
    """You cut the decoder's rows at 0: they may be negative, only latents may not."""
    return _through(_rows(W_dec.relu(), W_O), W_O)


def sign(W_dec, W_O):
    """Your writes have the wrong sign."""
    return -_through(_rows(W_dec, W_O), W_O)


def axes_swapped(W_dec, W_O):
    """You return heads before latents: the order is latent, head, d_model."""
    return _through(_rows(W_dec, W_O), W_O).transpose(0, 1)


def pseudo_inverse(W_dec, W_O):
    """You go back through the encoder side (an inverse of W_O): the write is a product with W_O."""
    back = torch.linalg.pinv(W_O).mT
    return _through(_rows(W_dec, W_O), back)
