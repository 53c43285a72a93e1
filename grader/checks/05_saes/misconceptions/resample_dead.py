"""Wrong resamplings that students write."""

import torch
from torch.nn import functional


def _resampled(
    weights, moments, dead, x, losses, seed, *, chances=None, centre=True, unit=True, share=0.2,
    size=None, bias=True, forget=("W_enc", "b_enc", "W_dec"), same=False, replacement=True,
    encoder=True, both=(0, 1),
):  # fmt: skip
    """The right function, with a place for each mistake."""
    weights = {name: value.clone() for name, value in weights.items()}
    moments = {name: value.clone() for name, value in moments.items()}
    if not dead.any():
        return weights, moments
    chances = losses.square() if chances is None else chances
    draw = torch.Generator().manual_seed(seed)
    n = 1 if same else int(dead.sum())
    drawn = torch.multinomial(chances, n, replacement=replacement, generator=draw)
    u = x[drawn] - (weights["b_dec"] if centre else 0)
    u = functional.normalize(u, dim=1) if unit else u
    u = u.expand(int(dead.sum()), -1)
    living = weights["W_enc"][:, ~dead].norm(dim=0).mean() if size is None else size
    weights["W_dec"][dead] = u
    if encoder:
        weights["W_enc"][:, dead] = share * living * u.mT
    if bias:
        weights["b_enc"][dead] = 0
    for name in forget:
        for moment in both:
            part = moments[name][moment]
            (part.mT if name == "W_enc" else part)[dead] = 0
    return weights, moments


def adam_remembers(weights, moments, dead, x, losses, seed):
    """You keep Adam's moments: they belong to the latent that was there before, and push the new
    one off."""
    return _resampled(weights, moments, dead, x, losses, seed, forget=())


def second_moment_kept(weights, moments, dead, x, losses, seed):
    """You reset Adam's first moment only: both belong to the old latent."""
    return _resampled(weights, moments, dead, x, losses, seed, both=(0,))


def bias_moments_kept(weights, moments, dead, x, losses, seed):
    """You keep the moments of the encoder's bias: all three weights of a dead latent are new."""
    return _resampled(weights, moments, dead, x, losses, seed, forget=("W_enc", "W_dec"))


def all_moments_reset(weights, moments, dead, x, losses, seed):
    """You reset the moments of all latents: the living keep theirs."""
    weights, moments = _resampled(weights, moments, dead, x, losses, seed)
    if dead.any():
        for name in ("W_enc", "b_enc", "W_dec"):
            moments[name] = torch.zeros_like(moments[name])
    return weights, moments


def not_squared(weights, moments, dead, x, losses, seed):
    """You draw in proportion to the loss: it is in proportion to its square."""
    return _resampled(weights, moments, dead, x, losses, seed, chances=losses)


def uniform(weights, moments, dead, x, losses, seed):
    """You draw all inputs alike: the worse one is reconstructed, the more often it is drawn."""
    return _resampled(weights, moments, dead, x, losses, seed, chances=torch.ones_like(losses))


def the_worst_for_all(weights, moments, dead, x, losses, seed):
    """You give every dead latent the worst input: each draws its own."""
    worst = functional.one_hot(losses.argmax(), len(losses)).float()
    return _resampled(weights, moments, dead, x, losses, seed, chances=worst)


def one_draw_for_all(weights, moments, dead, x, losses, seed):
    """You draw once for all dead latents: each draws its own, or they become twins."""
    return _resampled(weights, moments, dead, x, losses, seed, same=True)


def without_replacement(weights, moments, dead, x, losses, seed):
    """You draw without replacement: several latents may draw the same input, and there may be more
    dead latents than inputs with a loss."""
    return _resampled(weights, moments, dead, x, losses, seed, replacement=False)


def not_centred(weights, moments, dead, x, losses, seed):
    """You point to the input itself: latents are counted from b_dec, so subtract it first."""
    return _resampled(weights, moments, dead, x, losses, seed, centre=False)


def not_normalised(weights, moments, dead, x, losses, seed):
    """You do not give the new rows length 1."""
    return _resampled(weights, moments, dead, x, losses, seed, unit=False)


def encoder_at_full_size(weights, moments, dead, x, losses, seed):
    """You give the new encoder columns the living ones' full size: a fifth of it, so that the
    newcomers do not upset the dictionary."""
    return _resampled(weights, moments, dead, x, losses, seed, share=1.0)


def encoder_of_unit_size(weights, moments, dead, x, losses, seed):
    """You make the new encoder columns 0.2 long: 0.2 of the living columns' mean length."""
    return _resampled(weights, moments, dead, x, losses, seed, size=1.0)


def mean_over_all_latents(weights, moments, dead, x, losses, seed):
    """You take the mean length of all encoder columns: the dead ones' do not count."""
    size = weights["W_enc"].norm(dim=0).mean()
    return _resampled(weights, moments, dead, x, losses, seed, size=size)


def mean_over_the_decoder(weights, moments, dead, x, losses, seed):
    """You take the living decoder rows' mean length: it is the encoder columns'."""
    size = weights["W_dec"][~dead].norm(dim=1).mean()
    return _resampled(weights, moments, dead, x, losses, seed, size=size)


def encoder_kept(weights, moments, dead, x, losses, seed):
    """You leave the dead latents' encoder as it was: it is what kept them from firing."""
    return _resampled(weights, moments, dead, x, losses, seed, encoder=False)


def bias_kept(weights, moments, dead, x, losses, seed):
    """You leave the dead latents' encoder bias as it was: it is what kept them from firing."""
    return _resampled(weights, moments, dead, x, losses, seed, bias=False)


def living_resampled(weights, moments, dead, x, losses, seed):
    """You resample the living: True in `dead` means dead."""
    return _resampled(weights, moments, ~dead, x, losses, seed)


def seed_ignored(weights, moments, dead, x, losses, seed):
    """You draw with a seed of your own: the draw follows from `seed`."""
    return _resampled(weights, moments, dead, x, losses, 0)


def in_place(weights, moments, dead, x, losses, seed):
    """You change the arguments in place: return new dictionaries of new tensors."""
    new, memory = _resampled(weights, moments, dead, x, losses, seed)
    for old, now in ((weights, new), (moments, memory)):
        for name in old:
            old[name].copy_(now[name])
    return weights, moments
