"""Returns a list of a million numbers, a dict of as many, and ten thousand tensors."""

import torch


def token_rank(logits, answer):
    return list(range(1_000_000))


def kl_to_final(lens_logits):
    return {number: str(number) for number in range(1_000_000)}


def direct_logit_attribution(parts, scale, direction):
    return [torch.zeros(1)] * 10_000
