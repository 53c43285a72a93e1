"""Hidden checks for full_QK: the scores of the model's own forward pass."""

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


def _run(model: TransformerBridge, head: tuple[int, int], vocab: int) -> tuple[Tensor, Tensor]:
    """Run the model on all pairs of tokens, the key's first and the query's second.

    Returns:
        The log-ratio of the pattern's two weights, which is the score of the first token minus that
        of the query's own; and each token's own score, of its query and its key. [query, key] and
        [token].
    """
    keys, queries = torch.meshgrid(torch.arange(vocab), torch.arange(vocab), indexing="ij")
    pairs = torch.stack([keys.flatten(), queries.flatten()], 1)
    layer, index = head
    for earlier in range(layer):  # layer 1 sees the embeddings alone
        native.parameters(model)[f"layers.{earlier}.attn.o.weight"].data.zero_()
    with torch.no_grad():
        _, cache = model.run_with_cache(pairs)
    weights = cache["pattern", layer][:, index, 1].log()
    ratio = (weights[:, 0] - weights[:, 1]).view(vocab, vocab).T
    query, key = (cache[f"blocks.{layer}.attn.hook_{name}"][:, 0, index] for name in "qk")
    own = (query * key).sum(-1).view(vocab, vocab)[:, 0] / D_HEAD**0.5
    return ratio, own


def _head(rng: torch.Generator) -> tuple[int, int]:
    """A head whose two numbers differ."""
    places = [(0, 1), (0, 2), (1, 0), (1, 2)]
    return places[int(torch.randint(len(places), (), generator=rng))]


def _sizes(rng: torch.Generator) -> int:
    return int(torch.randint(8, 12, (), generator=rng))


def test_it_is_the_score_in_a_run_of_the_model(student, seed, rng):
    """For each pair of tokens the entry is the score that the model computes in a run, before mask
    and softmax: the query's token along the rows, the key's along the columns."""
    vocab = _sizes(rng)
    model, head = _model(seed, vocab), (LAYERS - 1, HEADS - 1)
    table = tensor(student.full_QK(model, head), (vocab, vocab), "your table")
    ratio, own = _run(model, head, vocab)
    diagonal = table.diagonal()
    close(table - diagonal[:, None], ratio, **FLOAT32, because="your table, against its diagonal")
    close(diagonal, own, **FLOAT32, because="the diagonal of your table")


def test_the_basis_inside_the_head_does_not_matter(student, seed, rng):
    """Multiply W_Q by an invertible matrix and W_K by its inverse, transposed: the head looks at
    the same places, and the table stays the same."""
    vocab = _sizes(rng)
    model, (layer, index) = _model(seed, vocab), _head(rng)
    before = tensor(student.full_QK(model, (layer, index)), (vocab, vocab), "your table")
    _, R = torch.linalg.eigh(torch.randn(D_HEAD, D_HEAD, generator=rng, dtype=torch.float64))
    R = R * (0.5 + torch.arange(D_HEAD))
    weights = native.parameters(model)
    rows = slice(index * D_HEAD, (index + 1) * D_HEAD)
    query, key = (weights[f"layers.{layer}.attn.{name}.weight"].data for name in "qk")
    query[rows] = R.T @ query[rows]
    key[rows] = torch.linalg.inv(R) @ key[rows]
    after = student.full_QK(model, (layer, index))
    close(after, before, atol=1e-3, rtol=1e-3, because="the table in another basis")
    holds(bool(before.abs().mean() > 0.05), "The table is next to nothing.")


def test_query_and_key_change_places(student, seed, rng):
    """Exchange W_Q and W_K, and rows and columns of the table change places; rows and columns are
    not the same thing."""
    vocab = _sizes(rng)
    model, (layer, index) = _model(seed, vocab), _head(rng)
    before = tensor(student.full_QK(model, (layer, index)), (vocab, vocab), "your table")
    weights = native.parameters(model)
    query, key = (weights[f"layers.{layer}.attn.{name}.weight"].data for name in "qk")
    old = query.clone()
    query.copy_(key)
    key.copy_(old)
    after = student.full_QK(model, (layer, index))
    close(after, before.T, **FLOAT32, because="the table with W_Q and W_K exchanged")
    apart = (before - before.T).abs().mean()
    holds(bool(apart > 0.05), "Your table is the same from both sides.")


def test_what_is_moved_has_no_say(student, seed, rng):
    """What a head moves has no bearing on where it looks: other values, outputs and another
    unembedding leave the table as it is, and twice the embedding makes it four times as large."""
    vocab = _sizes(rng)
    model, (layer, index) = _model(seed, vocab), _head(rng)
    before = tensor(student.full_QK(model, (layer, index)), (vocab, vocab), "your table")
    weights = native.parameters(model)
    others = [f"layers.{layer}.attn.v.weight", f"layers.{layer}.attn.o.weight", "head.weight"]
    for name in others:
        shape = weights[name].shape
        weights[name].data.copy_(torch.randn(shape, generator=rng, dtype=torch.float64))
    weights["tok_embed.weight"].data.mul_(2)
    after = student.full_QK(model, (layer, index))
    close(after, 4 * before, **FLOAT32, because="the table")
    holds(bool(before.abs().mean() > 0.05), "The table is next to nothing.")
