"""Takes memory until there is none: 4 GB at most, in pieces of 256 MB that it does not touch."""

import torch

LIMIT = "memory"


def token_rank(logits, answer):
    return len([torch.empty(256 << 20, dtype=torch.uint8) for _ in range(16)])
