"""Hidden checks for token_rank: logits are built around ranks drawn beforehand."""

import torch
from torch import Tensor

from grader.assertions import close, unchanged

# Ranks are whole numbers: nothing but equality will do.
EXACT = {"atol": 0.0, "rtol": 0.0}


def _sizes(rng: torch.Generator) -> tuple[int, int, int, int]:
    """Draw layer, batch, pos and vocab, all different."""
    n_vocab = int(torch.randint(30, 45, (), generator=rng))
    n_pos = int(torch.randint(6, 9, (), generator=rng))
    return int(torch.randint(3, 5, (), generator=rng)), 5, n_pos, n_vocab


def _with_ranks(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw ranks, then logits in which each prompt's answer has them at the last position.

    Values run from -2 to 2 without ties; 0, the last rank and ranks between are all there.
    """
    n_layers, n_batch, n_pos, n_vocab = _sizes(rng)
    ranks = torch.randint(2, n_vocab - 1, (n_layers, n_batch), generator=rng)
    ranks[0, 1], ranks[1, 0] = n_vocab - 1, 0
    answer = torch.randperm(n_vocab, generator=rng)[:n_batch]
    steps = torch.linspace(2, -2, n_vocab, dtype=torch.float64)
    logits = torch.empty(n_layers, n_batch, n_pos, n_vocab, dtype=torch.float64)
    for layer in range(n_layers):
        for batch in range(n_batch):
            for pos in range(n_pos):
                logits[layer, batch, pos] = steps[torch.randperm(n_vocab, generator=rng)]
            last = logits[layer, batch, -1]
            holder = int((last == steps[ranks[layer, batch]]).nonzero())
            last[[holder, int(answer[batch])]] = last[[int(answer[batch]), holder]]
    return logits, answer, ranks


def test_counts_the_tokens_above(student, rng):
    """The rank is the number of tokens with a larger logit than the answer's: 0 for the top
    token, vocab - 1 for the lowest one; each prompt has its own answer."""
    logits, answer, ranks = _with_ranks(rng)
    close(student.token_rank(logits, answer), ranks, **EXACT, because="ranks")


def test_ties_do_not_count(student, rng):
    """A token whose logit equals the answer's is not above it: only strictly larger logits
    count, so where all logits are equal every token has rank 0."""
    n_layers, n_batch, n_pos, n_vocab = _sizes(rng)
    levels = torch.randint(0, 4, (n_layers, n_batch, n_pos, n_vocab), generator=rng)
    answer = torch.randint(5, n_vocab - 5, (n_batch,), generator=rng)
    levels[:, :, -1, :2] = 3  # two tokens stand on top,
    levels[:, :, -1, 2:4] = 2  # two tie with the answer before it,
    levels[:, :, -1, -2:] = 2  # two behind it,
    levels[:, torch.arange(n_batch), -1, answer] = 2
    levels[1, 1, -1] = 2  # and here all are equal.
    top_first = levels[:, :, -1].sort(dim=-1, descending=True).values
    above = torch.searchsorted(-top_first, torch.full_like(top_first[..., :1], -2))[..., 0]
    close(student.token_rank(levels.double(), answer), above, **EXACT, because="ranks with ties")


def test_names_of_tokens_do_not_matter(student, rng):
    """Renaming the tokens changes no rank, and neither does any change of the logits that keeps
    their order, such as cubing them or adding a constant."""
    logits, answer, ranks = _with_ranks(rng)
    order = torch.randperm(logits.shape[-1], generator=rng)
    renamed = student.token_rank(logits[..., order], order.argsort()[answer])
    close(renamed, ranks, **EXACT, because="with the vocabulary shuffled")
    size = 1 + float(torch.rand((), generator=rng))
    stretched = student.token_rank((size * logits) ** 3 - 30, answer)
    close(stretched, ranks, **EXACT, because="with the logits cubed and lowered")


def test_only_the_last_position_counts(student, rng):
    """The rank is read at the last position: other positions do not change it, and the logits
    you are given stay as they are."""
    logits, answer, ranks = _with_ranks(rng)
    noise = 5 * torch.randn(logits.shape, generator=rng, dtype=torch.float64)
    noise[:, :, -1] = 0
    result, after = student.after("token_rank", logits + noise, answer)
    close(result, ranks, **EXACT, because="ranks with the other positions changed")
    unchanged(after, (logits + noise, answer))
    result = student.token_rank(logits[:, :, -1:], answer)
    close(result, ranks, **EXACT, because="ranks with the last position alone")
