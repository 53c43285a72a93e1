"""Hidden checks for train_two_layer: what it reports and what it leaves behind, on tiny models."""

import torch
from labkit import models, native
from torch import Tensor
from torch.nn import functional
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, numbers, unchanged

# Losses of about 3 nats, in float32 there and here.
REPORTED = {"atol": 1e-3, "rtol": 1e-3}
VOCAB = 11


def _model(seed: int) -> TransformerBridge:
    """One layer is enough: the loop does not look inside."""
    return models.random(
        seed, n_layers=1, d_model=16, n_heads=2, d_head=4, d_vocab=VOCAB, n_ctx=15,
        attn_only=True, normalization_type=None,
    )  # fmt: skip


def _rows(rng: torch.Generator, n: int, batch: int = 6) -> Tensor:
    """Draw repeated sequences behind BOS."""
    half = torch.randint(1, VOCAB, (batch, n), generator=rng)
    return torch.cat([torch.zeros(batch, 1, dtype=torch.long), half, half], 1)


def _loss(says, tokens: Tensor) -> float:
    """The cross-entropy of the second half's predictions, by torch's own function."""
    n = tokens.shape[1] // 2
    with torch.no_grad():
        logits = says(tokens)
    total = functional.cross_entropy(
        logits[:, n + 1 : -1].flatten(0, 1), tokens[:, n + 2 :].flatten()
    )
    return float(total)


def _histories(result: object, steps: int) -> tuple[list[float], list[float]]:
    holds(isinstance(result, list | tuple) and len(result) == 2, "Two lists should come back.")
    first, second = result
    return numbers(first, steps, "the batches' losses"), numbers(second, steps, "valid's losses")


def test_at_learning_rate_0_it_reports_what_is(student, seed, rng):
    """With a learning rate of 0 nothing changes: the first list then holds each batch's own loss,
    in the second half and in the given order, and the second the loss of `valid`, once for each
    batch. The tokens are left as they are."""
    model = _model(seed)
    batches, valid = [_rows(rng, n) for n in (6, 4, 5)], _rows(rng, 7, 4)
    kept = student.keep(model)
    result, after = student.after("train_two_layer", kept, batches, valid, 0.0)
    losses, valid_losses = _histories(result, 3)
    for place, tokens in enumerate(batches):
        close(losses[place], _loss(model, tokens), **REPORTED, because="a batch's loss")
        close(valid_losses[place], _loss(model, valid), **REPORTED, because="the loss of valid")
    unchanged(after[1:3], (batches, valid), "the tokens")


def test_batches_before_and_valid_after_the_update(student, seed, rng):
    """The loss of a batch is measured before its update, the loss of `valid` after it: the first
    of one list is the untrained model's, the last of the other that of the model you leave behind,
    which was trained in place."""
    model = _model(seed)
    valid = _rows(rng, 6, 4)
    kept = student.keep(model)
    for n in (4, 5):
        tokens = _rows(rng, n)
        before = _loss(kept, tokens)
        losses, valid_losses = _histories(
            student.train_two_layer(kept, [tokens] * 2, valid, 0.02), 2
        )
        close(losses[0], before, **REPORTED, because="the first batch's loss")
        holds(losses[1] < losses[0], "The same batch has no smaller loss after a step on it.")
        close(valid_losses[-1], _loss(kept, valid), **REPORTED, because="the last loss of valid")


def test_it_learns_the_batches(student, seed, rng):
    """Shown the same batch again and again, the model learns it, and does not learn `valid`: a
    step for each batch, downhill, with gradients that are cleared."""
    # In valid each token is followed by another one than in the batch.
    half = torch.stack([torch.randperm(VOCAB - 1, generator=rng)[:5] + 1 for _ in range(6)])
    tokens, valid = (
        torch.cat([torch.zeros(6, 1, dtype=torch.long), part, part], 1)
        for part in (half, half.flip(1))
    )
    kept = student.keep(_model(seed))
    before, other = _loss(kept, tokens), _loss(kept, valid)
    _histories(student.train_two_layer(kept, [tokens] * 14, valid, 0.1), 14)
    after = _loss(kept, tokens)
    # Adam ends below a third; gradients that pile up overshoot to several times the loss.
    holds(after < 0.6 * before, "The loss on what it was trained on is hardly smaller, or larger.")
    holds(_loss(kept, valid) > 0.6 * min(other, 3.0), "It has learned valid.")


def test_everything_is_trained_at_the_given_rate(student, seed, rng):
    """All parameters that matter are trained, at the learning rate that is given: with a rate a
    hundred times smaller the steps are about so much smaller."""
    batches, valid = [_rows(rng, n) for n in (5, 4)], _rows(rng, 6, 4)
    start = dict(_model(seed).named_parameters())
    moves = []
    for rate in (0.02, 0.0002):
        kept = student.keep(_model(seed))
        _histories(student.train_two_layer(kept, batches, valid, rate), 2)
        state = kept.state()
        moves.append(
            {
                name: float((state[name] - value.detach()).abs().max())
                for name, value in start.items()
                if value.dim() == 2
            }
        )
    holds(all(move > 0 for move in moves[0].values()), "Some weight matrix stays as it was.")
    fast, slow = (max(move.values()) for move in moves)
    holds(slow < 0.1 * fast, "A learning rate a hundred times smaller hardly makes smaller steps.")


def test_one_optimiser_for_all_batches(student, seed, rng):
    """One Adam sees all batches, and remembers: the embedding of a token that occurs in the first
    batch only still moves in the second step."""
    rate = 0.02
    first, then = _rows(rng, 6), _rows(rng, 4)
    then[then == 1] = 2
    first[:, [3, 9]] = 1  # the same place of both halves
    valid = _rows(rng, 5, 4)
    model = _model(seed)
    embedding = native.parameters(model)["tok_embed.weight"]
    name = next(name for name, weight in model.named_parameters() if weight is embedding)
    rows = []
    for batches in ([first], [first, then]):
        kept = student.keep(_model(seed))
        _histories(student.train_two_layer(kept, batches, valid, rate), len(batches))
        rows.append(kept.state()[name][1])
    begun = (rows[0] - embedding[1].detach()).abs().max()
    holds(bool(begun > 0.1 * rate), "The first step does not move what it should.")
    # Adam goes on with about two thirds of a step; weight decay alone is far less.
    went_on = (rows[1] - rows[0]).abs().max()
    holds(bool(went_on > 0.1 * rate), "The second step has forgotten the first.")
