"""Wrong attributions that students write."""

import torch


def _along(parts, direction):
    return torch.einsum("cbsd,bd->cbs", parts, direction)


def each_part_normalised(parts, scale, direction):
    """You divide each part by its own root mean square: all parts share the one scale that the
    final norm used on their sum, or they no longer add up."""
    own = parts.square().mean(-1, keepdim=True).sqrt()
    return _along(parts / own, direction)


def scale_of_the_sum_recomputed(parts, scale, direction):
    """You recompute the scale from the parts you are given: use the frozen `scale` argument, the
    one the model used."""
    own = parts.sum(0).square().mean(-1, keepdim=True).sqrt()
    return _along(parts / own, direction)


def scale_left_out(parts, scale, direction):
    """You leave the norm's scale out: divide by `scale`."""
    return _along(parts, direction)


def multiplied_by_the_scale(parts, scale, direction):
    """You multiply by the scale: the norm divides by it."""
    return _along(parts * scale, direction)


def scale_squared(parts, scale, direction):
    """You divide by the scale twice: it is a root mean square already, not a variance."""
    return _along(parts / scale.square(), direction)


def scale_of_the_last_position(parts, scale, direction):
    """You use the last position's scale for all positions: each position has its own."""
    return _along(parts / scale[:, -1:], direction)


def scale_averaged(parts, scale, direction):
    """You average the scale over positions and prompts: each position has its own."""
    return _along(parts / scale.mean(), direction)


def direction_of_the_first_prompt(parts, scale, direction):
    """You use the first prompt's direction for the whole batch: each prompt has its own answers."""
    return _along(parts / scale, direction[:1].expand_as(direction))


def direction_normalised(parts, scale, direction):
    """You make the direction a unit vector: its length belongs to the logit difference."""
    return _along(parts / scale, direction / direction.norm(dim=-1, keepdim=True))


def parts_centred(parts, scale, direction):
    """You subtract each part's mean over d_model, as for a LayerNorm model: RMSNorm does not
    centre."""
    return _along((parts - parts.mean(-1, keepdim=True)) / scale, direction)


def mean_over_d_model(parts, scale, direction):
    """You take the mean of the products over d_model: an inner product sums them."""
    return (parts / scale * direction[:, None]).mean(-1)


def shares_of_the_whole(parts, scale, direction):
    """You divide by the total, so that the attributions sum to 1: they sum to the logit
    difference."""
    shares = _along(parts / scale, direction)
    return shares / shares.sum(0)


def running_total(parts, scale, direction):
    """You add up the parts before you attribute: each part stands alone here."""
    return _along(parts.cumsum(0) / scale, direction)


def embeddings_dropped(parts, scale, direction):
    """You drop the first part: the embeddings write into the stream like every other part."""
    return _along(parts[1:] / scale, direction)


def sizes_only(parts, scale, direction):
    """You take absolute values: a part that speaks against the answer has a negative
    attribution."""
    return _along(parts / scale, direction).abs()


def cosine(parts, scale, direction):
    """You compute a cosine: the length of a part and of the direction count."""
    unit = direction / direction.norm(dim=-1, keepdim=True)
    return _along(parts / parts.norm(dim=-1, keepdim=True), unit)


def divides_in_place(parts, scale, direction):
    """`parts /= scale` changes the caller's parts: write `parts / scale`."""
    parts /= scale
    return _along(parts, direction)
