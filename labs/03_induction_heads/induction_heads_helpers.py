"""Given code of lab 03: what the notebook uses and nobody has to write.

Losses and patterns read out of a model, the weights of a head, an empty model to fill in. Figures
are in `atlas_helpers`, the live training in `training_helpers`, and what parts 6 to 8 use in
`circuits_helpers`. Nothing here answers an exercise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from jaxtyping import Float, Int
from labkit import native
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

CHALLENGE = "induction_circuit"
"""The kind of planted model that this lab's challenge uses."""

HEADLINE = Path(os.environ.get("INTERP_LABS_OUT", "figures")) / "headline.png"
"""Where the last cell of the notebook saves its figure."""


def token_losses(
    logits: Float[Tensor, "batch pos vocab"], tokens: Int[Tensor, "batch pos"]
) -> Float[Tensor, "batch pos_minus_1"]:
    """Return -ln p of the token that came next, for every position but the last."""
    chances = logits[:, :-1].log_softmax(dim=-1)
    return -chances.gather(-1, tokens[:, 1:, None])[..., 0]


def patterns(
    model: TransformerBridge, tokens: Int[Tensor, "batch pos"]
) -> list[Float[Tensor, "batch head query key"]]:
    """Run a model and return every layer's attention patterns; nothing else is kept."""
    with torch.no_grad():
        _, cache = model.run_with_cache(
            tokens, names_filter=lambda name: name.endswith("attn.hook_pattern")
        )
    return [cache["pattern", layer] for layer in range(model.cfg.n_layers)]


def head_weights(
    model: TransformerBridge, head: tuple[int, int]
) -> tuple[
    Float[Tensor, "d_model d_head"],
    Float[Tensor, "d_model d_head"],
    Float[Tensor, "d_model d_head"],
    Float[Tensor, "d_head d_model"],
]:
    """Return W_Q, W_K, W_V, W_O of one head, (layer, head), detached.

    Where several query heads share keys and values (as in smollm2), the shared ones are returned.
    """
    layer, index = head
    attention = model.blocks[layer].attn
    shared = index * len(attention.W_K) // len(attention.W_Q)
    return (
        attention.W_Q[index].detach(),
        attention.W_K[shared].detach(),
        attention.W_V[shared].detach(),
        attention.W_O[index].detach(),
    )


def embeddings(
    model: TransformerBridge,
) -> tuple[Float[Tensor, "vocab d_model"], Float[Tensor, "d_model vocab"]]:
    """Return W_E and W_U of a model, detached."""
    return model.W_E.detach(), model.W_U.detach()


def small_OV(
    model: TransformerBridge, heads: Sequence[tuple[int, int]]
) -> list[Float[Tensor, "d_head d_head"]]:
    """Return W_O W_U W_E W_V of each head: the eigenvalues of its full OV, without the zeros."""
    W_E, W_U = embeddings(model)
    around = W_U @ W_E
    small = []
    for head in heads:
        _, _, W_V, W_O = head_weights(model, head)
        small.append(W_O @ around @ W_V)
    return small


def best_heads(scores: Float[Tensor, "layer head"], count: int) -> list[tuple[int, int]]:
    """Return the heads with the largest scores, (layer, head), the largest first."""
    places = scores.flatten().topk(count).indices.tolist()
    return [(place // scores.shape[1], place % scores.shape[1]) for place in places]


def strongest(scores: Float[Tensor, "layer head"], count: int) -> list[str]:
    """Name the heads with the largest scores: "L18H6 0.90"."""
    return [f"L{at[0]}H{at[1]} {scores[at]:.2f}" for at in best_heads(scores, count)]


def empty_model(vocab: int, n_ctx: int) -> dict[str, Tensor]:
    """Return the weights of an attention-only model of two layers with one head each, all zero.

    The stream has room for three subspaces side by side: a token (``vocab`` numbers), a position
    (``n_ctx``) and the previous token (``vocab``). No norm, no biases. ``d_head`` is the larger of
    ``vocab`` and ``n_ctx``.
    """
    d_model, d_head = 2 * vocab + n_ctx, max(vocab, n_ctx)
    shapes = {
        "W_E": (vocab, d_model), "W_pos": (n_ctx, d_model), "W_Q": (2, d_model, d_head),
        "W_K": (2, d_model, d_head), "W_V": (2, d_model, d_head), "W_O": (2, d_head, d_model),
        "W_U": (d_model, vocab),
    }  # fmt: skip
    return {name: torch.zeros(shape) for name, shape in shapes.items()}


def boot(weights: Mapping[str, Tensor]) -> TransformerBridge:
    """Make a model of weights in the form of `empty_model`."""
    vocab, d_model = weights["W_E"].shape
    layers, _, d_head = weights["W_Q"].shape
    named = {
        "tok_embed.weight": weights["W_E"], "pos.weight": weights["W_pos"],
        "head.weight": weights["W_U"].mT, "head.bias": torch.zeros(vocab),
    }  # fmt: skip
    for layer in range(layers):
        for letter in "qkv":
            at = f"layers.{layer}.attn.{letter}"
            named[f"{at}.weight"] = weights[f"W_{letter.upper()}"][layer].mT
            named[f"{at}.bias"] = torch.zeros(d_head)
        named[f"layers.{layer}.attn.o.weight"] = weights["W_O"][layer].mT
        named[f"layers.{layer}.attn.o.bias"] = torch.zeros(d_model)
    config = {
        "n_layers": layers, "d_model": d_model, "n_heads": 1, "d_head": d_head, "d_vocab": vocab,
        "n_ctx": len(weights["W_pos"]), "attn_only": True, "act_fn": "relu",
        "normalization_type": None,
    }  # fmt: skip
    return native.boot(config, named)


def logits_without(
    model: TransformerBridge, tokens: Int[Tensor, "batch pos"], heads: Sequence[tuple[int, int]]
) -> Float[Tensor, "batch vocab"]:
    """Run the model with some heads, (layer, head), silenced; logits at the last position."""
    cfg = model.cfg
    keep = torch.ones(cfg.n_layers, cfg.n_heads, 1)
    for layer, head in heads:
        keep[layer, head] = 0

    def hook_of(layer: int) -> Callable[..., Tensor]:
        return lambda z, hook: z * keep[layer]

    hooks = [(f"blocks.{layer}.attn.hook_z", hook_of(layer)) for layer in range(cfg.n_layers)]
    with torch.no_grad():
        logits: Tensor = model.run_with_hooks(tokens, fwd_hooks=hooks)
    return logits[:, -1]


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")
