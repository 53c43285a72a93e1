"""Wrong ways to count absorption that students write."""

import torch


def _rate(z, W_dec, concept, present, main, min_cosine, *, sizes=None, limit=None, count=None):
    """The rate with one of its parts replaced."""
    if not present.any():
        raise ValueError("no sample holds the concept")
    along = W_dec @ concept / concept.norm()
    cosines = along / W_dec.norm(dim=1)
    said = z * along if sizes is None else sizes(z, along, cosines)
    said = said.clone()
    said[:, main] = 0
    most = said.max(dim=1)
    points = (cosines if limit is None else limit(along, cosines))[most.indices] >= min_cosine
    silent = z[:, main] <= 0
    taken = (most.values > 0) & points
    if count is not None:
        return count(present, silent, taken)
    return (present & silent & taken).sum().item() / present.sum().item()


def over_all_samples(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You divide by the number of all samples: by those that hold the concept."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 count=lambda p, s, t: (p & s & t).double().mean().item())  # fmt: skip


def over_the_silent_samples(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You divide by the samples in which the main latent is silent: by all that hold the
    concept."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 count=lambda p, s, t: (p & s & t).sum().item()
                 / max(1, (p & s).sum().item()))  # fmt: skip


def every_miss(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You count every sample in which the main latent is silent: where nobody else says the
    concept, the dictionary missed it, and nothing is absorbed."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 count=lambda p, s, t: ((p & s).sum() / p.sum()).item())  # fmt: skip


def main_may_fire(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You count samples in which the main latent fires as well: there nothing is taken from it."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 count=lambda p, s, t: ((p & t).sum() / p.sum()).item())  # fmt: skip


def labels_left_out(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You count samples that do not hold the concept, too: the main latent is right to be silent
    there."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 count=lambda p, s, t: ((s & t).sum() / p.sum()).item())  # fmt: skip


def products_for_cosines(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You hold a scalar product against the limit: that is a cosine only when the row has length
    1."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 limit=lambda along, cosines: along)  # fmt: skip


def loudest_latent(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You take the latent with the largest activation: what it says of the concept is its
    activation times its row along the concept."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 sizes=lambda z, along, cosines: z)  # fmt: skip


def activation_times_cosine(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You multiply the activation with the cosine: a row's length counts for what is written."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 sizes=lambda z, along, cosines: z * cosines)  # fmt: skip


def anybody_who_points_there(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You count a sample as soon as any latent that points along the concept fires, however
    faintly: the one that says most of the concept decides."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 sizes=lambda z, along, cosines: (z > 0) * cosines)  # fmt: skip


def sign_dropped(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You drop the sign: a latent that points against the concept does not say it."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 sizes=lambda z, along, cosines: z * along.abs(),
                 limit=lambda along, cosines: cosines.abs())  # fmt: skip


def no_limit(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You leave the smallest cosine out: a loud latent that hardly points along the concept would
    count."""
    return _rate(latents, W_dec, concept, present, main, 0.0)


def limit_written_out(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You wrote the limit 0.1 into the function: `min_cosine` is an argument."""
    return _rate(latents, W_dec, concept, present, main, 0.1)


def complement(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You return the share that is *not* absorbed."""
    return 1 - _rate(latents, W_dec, concept, present, main, min_cosine)


def counted(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You return a number of samples: a rate is a share."""
    return _rate(latents, W_dec, concept, present, main, min_cosine,
                 count=lambda p, s, t: (p & s & t).sum().item())  # fmt: skip


def zero_without_the_concept(latents, W_dec, concept, present, main, min_cosine=0.1):
    """You return 0 where no sample holds the concept: there is no rate then, which is an error."""
    if not torch.any(present):
        return 0.0
    return _rate(latents, W_dec, concept, present, main, min_cosine)
