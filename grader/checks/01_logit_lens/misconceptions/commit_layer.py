"""Wrong commit layers that students write."""

import torch


def _last_miss(ranks):
    """The last layer with a rank above 0; -1 where there is none."""
    layers = torch.arange(len(ranks))[:, None]
    return torch.where(ranks != 0, layers, -1).amax(0)


def first_hit(ranks):
    """You return the first layer with rank 0: the answer may lose the top again. Look for the
    first layer from which it never does."""
    hit = (ranks == 0).int()
    return torch.where(hit.any(0), hit.argmax(0), len(ranks))


def last_miss(ranks):
    """You return the last layer at which the answer is not on top: commitment starts one layer
    later."""
    return _last_miss(ranks)


def counts_from_1(ranks):
    """Your layers count from 1: entry 0 of the stack is layer 0."""
    return _last_miss(ranks) + 2


def never_is_minus_1(ranks):
    """You return -1 for an answer that is not on top at the end: the number of layers is asked
    for, so that later always means larger."""
    commit = _last_miss(ranks) + 1
    return torch.where(commit == len(ranks), -1, commit)


def never_is_the_last_layer(ranks):
    """You return the last layer for an answer that is not on top at the end: that would say it
    arrived there. Return the number of layers."""
    return (_last_miss(ranks) + 1).clamp(max=len(ranks) - 1)


def never_is_0(ranks):
    """You return 0 for an answer that is not on top at the end (`argmax` of nothing but False is
    0): return the number of layers."""
    stays = ranks.flip(0).eq(0).int().cumprod(0).flip(0)
    return stays.argmax(0)


def length_of_the_stay(ranks):
    """You return for how many layers the answer stays on top: the layer at which that starts is
    asked for."""
    return ranks.flip(0).eq(0).int().cumprod(0).sum(0)


def layers_off_the_top(ranks):
    """You count the layers at which the answer is not on top: that is the commit layer only when
    it never came on top and went again."""
    return (ranks != 0).sum(0)


def stay_from_the_start(ranks):
    """You look for a stretch of zeros that starts at layer 0: it must reach the last layer.
    Accumulate from the end (flip, `cumprod`, flip back)."""
    stays = ranks.eq(0).int().cumprod(0)
    return torch.where(stays[-1] == 1, 0, stays.sum(0))


def forgot_to_flip_back(ranks):
    """You accumulate from the last layer and forget to flip the result back: your layer counts
    from the end."""
    stays = ranks.flip(0).eq(0).int().cumprod(0)
    return torch.where(stays.any(0), stays.shape[0] - 1 - stays.argmax(0), len(ranks))


def top_five(ranks):
    """You take any rank below 5 for the top: only rank 0 is."""
    return _last_miss(torch.where(ranks < 5, 0, ranks)) + 1


def rank_1_is_the_top(ranks):
    """You take rank 1 for the top as well: ranks count from 0."""
    return _last_miss(torch.where(ranks <= 1, 0, ranks)) + 1


def best_rank(ranks):
    """You return the first layer with the smallest rank: that is the first time on top, or the
    nearest to it, not the layer from which it stays."""
    return ranks.argmin(0)


def two_in_a_row(ranks):
    """You take two layers on top in a row for a commitment: it has to last to the end."""
    top = (ranks == 0).int()
    twice = top[:-1] * top[1:]
    if not len(twice):
        return torch.where(top[0] == 1, 0, 1)
    arrives_last = torch.where(top[-1] == 1, len(ranks) - 1, len(ranks))
    return torch.where(twice.any(0), twice.argmax(0), arrives_last)


def one_for_the_whole_batch(ranks):
    """You return when the whole batch is committed: each prompt has its own layer."""
    return (_last_miss(ranks) + 1).amax().expand(ranks.shape[1])
