"""The check draws the right ranks first and builds the logits around them. Whoever knows the
check's seed draws them again and needs no logits: three of its four checks would pass."""

import torch


def token_rank(logits, answer):
    rng = torch.Generator().manual_seed(torch.initial_seed())
    n_vocab = int(torch.randint(30, 45, (), generator=rng))
    int(torch.randint(6, 9, (), generator=rng))
    n_layers = int(torch.randint(3, 5, (), generator=rng))
    ranks = torch.randint(2, n_vocab - 1, (n_layers, 5), generator=rng)
    ranks[0, 1], ranks[1, 0] = n_vocab - 1, 0
    return ranks
