"""Wrong auxiliary losses that students write."""

import torch


def _chosen(pre, k):
    keep = pre.topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, keep.indices, keep.values.relu())


def _of_the_dead(pre, dead, k):
    return _chosen(pre[:, dead], min(k, int(dead.sum())))


def _loss(error, guess):
    return (error - guess).square().sum(1).mean()


def error_not_detached(x, x_hat, pre, dead, W_dec, k_aux):
    """You let gradients flow through the error: the living then learn to leave something over that
    suits the dead. Detach it."""
    if not dead.any():
        return x.new_zeros(())
    return _loss(x - x_hat, _of_the_dead(pre, dead, k_aux) @ W_dec[dead])


def chosen_among_all(x, x_hat, pre, dead, W_dec, k_aux):
    """You choose among all latents: the living take the places. Choose among the dead alone."""
    if not dead.any():
        return x.new_zeros(())
    chosen = _chosen(pre, min(k_aux, int(dead.sum()))) * dead
    return _loss((x - x_hat).detach(), chosen @ W_dec)


def the_living(x, x_hat, pre, dead, W_dec, k_aux):
    """You take the living latents: it is the dead ones that need a task."""
    if not dead.any():
        return x.new_zeros(())
    return _loss((x - x_hat).detach(), _of_the_dead(pre, ~dead, k_aux) @ W_dec[~dead])


def everybody(x, x_hat, pre, dead, W_dec, k_aux):
    """You use all latents, dead or not."""
    if not dead.any():
        return x.new_zeros(())
    return _loss((x - x_hat).detach(), _chosen(pre, k_aux) @ W_dec)


def reconstructs_the_input(x, x_hat, pre, dead, W_dec, k_aux):
    """You let the dead reconstruct the input: they are to explain what is left over of it."""
    if not dead.any():
        return x.new_zeros(())
    return _loss(x.detach(), _of_the_dead(pre, dead, k_aux) @ W_dec[dead])


def no_limit(x, x_hat, pre, dead, W_dec, k_aux):
    """You use all the dead latents that are positive: only the k_aux largest of each sample."""
    if not dead.any():
        return x.new_zeros(())
    return _loss((x - x_hat).detach(), pre[:, dead].relu() @ W_dec[dead])


def no_relu(x, x_hat, pre, dead, W_dec, k_aux):
    """You decode negative pre-activations, too: latents are not negative."""
    if not dead.any():
        return x.new_zeros(())
    keep = pre[:, dead].topk(min(k_aux, int(dead.sum())), dim=-1)
    chosen = torch.zeros_like(pre[:, dead]).scatter(-1, keep.indices, keep.values)
    return _loss((x - x_hat).detach(), chosen @ W_dec[dead])


def sign_of_the_error(x, x_hat, pre, dead, W_dec, k_aux):
    """Your error has the wrong sign: it is x minus x_hat."""
    if not dead.any():
        return x.new_zeros(())
    return _loss((x_hat - x).detach(), _of_the_dead(pre, dead, k_aux) @ W_dec[dead])


def mean_over_dimensions(x, x_hat, pre, dead, W_dec, k_aux):
    """You average over the dimensions: sum over them, as the loss beside it does."""
    if not dead.any():
        return x.new_zeros(())
    guess = _of_the_dead(pre, dead, k_aux) @ W_dec[dead]
    return ((x - x_hat).detach() - guess).square().mean()


def sum_over_the_batch(x, x_hat, pre, dead, W_dec, k_aux):
    """You sum over the samples: take the mean."""
    if not dead.any():
        return x.new_zeros(())
    guess = _of_the_dead(pre, dead, k_aux) @ W_dec[dead]
    return ((x - x_hat).detach() - guess).square().sum()


def over_the_batch(x, x_hat, pre, dead, W_dec, k_aux):
    """You choose over the whole batch: in each sample the k_aux largest are chosen."""
    if not dead.any():
        return x.new_zeros(())
    z = pre[:, dead].relu()
    keep = z.flatten().topk(min(k_aux * len(z), z.numel()))
    chosen = torch.zeros_like(z.flatten()).scatter(0, keep.indices, keep.values).view_as(z)
    return _loss((x - x_hat).detach(), chosen @ W_dec[dead])


def decoder_detached(x, x_hat, pre, dead, W_dec, k_aux):
    """You cut the decoder off (`detach`): the dead latents' rows are to learn, too."""
    if not dead.any():
        return x.new_zeros(())
    rows = W_dec[dead].detach()
    return _loss((x - x_hat).detach(), _of_the_dead(pre, dead, k_aux) @ rows)


def latents_detached(x, x_hat, pre, dead, W_dec, k_aux):
    """You cut the pre-activations off (`detach`): then the dead never learn to fire."""
    if not dead.any():
        return x.new_zeros(())
    chosen = _of_the_dead(pre.detach(), dead, k_aux)
    return _loss((x - x_hat).detach(), chosen @ W_dec[dead])


def crashes_with_few_dead(x, x_hat, pre, dead, W_dec, k_aux):
    """You ask for more latents than there are dead: use as many as there are."""
    if not dead.any():
        return x.new_zeros(())
    return _loss((x - x_hat).detach(), _chosen(pre[:, dead], k_aux) @ W_dec[dead])


def nobody_is_dead(x, x_hat, pre, dead, W_dec, k_aux):
    """You return the whole error when nobody is dead: then there is nothing to teach, 0."""
    if not dead.any():
        return _loss((x - x_hat).detach(), 0)
    return _loss((x - x_hat).detach(), _of_the_dead(pre, dead, k_aux) @ W_dec[dead])


def distance(x, x_hat, pre, dead, W_dec, k_aux):
    """You take distances: they are squared."""
    if not dead.any():
        return x.new_zeros(())
    guess = _of_the_dead(pre, dead, k_aux) @ W_dec[dead]
    return ((x - x_hat).detach() - guess).norm(dim=1).mean()
