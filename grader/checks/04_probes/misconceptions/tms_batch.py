"""Wrong batches of sparse features."""

import torch


def _draw(batch, n, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(batch, n, generator=generator), torch.rand(batch, n, generator=generator)


def _take(values, active):
    return torch.where(active, values, 0.0)


def sparsity_for_probability(batch, n, probability, seed):
    """You take the probability of being 0 for that of being active: the paper's sparsity S is
    1 - p."""
    values, chance = _draw(batch, n, seed)
    return _take(values, chance > probability)


def whole_samples(batch, n, probability, seed):
    """You draw once for each sample whether it is active: each feature decides for itself."""
    values, chance = _draw(batch, n, seed)
    return _take(values, chance[:, :1] < probability)


def whole_features(batch, n, probability, seed):
    """You draw once for each feature: each sample decides anew."""
    values, chance = _draw(batch, n, seed)
    return _take(values, chance[:1] < probability)


def exactly_so_many(batch, n, probability, seed):
    """You make a fixed number of features active in each sample: how many is chance."""
    values, chance = _draw(batch, n, seed)
    k = round(probability * n)
    rank = chance.argsort(1).argsort(1)
    return _take(values, rank < k)


def one_at_a_time(batch, n, probability, seed):
    """You let one feature be active at a time: several can be, and none."""
    values, chance = _draw(batch, n, seed)
    return values * torch.nn.functional.one_hot(chance.argmax(1), n)


def gaussian_values(batch, n, probability, seed):
    """Your active values are Gaussian: they are uniform between 0 and 1."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(batch, n, generator=generator)
    return _take(values, torch.rand(batch, n, generator=generator) < probability)


def sizes_of_gaussian_values(batch, n, probability, seed):
    """Your active values are the sizes of Gaussian ones, cut at 1: they are uniform."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(batch, n, generator=generator).abs().clamp(max=1)
    return _take(values, torch.rand(batch, n, generator=generator) < probability)


def always_one(batch, n, probability, seed):
    """Your active features are all 1: their strength is uniform between 0 and 1."""
    _, chance = _draw(batch, n, seed)
    return (chance < probability).float()


def one_draw_for_both(batch, n, probability, seed):
    """You use one draw for the value and for being active: only the small values are then active.
    Draw twice."""
    values, _ = _draw(batch, n, seed)
    return _take(values, values < probability)


def divided_by_the_probability(batch, n, probability, seed):
    """You divide by the probability, as dropout does: the values stay between 0 and 1."""
    values, chance = _draw(batch, n, seed)
    return _take(values / max(probability, 1e-9), chance < probability)


def multiplied_by_the_probability(batch, n, probability, seed):
    """You multiply by the probability: that makes every feature weak, and none of them 0."""
    values, _ = _draw(batch, n, seed)
    return values * probability


def one_strength_for_each_sample(batch, n, probability, seed):
    """You draw one strength for a whole sample: each active feature has its own."""
    generator = torch.Generator().manual_seed(seed)
    active = torch.rand(batch, n, generator=generator) < probability
    return active * torch.rand(batch, 1, generator=generator)


def one_strength_for_each_feature(batch, n, probability, seed):
    """You draw one strength for each feature and keep it in all samples: it is drawn anew."""
    generator = torch.Generator().manual_seed(seed)
    active = torch.rand(batch, n, generator=generator) < probability
    return active * torch.rand(1, n, generator=generator)


def both_signs(batch, n, probability, seed):
    """Your values lie between -1 and 1: between 0 and 1."""
    values, chance = _draw(batch, n, seed)
    return _take(2 * values - 1, chance < probability)


def unit_samples(batch, n, probability, seed):
    """You normalise each sample: the strengths of the features are no longer uniform."""
    values, chance = _draw(batch, n, seed)
    x = _take(values, chance < probability)
    return x / x.norm(dim=1, keepdim=True).clamp(min=1e-9)


def always_the_same_seed(batch, n, probability, seed):
    """You do not use the seed: another seed should give another batch."""
    values, chance = _draw(batch, n, 0)
    return _take(values, chance < probability)


def one_sample_repeated(batch, n, probability, seed):
    """You draw one sample and repeat it."""
    values, chance = _draw(1, n, seed)
    return _take(values, chance < probability).repeat(batch, 1)
