"""Hidden checks for full_OV: what the model's own forward pass adds to the logits."""

import torch
from labkit import models, native
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, tensor

# Float64 in; a student may go through float32.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
LAYERS, HEADS, D_HEAD = 2, 3, 5


def _model(seed: int, vocab: int) -> TransformerBridge:
    """A random model of attention alone, without norm, biases and positions, in float64."""
    model = models.random(
        seed, n_layers=LAYERS, n_heads=HEADS, d_head=D_HEAD, d_vocab=vocab, attn_only=True,
        normalization_type=None, dtype=torch.float64,
    )  # fmt: skip
    for name, weight in native.parameters(model).items():
        if name == "pos.weight" or (".attn." in name and name.endswith("bias")):
            weight.data.zero_()
    return model


def _only(model: TransformerBridge, head: tuple[int, int]) -> None:
    """Silence all other heads: their columns of the output matrix become 0."""
    for layer in range(LAYERS):
        weight = native.parameters(model)[f"layers.{layer}.attn.o.weight"].data
        columns = weight.view(weight.shape[0], HEADS, D_HEAD)
        for index in range(HEADS):
            if (layer, index) != head:
                columns[:, index] = 0


def _added(model: TransformerBridge, vocab: int) -> Tensor:
    """What attention adds to the logits, [token, vocab], where each token stands alone."""
    tokens = torch.arange(vocab)[:, None]
    with torch.no_grad():
        embedded = model.W_E[tokens[:, 0]] @ model.W_U + model.b_U
        return model(tokens)[:, 0] - embedded


def _head(rng: torch.Generator) -> tuple[int, int]:
    """A head whose two numbers differ."""
    places = [(0, 1), (0, 2), (1, 0), (1, 2)]
    return places[int(torch.randint(len(places), (), generator=rng))]


def test_it_is_what_the_model_adds_to_the_logits(student, seed, rng):
    """In a model where only this head is left, a token that can look at nothing but itself gets
    just that row of the table added to its logits: rows are tokens looked at, columns the tokens
    whose logits change."""
    vocab = int(torch.randint(9, 14, (), generator=rng))
    model, head = _model(seed, vocab), (LAYERS - 1, HEADS - 1)
    kept = student.keep(model)
    table = tensor(student.full_OV(kept, head), (vocab, vocab), "your table")
    _only(model, head)
    close(table, _added(model, vocab), **FLOAT32, because="your table")


def test_the_basis_inside_the_head_does_not_matter(student, seed, rng):
    """Multiply W_V by an invertible matrix and W_O by its inverse: the head does the same, and the
    table stays the same."""
    vocab = int(torch.randint(9, 14, (), generator=rng))
    model, (layer, index) = _model(seed, vocab), _head(rng)
    before = tensor(student.full_OV(model, (layer, index)), (vocab, vocab), "your table")
    _, R = torch.linalg.eigh(torch.randn(D_HEAD, D_HEAD, generator=rng, dtype=torch.float64))
    R = R * (0.5 + torch.arange(D_HEAD))
    weights = native.parameters(model)
    rows = slice(index * D_HEAD, (index + 1) * D_HEAD)
    value, output = (weights[f"layers.{layer}.attn.{name}.weight"].data for name in "vo")
    value[rows] = R.T @ value[rows]
    output[:, rows] = output[:, rows] @ torch.linalg.inv(R).T
    after = student.full_OV(model, (layer, index))
    close(after, before, atol=1e-3, rtol=1e-3, because="the table in another basis")
    # The table has an extent of its own: about 1 for each token and logit.
    holds(bool(before.abs().mean() > 0.05), "The table is next to nothing.")


def test_the_heads_of_a_layer_add_up(student, seed, rng):
    """The tables of all heads of a layer add up to what the whole layer adds to the logits of a
    token that stands alone."""
    vocab = int(torch.randint(9, 14, (), generator=rng))
    model = _model(seed, vocab)
    layer = int(torch.randint(LAYERS, (), generator=rng))
    native.parameters(model)[f"layers.{1 - layer}.attn.o.weight"].data.zero_()
    kept = student.keep(model)
    total = sum(
        tensor(student.full_OV(kept, (layer, index)), (vocab, vocab), "your table")
        for index in range(HEADS)
    )
    close(total, _added(model, vocab), **FLOAT32, because="the sum over the heads")


def test_attention_has_no_say(student, seed, rng):
    """Where a head looks has no bearing on what it would write: other queries and keys leave the
    table as it is, and twice the output matrix makes it twice as large."""
    vocab = int(torch.randint(9, 14, (), generator=rng))
    model, (layer, index) = _model(seed, vocab), _head(rng)
    before = tensor(student.full_OV(model, (layer, index)), (vocab, vocab), "your table")
    weights = native.parameters(model)
    for name in "qk":
        weight = weights[f"layers.{layer}.attn.{name}.weight"].data
        weight.copy_(torch.randn(weight.shape, generator=rng, dtype=torch.float64))
    weights[f"layers.{layer}.attn.o.weight"].data.mul_(2)
    after = student.full_OV(model, (layer, index))
    close(after, 2 * before, **FLOAT32, because="the table")
    holds(bool(before.abs().mean() > 0.05), "The table is next to nothing.")
