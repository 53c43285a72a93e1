"""Wrong ways to score an explanation that students write."""

import torch


def _need_both(fires):
    if fires.all() or not fires.any():
        raise ValueError("texts of both kinds are needed")


def _balanced(says, fires):
    yes, no = fires.double(), (~fires).double()
    said = says.double()
    hits = (said * yes).sum(-1) / yes.sum(-1)
    return (hits + ((1 - said) * no).sum(-1) / no.sum(-1)) / 2


def _orders(n, shuffles, seed):
    draw = torch.Generator().manual_seed(seed)
    return torch.rand(shuffles, n, generator=draw).argsort(1)


def _scored(says, fires, shuffles, seed, measure=_balanced):
    _need_both(fires)
    score = measure(says, fires)
    by_chance = measure(says[_orders(len(says), shuffles, seed)], fires.expand(shuffles, -1))
    better = int((by_chance >= score - 1e-9).sum())
    return score.item(), (1 + better) / (1 + shuffles)


def plain_accuracy(says, fires, shuffles=1000, seed=0):
    """You take the share of right answers: for a rare latent "never" is nearly always right. Take
    the two kinds of text apart, and then the mean."""
    return _scored(says, fires, shuffles, seed,
                   lambda s, f: (s == f).double().mean(-1))  # fmt: skip


def recall_only(says, fires, shuffles=1000, seed=0):
    """You look at the texts that fire only: who says yes to everything scores 1 so."""
    return _scored(says, fires, shuffles, seed,
                   lambda s, f: (s & f).double().sum(-1) / f.double().sum(-1))  # fmt: skip


def precision_only(says, fires, shuffles=1000, seed=0):
    """You look at the texts for which it is said only: what the explanation misses counts, too."""
    return _scored(says, fires, shuffles, seed,
                   lambda s, f: (s & f).double().sum(-1)
                   / s.double().sum(-1).clamp(min=1))  # fmt: skip


def f1_score(says, fires, shuffles=1000, seed=0):
    """You take the F1 score: it is not one half for an explanation that says the same of every
    text."""
    return _scored(says, fires, shuffles, seed,
                   lambda s, f: 2 * (s & f).double().sum(-1)
                   / (s.double().sum(-1) + f.double().sum(-1)))  # fmt: skip


def rates_of_what_is_said(says, fires, shuffles=1000, seed=0):
    """You divide by how often it is said and not said: by how often the latent fires and does
    not."""

    def measure(s, f):
        said, unsaid = s.double().sum(-1).clamp(min=1), (~s).double().sum(-1).clamp(min=1)
        return ((s & f).double().sum(-1) / said + (~s & ~f).double().sum(-1) / unsaid) / 2

    return _scored(says, fires, shuffles, seed, measure)


def correlation(says, fires, shuffles=1000, seed=0):
    """You take the correlation: the mean of the two rates is wanted, which is one half, not 0, by
    chance."""

    def measure(s, f):
        a, b = s.double(), f.double()
        a, b = a - a.mean(-1, keepdim=True), b - b.mean(-1, keepdim=True)
        return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-9)

    return _scored(says, fires, shuffles, seed, measure)


def rates_added(says, fires, shuffles=1000, seed=0):
    """You add the two rates: take their mean."""
    return _scored(says, fires, shuffles, seed, lambda s, f: 2 * _balanced(s, f))


def one_minus_p(says, fires, shuffles=1000, seed=0):
    """Your p is the share of shuffles that do worse: it is the share that do at least as well, and
    small for a good explanation."""
    score, p = _scored(says, fires, shuffles, seed)
    return score, 1 - p + 1 / (1 + shuffles)


def ties_left_out(says, fires, shuffles=1000, seed=0):
    """You count only shuffles that do better: one that does as well shows as much."""
    _need_both(fires)
    score = _balanced(says, fires)
    by_chance = _balanced(says[_orders(len(says), shuffles, seed)], fires.expand(shuffles, -1))
    return score.item(), (1 + int((by_chance > score + 1e-9).sum())) / (1 + shuffles)


def two_sided(says, fires, shuffles=1000, seed=0):
    """You count shuffles that are as far below one half, too: only doing well is asked about."""
    return _scored(says, fires, shuffles, seed)[0], _scored(
        says, fires, shuffles, seed, lambda s, f: (_balanced(s, f) - 0.5).abs()
    )[1]


def not_counting_itself(says, fires, shuffles=1000, seed=0):
    """Your p can be 0: a thousand shuffles cannot show that. Count the explanation itself as one
    of them."""
    score, p = _scored(says, fires, shuffles, seed)
    return score, (p * (1 + shuffles) - 1) / shuffles


def drawn_with_replacement(says, fires, shuffles=1000, seed=0):
    """You draw answers with replacement: a shuffle gives the very same answers to other texts."""
    _need_both(fires)
    score = _balanced(says, fires)
    draw = torch.Generator().manual_seed(seed)
    picked = torch.randint(len(says), (shuffles, len(says)), generator=draw)
    by_chance = _balanced(says[picked], fires.expand(shuffles, -1))
    return score.item(), (1 + int((by_chance >= score - 1e-9).sum())) / (1 + shuffles)


def tossed_coins(says, fires, shuffles=1000, seed=0):
    """You compare with coin tosses: a shuffle says yes as often as the explanation does."""
    _need_both(fires)
    score = _balanced(says, fires)
    draw = torch.Generator().manual_seed(seed)
    coins = torch.rand(shuffles, len(says), generator=draw) < 0.5
    by_chance = _balanced(coins, fires.expand(shuffles, -1))
    return score.item(), (1 + int((by_chance >= score - 1e-9).sum())) / (1 + shuffles)


def half_without_both_kinds(says, fires, shuffles=1000, seed=0):
    """You return a score although the latent fires in all texts or in none: then there is nothing
    to test, which is an error."""
    if fires.all() or not fires.any():
        return 0.5, 1.0
    return _scored(says, fires, shuffles, seed)
