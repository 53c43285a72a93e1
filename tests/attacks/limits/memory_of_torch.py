"""Asks torch for 4 GB, at once and by the power of a broadcast."""

import torch

LIMIT = "memory"


def token_rank(logits, answer):
    return torch.ones(1 << 15, 1).expand(1 << 15, 1 << 15).contiguous()
