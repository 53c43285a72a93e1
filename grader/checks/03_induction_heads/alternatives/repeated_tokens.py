"""Other right ways to write repeated_tokens."""

import random

import torch


def choose_from_a_list(n, batch, vocab, seed, bos=0):
    """Python's own generator, and a list of the allowed tokens."""
    chance = random.Random(seed)
    allowed = [token for token in range(vocab) if token != bos]
    rows = []
    for _ in range(batch):
        half = chance.choices(allowed, k=n)
        rows.append([bos, *half, *half])
    return torch.tensor(rows)


def global_seed_and_step_over(n, batch, vocab, seed, bos=0):
    """torch's global generator, a table of tokens, int32."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        place = torch.randint(0, vocab - 1, (batch, n))
    table = torch.cat([torch.arange(bos), torch.arange(bos + 1, vocab)])
    tokens = torch.empty(batch, 2 * n + 1, dtype=torch.int32)
    tokens[:, 0] = bos
    tokens[:, 1:] = table[place].repeat(1, 2)
    return tokens


def multinomial(n, batch, vocab, seed, bos=0):
    """A weighted draw in which BOS has weight 0."""
    weights = torch.ones(vocab)
    weights[bos] = 0
    generator = torch.Generator().manual_seed(seed)
    half = torch.multinomial(weights.expand(batch, vocab), n, replacement=True, generator=generator)
    opening = torch.zeros(batch, 1, dtype=torch.long) + bos
    return torch.hstack((opening, half, half))
