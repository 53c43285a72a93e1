"""Hidden checks for prev_token_score: planted stripes, closed forms, and what must not count."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# Means of weights between 0 and 1, perhaps in float32.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-4}


def _sizes(rng: torch.Generator) -> tuple[int, int, int]:
    """Draw batch, heads and positions, all different."""
    batch, heads, n_pos = (int(torch.randint(a, a + 2, (), generator=rng)) for a in (2, 4, 7))
    return batch, heads, n_pos


def _planted(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw patterns of any numbers but for the stripe, whose weights are returned too."""
    batch, heads, n_pos = _sizes(rng)
    pattern = torch.rand(batch, heads, n_pos, n_pos, generator=rng, dtype=torch.float64)
    weights = torch.rand(batch, heads, n_pos - 1, generator=rng, dtype=torch.float64)
    # Every head has a level of its own, and the last queries look more: all means differ.
    weights = weights * torch.linspace(0.3, 1, n_pos - 1) * torch.linspace(0.2, 1, heads)[:, None]
    for query in range(1, n_pos):
        pattern[:, :, query, query - 1] = weights[:, :, query - 1]
    return pattern, weights


def test_the_mean_weight_on_the_position_before(student, rng):
    """A head's score is the mean weight on the position before the query, over all queries but the
    first and over the batch: one number for each head."""
    pattern, weights = _planted(rng)
    result, after = student.after("prev_token_score", pattern)
    close(result, weights.mean(-1).mean(0), **FLOAT32, because="the scores")
    unchanged(after, (pattern,))


def test_a_whole_stripe_scores_1(student, rng):
    """A head that always looks at the position before the query scores 1; one that looks at
    itself, two positions back, or one ahead scores 0."""
    batch, _, n_pos = _sizes(rng)
    offsets = [0, 1, 2, -1]
    order = torch.randperm(4, generator=rng).tolist()
    pattern = torch.zeros(batch, 4, n_pos, n_pos, dtype=torch.float64)
    truth = torch.zeros(4, dtype=torch.float64)
    for head, which in enumerate(order):
        offset = offsets[which]
        truth[head] = float(offset == 1)
        for query in range(n_pos):
            if 0 <= query - offset < n_pos:
                pattern[:, head, query, query - offset] = 1.0
    close(student.prev_token_score(pattern), truth, **FLOAT32, because="the scores")


def test_looking_everywhere_alike(student, rng):
    """A head whose queries share their weight evenly among all positions up to their own gets the
    mean of 1 / 2, 1 / 3, and so on."""
    batch, heads, n_pos = _sizes(rng)
    even = torch.ones(n_pos, n_pos, dtype=torch.float64).tril()
    even /= even.sum(-1, keepdim=True)
    pattern = even.expand(batch, heads, -1, -1).clone()
    truth = sum(1 / (query + 1) for query in range(1, n_pos)) / (n_pos - 1)
    scores = tensor(student.prev_token_score(pattern), (heads,), "the scores")
    close(scores, torch.full((heads,), truth), **FLOAT32, because="the scores")


def test_sequences_count_alike(student, rng):
    """The score of a batch is the mean of its sequences' scores, and heads do not influence each
    other."""
    pattern, weights = _planted(rng)
    heads = pattern.shape[1]
    order = torch.randperm(heads, generator=rng)
    whole = tensor(student.prev_token_score(pattern), (heads,), "the scores")
    alone = torch.stack(
        [tensor(student.prev_token_score(row[None]), (heads,), "the scores") for row in pattern]
    )
    close(alone.mean(0), whole, **FLOAT32, because="the mean over the sequences")
    moved = student.prev_token_score(pattern[:, order])
    close(moved, whole[order], **FLOAT32, because="the scores of heads in another order")
    strongest = int(weights.mean((0, 2)).argmax())
    holds(int(whole.argmax()) == strongest, "Another head than the strongest has the top score.")
