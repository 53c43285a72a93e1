"""Returns 60 MB from every call of every exercise: who keeps the replies runs out of memory."""

import torch


def token_rank(logits, answer):
    return torch.zeros(7500, 1000, dtype=torch.int64)


def kl_to_final(lens_logits):
    return torch.zeros(300, 500, 100, dtype=torch.float32)


def direct_logit_attribution(parts, scale, direction):
    return torch.zeros(300, 500, 200, dtype=torch.float16)


def logit_lens(stack, model):
    return torch.zeros(30, 100, 100, 100, dtype=torch.bfloat16)


def residual_stack(cache):
    return torch.zeros(15, 100, 100, 100, dtype=torch.float32)
