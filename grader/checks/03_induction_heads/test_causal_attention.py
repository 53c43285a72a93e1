"""Hidden checks for causal_attention: torch's own attention, causality, and planted looks."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, items, tensor, unchanged

# Float64 in; a student may go through float32. Wrong formulas miss by tens of per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, HEADS = 2, 3


def _draw(rng: torch.Generator, spread: float = 1.0) -> tuple[Tensor, ...]:
    """Draw x, W_Q, W_K, W_V, W_O; all axes differ."""
    n_pos = int(torch.randint(6, 9, (), generator=rng))
    d_model, d_head = 11, int(torch.randint(4, 6, (), generator=rng))
    x = torch.randn(BATCH, n_pos, d_model, generator=rng, dtype=torch.float64)
    shape = (HEADS, d_model, d_head)
    reads = [spread * torch.randn(shape, generator=rng, dtype=torch.float64) / 3 for _ in range(3)]
    W_O = torch.randn(HEADS, d_head, d_model, generator=rng, dtype=torch.float64)
    return x, *reads, W_O


def _two(result: object, x: Tensor) -> tuple[Tensor, Tensor]:
    """The output and the pattern, with the shapes they must have."""
    out, pattern = items(result, 2, "the result")
    batch, n_pos, _ = x.shape
    return (
        tensor(out, tuple(x.shape), "what the layer writes"),
        tensor(pattern, (batch, HEADS, n_pos, n_pos), "the pattern"),
    )


def test_each_query_shares_out_one_among_the_past(student, rng):
    """Each row of the pattern sums to 1 over the keys, holds no negative weight, and is exactly 0
    at keys that come after the query; query 0 looks at itself."""
    args = _draw(rng, spread=3.0)
    result, after = student.after("causal_attention", *args)
    _, pattern = _two(result, args[0])
    close(pattern.sum(-1), torch.ones(pattern.shape[:-1]), **FLOAT32, because="sums over the keys")
    holds(bool((pattern.triu(1) == 0).all()), "A query puts weight on a key that comes after it.")
    holds(bool((pattern >= 0).all()), "A weight is negative.")
    close(pattern[..., 0, 0], torch.ones(BATCH, HEADS), **FLOAT32, because="query 0's weight")
    unchanged(after, args)


def test_the_future_does_not_reach_the_past(student, rng):
    """Change the stream at one position: what is written at earlier positions stays as it was, and
    what is written there and later changes."""
    args = _draw(rng)
    x = args[0]
    changed = int(torch.randint(2, x.shape[1] - 1, (), generator=rng))
    other = x.clone()
    other[:, changed] += 3 * torch.randn(x[:, 0].shape, generator=rng, dtype=torch.float64)
    before, _ = _two(student.causal_attention(*args), x)
    after, _ = _two(student.causal_attention(other, *args[1:]), x)
    close(after[:, :changed], before[:, :changed], atol=1e-6, rtol=1e-6, because="the past")
    moved = (after - before).abs().amax(-1)[:, changed:]
    holds(bool((moved > 1e-6).all()), "A later position takes no note of the change.")


def test_it_is_torchs_own_attention(student, rng):
    """What the layer writes is the sum over its heads of torch's own causal attention, each
    through its own W_O."""
    args = _draw(rng)
    x, W_Q, W_K, W_V, W_O = args
    expected = torch.zeros_like(x)
    for head in range(HEADS):
        z = functional.scaled_dot_product_attention(
            x @ W_Q[head], x @ W_K[head], x @ W_V[head], is_causal=True
        )
        expected += z @ W_O[head]
    out, _ = _two(student.causal_attention(*args), x)
    close(out, expected, **FLOAT32, because="what the layer writes")


def test_the_pattern_is_read_off_queries_and_keys(student, rng):
    """The scores are products of queries and keys over the root of d_head: with the stream of unit
    vectors and a W_K that picks out coordinates, the log-ratios of a row's weights are those of
    W_Q's entries."""
    n_pos, d_model, d_head = 6, 9, 6
    x = torch.eye(n_pos, d_model, dtype=torch.float64).expand(BATCH, -1, -1).clone()
    # Key j is the j-th unit vector of the head, so the score of (i, j) is W_Q[i, j] / root.
    W_Q = torch.randn(HEADS, d_model, d_head, generator=rng, dtype=torch.float64) * 2
    W_K = torch.eye(d_model, d_head, dtype=torch.float64).expand(HEADS, -1, -1).clone()
    W_V, W_O = (
        _draw(rng)[3][:, :d_model, :1].expand(-1, -1, d_head),
        torch.ones(HEADS, d_head, d_model, dtype=torch.float64),
    )
    _, pattern = _two(student.causal_attention(x, W_Q, W_K, W_V.clone(), W_O), x)
    holds(bool((pattern.tril() > -1e-9).all()), "A weight is negative.")
    safe = pattern.clamp(min=1e-30).log()
    for query in range(1, n_pos):
        against_first = safe[:, :, query, 1 : query + 1] - safe[:, :, query, :1]
        scores = (W_Q[:, query] - W_Q[:, query, :1])[:, 1 : query + 1] / d_head**0.5
        close(against_first, scores.expand(BATCH, -1, -1), **FLOAT32, because="the weights")
