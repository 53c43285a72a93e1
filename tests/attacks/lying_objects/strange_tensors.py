"""Tensors of every odd kind: sparse, quantised, meta, named, nested, conjugated, without memory."""

import torch


def token_rank(logits, answer):
    return torch.zeros(3, 5).to_sparse()


def kl_to_final(lens_logits):
    return torch.empty(lens_logits.shape[:-1], device="meta")


def direct_logit_attribution(parts, scale, direction):
    return torch.quantize_per_tensor(torch.zeros(parts.shape[:-1]), 0.1, 0, torch.quint8)


def logit_lens(stack, model):
    return torch.zeros(1, 1).expand(1 << 20, 1 << 20)


def residual_stack(cache):
    return torch.zeros(4, 2, 7, 24, dtype=torch.complex64).conj()
