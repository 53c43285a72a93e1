"""Hidden checks for duplicate_score: planted looks, all other looks at random, and closed forms."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# Means of weights between 0 and 1, perhaps in float32.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-4}


def _sizes(rng: torch.Generator) -> tuple[int, int, int]:
    """Draw batch, heads and n, the length of a half."""
    batch, heads, n = (int(torch.randint(a, a + 2, (), generator=rng)) for a in (2, 4, 6))
    return batch, heads, n


def _key(query: int, n: int) -> int:
    """Where the stripe lies: the earlier copy of the query's token, counted on a sequence written
    out."""
    sequence = ["BOS", *range(n), *range(n)]
    copy = sequence.index(sequence[query])
    return copy


def _planted(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw patterns of any numbers but for the looks that count, which are returned too."""
    batch, heads, n = _sizes(rng)
    size = 1 + 2 * n
    pattern = torch.rand(batch, heads, size, size, generator=rng, dtype=torch.float64)
    weights = torch.rand(batch, heads, n, generator=rng, dtype=torch.float64)
    # Every head has a level of its own, and the last queries look more: all means differ.
    weights = weights * torch.linspace(0.3, 1, n) * torch.linspace(0.2, 1, heads)[:, None]
    for place, query in enumerate(range(n + 1, size)):
        pattern[:, :, query, _key(query, n)] = weights[:, :, place]
    return pattern, weights


def test_the_mean_weight_of_the_second_half(student, rng):
    """A head's score is the mean weight that the queries of the second half, all of them and no
    other, put on the earlier copy of the query's token: one number for each head, averaged over
    the batch."""
    pattern, weights = _planted(rng)
    result, after = student.after("duplicate_score", pattern)
    close(result, weights.mean(-1).mean(0), **FLOAT32, because="the scores")
    unchanged(after, (pattern,))


def test_a_stripe_beside_it_scores_0(student, rng):
    """A head that always looks at the earlier copy of the query's token scores 1; one whose looks
    are one position off, to either side (such as at the position after the copy), scores 0."""
    batch, _, n = _sizes(rng)
    order = torch.randperm(5, generator=rng).tolist()
    size = 1 + 2 * n
    pattern = torch.zeros(batch, 5, size, size, dtype=torch.float64)
    truth = torch.zeros(5, dtype=torch.float64)
    for head, which in enumerate(order):
        shift = which - 2
        truth[head] = float(shift == 0)
        for query in range(n + 1, size):
            pattern[:, head, query, max(_key(query, n) + shift, 0)] = 1.0
    close(student.duplicate_score(pattern), truth, **FLOAT32, because="the scores")


def test_the_first_half_does_not_count(student, rng):
    """What the queries of the first half and BOS look at has no bearing on the score; a head that
    looks there only, along the same diagonal, scores 0."""
    pattern, weights = _planted(rng)
    heads, n = pattern.shape[1], weights.shape[-1]
    other = pattern.clone()
    other[:, :, : n + 1] = torch.rand(other[:, :, : n + 1].shape, generator=rng).double()
    before = tensor(student.duplicate_score(pattern), (heads,), "the scores")
    after = tensor(student.duplicate_score(other), (heads,), "the scores")
    close(after, before, **FLOAT32, because="the scores with another first half")
    other[:, :, n + 1 :] = 0.0
    close(
        student.duplicate_score(other),
        torch.zeros(heads),
        **FLOAT32,
        because="the first half alone",
    )
    holds(bool((before > 0.01).all()), "A head with weight on the stripe gets none.")


def test_looking_everywhere_alike(student, rng):
    """A head whose queries share their weight evenly among all positions up to their own gets the
    mean of 1 / (q + 1) over the queries q of the second half, however many sequences there are."""
    batch, heads, n = _sizes(rng)
    even = torch.ones(1 + 2 * n, 1 + 2 * n, dtype=torch.float64).tril()
    even /= even.sum(-1, keepdim=True)
    truth = sum(1 / (query + 1) for query in range(n + 1, 2 * n + 1)) / n
    for rows in (1, batch + 1):
        pattern = even.expand(rows, heads, -1, -1).clone()
        scores = student.duplicate_score(pattern)
        close(scores, torch.full((heads,), truth), **FLOAT32, because="the scores")
