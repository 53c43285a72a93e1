"""Wrong Matryoshka losses that students write."""

import torch


def _error(x, latents, W_dec, b_dec):
    return (x - latents @ W_dec - b_dec).square().sum(1).mean()


def _each(x, latents, W_dec, b_dec, prefixes):
    return torch.stack([_error(x, latents[:, :m], W_dec[:m], b_dec) for m in prefixes])


def summed(x, latents, W_dec, b_dec, prefixes):
    """You sum over the prefixes: take their mean."""
    return _each(x, latents, W_dec, b_dec, prefixes).sum()


def disjoint_blocks(x, latents, W_dec, b_dec, prefixes):
    """You let blocks side by side reconstruct, each the input by itself: prefixes are nested, the
    larger one holds the smaller."""
    ends = sorted(prefixes)
    starts = [0, *ends[:-1]]
    errors = [
        _error(x, latents[:, a:b], W_dec[a:b], b_dec) for a, b in zip(starts, ends, strict=True)
    ]
    return torch.stack(errors).mean()


def suffixes(x, latents, W_dec, b_dec, prefixes):
    """You take the last latents: a prefix is the first ones."""
    n = len(W_dec)
    errors = [_error(x, latents[:, n - m :], W_dec[n - m :], b_dec) for m in prefixes]
    return torch.stack(errors).mean()


def one_too_few(x, latents, W_dec, b_dec, prefixes):
    """Your prefixes are one latent short: `[:m]` holds m of them already."""
    return _each(x, latents, W_dec, b_dec, [m - 1 for m in prefixes]).mean()


def full_size_added(x, latents, W_dec, b_dec, prefixes):
    """You add the full size to the list: it counts only when it is in it."""
    return _each(x, latents, W_dec, b_dec, [*prefixes, len(W_dec)]).mean()


def full_size_only(x, latents, W_dec, b_dec, prefixes):
    """You reconstruct with the whole dictionary every time."""
    return _error(x, latents, W_dec, b_dec)


def largest_only(x, latents, W_dec, b_dec, prefixes):
    """Your loop overwrites the error, so that only one prefix counts: collect them all."""
    return _each(x, latents, W_dec, b_dec, sorted(prefixes))[-1]


def reconstructions_averaged(x, latents, W_dec, b_dec, prefixes):
    """You average the reconstructions and take one error: each prefix has an error of its own."""
    guess = sum(latents[:, :m] @ W_dec[:m] for m in prefixes) / len(prefixes) + b_dec
    return (x - guess).square().sum(1).mean()


def what_is_left_over(x, latents, W_dec, b_dec, prefixes):
    """You let each block explain what the smaller prefixes have left over, as they stand
    (`detach`): each prefix's error goes back to all of its latents."""
    errors, last = [], 0
    for m in sorted(prefixes):
        front = (latents[:, :last] @ W_dec[:last]).detach()
        errors.append(_error(x - front, latents[:, last:m], W_dec[last:m], b_dec))
        last = m
    return torch.stack(errors).mean()


def bias_left_out(x, latents, W_dec, b_dec, prefixes):
    """You leave out b_dec: every prefix starts from it."""
    return _each(x, latents, W_dec, 0 * b_dec, prefixes).mean()


def bias_in_the_full_size_only(x, latents, W_dec, b_dec, prefixes):
    """You add b_dec for the largest prefix only: every prefix starts from it."""
    top = max(prefixes)
    errors = [
        _error(x, latents[:, :m], W_dec[:m], b_dec if m == top else 0 * b_dec) for m in prefixes
    ]
    return torch.stack(errors).mean()


def averaged_over_dimensions(x, latents, W_dec, b_dec, prefixes):
    """You average over the dimensions: sum over them."""
    return _each(x, latents, W_dec, b_dec, prefixes).mean() / x.shape[1]


def summed_over_the_batch(x, latents, W_dec, b_dec, prefixes):
    """You sum over the samples: take the mean."""
    return _each(x, latents, W_dec, b_dec, prefixes).mean() * len(x)


def weighted_by_size(x, latents, W_dec, b_dec, prefixes):
    """You weigh the prefixes with their sizes: they count alike."""
    sizes = torch.tensor(prefixes, dtype=x.dtype)
    return (_each(x, latents, W_dec, b_dec, prefixes) * sizes).sum() / sizes.sum()


def largest_latents_first(x, latents, W_dec, b_dec, prefixes):
    """You take the m most active latents of each sample: a prefix is the first m, whatever their
    sizes."""
    errors = []
    for m in prefixes:
        keep = latents.topk(m, dim=1)
        front = torch.zeros_like(latents).scatter(1, keep.indices, keep.values)
        errors.append(_error(x, front, W_dec, b_dec))
    return torch.stack(errors).mean()


def small_prefixes_detached(x, latents, W_dec, b_dec, prefixes):
    """You cut the smaller prefixes off (`detach`): the early latents are to learn from them all."""
    top = max(prefixes)
    errors = [_each(x, latents, W_dec, b_dec, [m])[0] for m in prefixes]
    errors = [e if m == top else e.detach() for e, m in zip(errors, prefixes, strict=True)]
    return torch.stack(errors).mean()
