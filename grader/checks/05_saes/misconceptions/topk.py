"""Wrong TopK activations that students write."""

import torch


def over_the_batch(pre, k):
    """You take the k largest of the whole batch times its size: each sample has k of its own.
    (Pooling over the batch is BatchTopK, another method.)"""
    z = pre.relu().flatten()
    keep = z.topk(min(k * len(pre), z.numel()))
    return torch.zeros_like(z).scatter(0, keep.indices, keep.values).view_as(pre)


def over_the_samples(pre, k):
    """You take the k largest along the batch: they are chosen among a sample's latents."""
    keep = pre.topk(min(k, len(pre)), dim=0)
    return torch.zeros_like(pre).scatter(0, keep.indices, keep.values.relu())


def negatives_kept(pre, k):
    """You keep negative pre-activations when fewer than k are positive: they become 0."""
    keep = pre.topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, keep.indices, keep.values)


def by_absolute_value(pre, k):
    """You choose by absolute value: large negative ones then take places and become 0."""
    keep = pre.abs().topk(k, dim=-1).indices
    return torch.zeros_like(pre).scatter(-1, keep, pre.gather(-1, keep).relu())


def by_absolute_value_and_kept(pre, k):
    """You keep the largest absolute values, negative ones too: a latent is never negative."""
    keep = pre.abs().topk(k, dim=-1).indices
    return torch.zeros_like(pre).scatter(-1, keep, pre.gather(-1, keep))


def absolute_values(pre, k):
    """You keep absolute values: a negative pre-activation becomes 0."""
    keep = pre.abs().topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, keep.indices, keep.values)


def one_too_many(pre, k):
    """You keep one more than k: "at least the k-th largest" is what stays."""
    k = min(k + 1, pre.shape[-1])
    keep = pre.topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, keep.indices, keep.values.relu())


def one_too_few(pre, k):
    """You keep one fewer than k: the k-th largest stays as well (`>=`, not `>`)."""
    limit = pre.topk(k, dim=-1).values[:, -1:]
    return pre.relu() * (pre > limit)


def the_smallest(pre, k):
    """You keep the k smallest."""
    keep = pre.topk(k, dim=-1, largest=False)
    return torch.zeros_like(pre).scatter(-1, keep.indices, keep.values.relu())


def ones(pre, k):
    """You return a mask of ones: what stays keeps its value."""
    keep = pre.topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, keep.indices, (keep.values > 0).to(pre.dtype))


def values_only(pre, k):
    """You return the k values without their places: each latent stays in its own column."""
    return pre.topk(k, dim=-1).values.relu()


def in_order(pre, k):
    """You write the values into the first k columns: each latent stays in its own."""
    out = torch.zeros_like(pre)
    out[:, :k] = pre.topk(k, dim=-1).values.relu()
    return out


def threshold_subtracted(pre, k):
    """You subtract the k-th largest value: what stays keeps its value, nothing shrinks."""
    limit = pre.relu().topk(k, dim=-1).values[:, -1:]
    return (pre.relu() - limit).relu()


def rescaled(pre, k):
    """You rescale what stays to the sum of before: values are kept."""
    z = pre.relu()
    keep = z.topk(k, dim=-1)
    out = torch.zeros_like(z).scatter(-1, keep.indices, keep.values)
    return out * z.sum(-1, keepdim=True) / out.sum(-1, keepdim=True).clamp(min=1e-9)


def detached(pre, k):
    """You cut the gradient (`detach`, `no_grad`): what stays must be able to learn."""
    keep = pre.detach().topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, keep.indices, keep.values.relu())


def softmax_of_the_largest(pre, k):
    """You take a softmax over what stays: values are kept."""
    keep = pre.topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, keep.indices, keep.values.softmax(-1))


def first_samples_limit(pre, k):
    """You use one threshold for the whole batch: each sample has its own k-th largest."""
    limit = pre[0].topk(k).values[-1]
    return pre.relu() * (pre >= limit)
