"""Hidden checks for build_induction_model: what the weights do, in a forward pass of our own."""

import torch
from torch import Tensor

from grader.assertions import holds, tensor

SURE = 0.9  # of a look's weight, as the exercise says


def _weights(student, vocab: int, n_ctx: int) -> dict[str, Tensor]:
    """The student's weights, with shapes that fit together, in float64."""
    made = student.build_induction_model(vocab, n_ctx)
    names = ("W_E", "W_pos", "W_Q", "W_K", "W_V", "W_O", "W_U")
    fits = isinstance(made, dict) and set(made) == set(names)
    holds(fits, "The weights should be a dict with the seven names of `helpers.empty_model`.")
    sizes = all(isinstance(made[name], Tensor) and made[name].dim() > 1 for name in names)
    holds(sizes, "All seven weights should be tensors.")
    d_model, d_head = made["W_E"].shape[-1], made["W_Q"].shape[-1]
    shapes = {
        "W_E": (vocab, d_model), "W_pos": (n_ctx, d_model), "W_Q": (2, d_model, d_head),
        "W_K": (2, d_model, d_head), "W_V": (2, d_model, d_head), "W_O": (2, d_head, d_model),
        "W_U": (d_model, vocab),
    }  # fmt: skip
    return {name: tensor(made[name], shapes[name], name) for name in names}


def _sizes(rng: torch.Generator) -> tuple[int, int]:
    """Draw vocab and n_ctx, so that either may be the larger."""
    vocab, n_ctx = (int(torch.randint(14, 21, (), generator=rng)) for _ in range(2))
    return vocab, n_ctx + (n_ctx == vocab)


def _rows(rng: torch.Generator, vocab: int, n: int) -> Tensor:
    """Draw sequences of BOS, n different tokens, and the same again."""
    halves = torch.stack([torch.randperm(vocab - 1, generator=rng)[:n] + 1 for _ in range(6)])
    return torch.cat([torch.zeros(6, 1, dtype=torch.long), halves, halves], 1)


def _run(w: dict[str, Tensor], tokens: Tensor, without: int = -1) -> tuple[list[Tensor], Tensor]:
    """Return both layers' patterns and the logits; one layer's head may be silenced."""
    stream = w["W_E"][tokens] + w["W_pos"][: tokens.shape[1]]
    future = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).triu(1)
    patterns = []
    for layer in range(2):
        q, k, v = (stream @ w[name][layer] for name in ("W_Q", "W_K", "W_V"))
        scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf)
        patterns.append(scores.softmax(-1))
        if layer != without:
            stream = stream + patterns[-1] @ v @ w["W_O"][layer]
    return patterns, stream @ w["W_U"]


def _hits(logits: Tensor, tokens: Tensor) -> float:
    """The share of right answers in the second half."""
    n = tokens.shape[1] // 2
    return float((logits[:, n + 1 : -1].argmax(-1) == tokens[:, n + 2 :]).double().mean())


def _lengths(vocab: int, n_ctx: int) -> tuple[int, int]:
    """A short half, and the longest that fits."""
    return 5, min((n_ctx - 1) // 2, vocab - 1)


def test_the_first_head_looks_at_the_previous_token(student, rng):
    """Head (0, 0) puts at least 0.9 of its attention on the position before the query, from
    position 1 to the last that the model has room for, whatever the tokens are."""
    vocab, n_ctx = _sizes(rng)
    tokens = torch.randint(vocab, (3, n_ctx), generator=rng)
    patterns, _ = _run(_weights(student, vocab, n_ctx), tokens)
    stripe = patterns[0].diagonal(-1, -2, -1)
    holds(bool((stripe >= SURE).all()), "Some query looks elsewhere, or not sharply enough.")


def test_the_second_head_looks_behind_the_earlier_copy(student, rng):
    """Head (1, 0) puts at least 0.9 of its attention, at every query of the second half, on the
    position after the earlier copy of the query's token: on short sequences and on the longest
    that fit."""
    vocab, n_ctx = _sizes(rng)
    weights = _weights(student, vocab, n_ctx)
    for n in _lengths(vocab, n_ctx):
        patterns, _ = _run(weights, _rows(rng, vocab, n))
        stripe = patterns[1].diagonal(1 - n, -2, -1)[:, 2:]
        holds(bool((stripe >= SURE).all()), "Some query looks elsewhere, or not sharply enough.")


def test_it_continues_what_it_has_seen_once(student, rng):
    """In the second half the largest logit is always that of the next token, on sequences of
    random tokens that nobody can know, for any size of vocabulary and context."""
    for _ in range(2):
        vocab, n_ctx = _sizes(rng)
        weights = _weights(student, vocab, n_ctx)
        for n in _lengths(vocab, n_ctx):
            tokens = _rows(rng, vocab, n)
            _, logits = _run(weights, tokens)
            holds(_hits(logits, tokens) == 1, "Some next token does not have the largest logit.")


def test_it_needs_both_heads(student, rng):
    """With both heads the model continues the repetition; with either of them silenced it does no
    better than chance."""
    vocab, n_ctx = _sizes(rng)
    weights = _weights(student, vocab, n_ctx)
    for n in _lengths(vocab, n_ctx):
        tokens = _rows(rng, vocab, n)
        _, logits = _run(weights, tokens)
        holds(_hits(logits, tokens) > 0.9, "With both heads it fails already.")
        for layer in range(2):
            _, logits = _run(weights, tokens, without=layer)
            # Chance among the tokens of a half is at most 1 in 5.
            holds(_hits(logits, tokens) < 0.4, "It can do without one of the heads.")
