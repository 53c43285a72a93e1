"""Returns more than may cross: 400 MB in one tensor."""

import torch

LIMIT = "over the limit"


def token_rank(logits, answer):
    return torch.zeros(100 << 20, dtype=torch.float32)
