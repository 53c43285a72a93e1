"""Other right ways to write control_labels."""

import hashlib
import random

import numpy as np
import torch


def numpy_choice(token_ids, share, vocab, seed):
    """numpy draws the table of True and False."""
    coins = np.random.default_rng(seed).choice([True, False], size=vocab, p=[share, 1 - share])
    return torch.from_numpy(coins)[token_ids]


def bernoulli(token_ids, share, vocab, seed):
    """PyTorch's Bernoulli numbers, gathered."""
    chances = torch.full((vocab,), share)
    coins = torch.bernoulli(chances, generator=torch.Generator().manual_seed(seed))
    return coins.gather(0, token_ids).bool()


def exactly_the_share(token_ids, share, vocab, seed):
    """A random choice of exactly the share of the vocabulary."""
    chosen = set(random.Random(seed).sample(range(vocab), round(share * vocab)))
    return torch.tensor([token in chosen for token in token_ids.tolist()])


def hashed(token_ids, share, vocab, seed):
    """A hash of seed and id: no table at all."""
    coins = {
        token: hashlib.blake2b(f"{seed} {token}".encode(), digest_size=4).digest()
        for token in set(token_ids.tolist())
    }
    return torch.tensor(
        [int.from_bytes(coins[token]) < share * 2**32 for token in token_ids.tolist()]
    )
