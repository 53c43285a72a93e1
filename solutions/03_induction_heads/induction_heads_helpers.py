"""Given code of lab 03: what the notebook uses and nobody has to write.

Losses and patterns read out of a model, the weights of a head, and the lab's own figures. Nothing
here answers an exercise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from labkit import native, plots
from labkit.plots.figure import Figure, drawing
from torch import Tensor
from tqdm.auto import tqdm
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
    values, places = scores.flatten().topk(count)
    return [
        f"L{place // scores.shape[1]}H{place % scores.shape[1]} {value:.2f}"
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
    ]


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


def trainee(
    *, layers: int, vocab: int, n_ctx: int, seed: int, d_model: int = 64, n_heads: int = 4
) -> TransformerBridge:
    """Make an untrained attention-only model, without norm; its numbers follow from ``seed``."""
    model = native.boot(
        {
            "n_layers": layers, "d_model": d_model, "n_heads": n_heads, "n_ctx": n_ctx,
            "d_head": d_model // n_heads, "d_vocab": vocab, "attn_only": True, "act_fn": "relu",
            "normalization_type": None,
        }
    )  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(native.parameters(model).items()):
            if weight.dim() < 2:
                weight.zero_()
                continue
            size = 0.3 if name in ("tok_embed.weight", "pos.weight") else weight.shape[1] ** -0.5
            weight.copy_(size * torch.randn(weight.shape, generator=generator))
    return model


@contextmanager
def watching(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch pos"],
    measure: Callable[[Tensor], Any],
    total: int,
) -> Iterator[list[list[Any]]]:
    """Measure every pattern whenever the model looks at ``tokens`` without gradients.

    Within the context the list that it yields grows by one entry for each look: a list with what
    ``measure`` made of each layer's pattern. A progress bar counts up to ``total`` looks.
    """
    seen: list[list[Any]] = []

    def look(pattern: Tensor, hook: Any) -> None:
        if torch.is_grad_enabled() or len(pattern) != len(tokens):
            return
        if ".0." in hook.name:
            seen.append([])
            bar.update()
        seen[-1].append(measure(pattern))

    names = [f"blocks.{layer}.attn.hook_pattern" for layer in range(model.cfg.n_layers)]
    with (
        tqdm(total=total, desc=f"{len(names)} layer(s)") as bar,
        model.hooks(fwd_hooks=[(name, look) for name in names]),
    ):
        yield seen


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")


def atlas(
    scores: Mapping[str, Float[Tensor, "layer head"]], *, title: str, limit: float = 1.0
) -> Figure:
    """Draw a map of layers by heads for each score, side by side, on one colour scale."""
    return _side_by_side(
        scores, title, ("head", "layer"), "lower", "mean attention on the stripe", limit
    )


def show_patterns(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch pos"],
    heads: Sequence[tuple[int, int]],
    *,
    title: str,
) -> Figure:
    """Draw the attention patterns of some heads on the first sequence, side by side."""
    found = patterns(model, tokens[:1])
    grids = {f"L{layer}H{head}": found[layer][0, head] for layer, head in heads}
    return _side_by_side(grids, title, ("key", "query"), "upper", "attention", 1.0)


def _side_by_side(
    grids: Mapping[str, Tensor],
    title: str,
    axes_names: tuple[str, str],
    origin: str,
    unit: str,
    limit: float,
) -> Figure:
    """Draw matrices with equal axes beside each other, with one colour bar."""
    said = []
    with drawing(3.3 * len(grids) + 1.2, 4.4) as fig:
        panels = fig.subplots(1, len(grids), squeeze=False)[0]
        for axes, (name, grid) in zip(panels, grids.items(), strict=True):
            image = axes.imshow(
                grid.numpy(), cmap="viridis", vmin=0, vmax=limit, aspect="auto", origin=origin,
                interpolation="nearest",
            )  # fmt: skip
            axes.set(title=name, xlabel=axes_names[0])
            axes.xaxis.get_major_locator().set_params(integer=True)
            row, column = divmod(int(grid.argmax()), grid.shape[1])
            said.append(
                f"{name}: the largest value is {grid.max():.2f} at {axes_names[1]} {row}, "
                f"{axes_names[0]} {column}."
            )
        panels[0].set_ylabel(axes_names[1])
        fig.colorbar(image, ax=list(panels), fraction=0.03, pad=0.02, label=unit)
        fig.suptitle(title)
    fig.alt = f"{title}. " + " ".join(said)
    return fig
