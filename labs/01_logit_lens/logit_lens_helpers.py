"""Given code of lab 01: what the notebook uses and nobody has to write.

Weights and components read out of a model, a toy lens for the checks, and the headline figure.
Nothing here answers an exercise.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from einops import einsum
from jaxtyping import Float, Int
from labkit import plots
from labkit.plots.figure import Figure, drawing
from torch import Tensor, nn
from transformer_lens import ActivationCache
from transformer_lens.model_bridge import TransformerBridge

CHALLENGE = "commitment"
"""The kind of planted model that this lab's challenge uses."""

HEADLINE = Path(os.environ.get("INTERP_LABS_OUT", "figures")) / "headline.png"
"""Where the last cell of the notebook saves its figure."""


def norm_weights(
    model: TransformerBridge,
) -> tuple[Float[Tensor, " d_model"], Float[Tensor, " d_model"] | None, float]:
    """Read gamma, beta and eps of the model's final norm; beta is None for RMSNorm.

    The tensors are detached: nothing you compute from them sends gradients into the model.

    Raises:
        ValueError: the model has no final norm with weights.
    """
    gamma = getattr(model.ln_final, "weight", None)
    if gamma is None:
        raise ValueError(f"{model.cfg.model_name} has no final norm with a gamma")
    beta = getattr(model.ln_final, "bias", None)
    return gamma.detach(), None if beta is None else beta.detach(), float(model.cfg.eps)


def unembedding(
    model: TransformerBridge,
) -> tuple[Float[Tensor, "d_model vocab"], Float[Tensor, " vocab"]]:
    """Read the unembedding matrix and its bias (zeros where the model has none), detached."""
    return model.W_U.detach(), model.b_U.detach()


def components(
    cache: ActivationCache,
) -> tuple[list[str], Float[Tensor, "component batch pos d_model"]]:
    """Split the final residual stream into what wrote it: embedding, then each block's parts.

    The parts add up to the final residual stream, biases included.
    """
    cfg = cache.model.cfg
    labels, parts = ["embedding"], [cache["resid_pre", 0]]
    for layer in range(cfg.n_layers):
        labels.append(f"attention {layer}")
        parts.append(cache["attn_out", layer])
        if not cfg.attn_only:
            labels.append(f"mlp {layer}")
            parts.append(cache["mlp_out", layer])
    return labels, torch.stack(parts)


def head_contributions(
    cache: ActivationCache,
) -> tuple[list[tuple[int, int]], Float[Tensor, "head batch pos d_model"]]:
    """Return what every attention head writes into the stream, as ((layer, head), vector) lists.

    Heads only: embedding, MLPs and the output biases of attention are left out.
    """
    model = cache.model
    places, parts = [], []
    for layer in range(model.cfg.n_layers):
        written = einsum(
            cache["z", layer],
            model.blocks[layer].attn.W_O,
            "batch pos head d_head, head d_head d_model -> head batch pos d_model",
        )
        places += [(layer, head) for head in range(model.cfg.n_heads)]
        parts.append(written)
    return places, torch.cat(parts).detach()


def direction_of(
    model: TransformerBridge, tokens: Int[Tensor, " batch"]
) -> Float[Tensor, "batch d_model"]:
    """Return the directions along which logits minus the mean of all logits are read (RMSNorm)."""
    gamma, beta, _ = norm_weights(model)
    assert beta is None, "with LayerNorm the mean of the stream would have to be taken out too"
    W_U, _ = unembedding(model)
    return gamma * (W_U[:, tokens] - W_U.mean(dim=1, keepdim=True)).mT


def logits_without(
    model: TransformerBridge, tokens: Int[Tensor, "batch pos"], head: tuple[int, int]
) -> Float[Tensor, "batch vocab"]:
    """Run the model with one head, (layer, head), silenced; logits at the last position."""
    layer, index = head

    def silence(z: Tensor, hook: object) -> Tensor:
        kept = torch.ones(z.shape[2], device=z.device, dtype=z.dtype)
        kept[index] = 0
        return z * kept[:, None]

    hooks: list[tuple[str, Callable[..., Tensor]]] = [(f"blocks.{layer}.attn.hook_z", silence)]
    with torch.no_grad():
        logits: Tensor = model.run_with_hooks(tokens, fwd_hooks=hooks)
    return logits[:, -1]


class PlainLens(nn.Module):
    """The smallest thing that can be called as a lens: one affine map for each layer, no norm.

    The checks of exercises 9 and 10 use it, so that they do not depend on your exercise 8. All
    parameters are zero at first: every token gets the same probability.
    """

    def __init__(self, n_layers: int, d_model: int, vocab: int) -> None:
        super().__init__()
        self.delta = nn.Parameter(torch.zeros(n_layers, d_model, vocab))
        self.bias = nn.Parameter(torch.zeros(n_layers, vocab))

    def forward(self, h: Float[Tensor, "... d_model"], layer: int) -> Float[Tensor, "... vocab"]:
        return h @ self.delta[layer] + self.bias[layer]


def loss_of_knowing_nothing(final_logits: Float[Tensor, "... vocab"]) -> float:
    """Return what a lens loses that gives all tokens the same probability, in nats.

    It needs no lens to work out: the logarithm of the vocabulary's size, minus the mean entropy of
    the final distributions.
    """
    entropy = torch.distributions.Categorical(logits=final_logits.detach()).entropy()
    return math.log(final_logits.shape[-1]) - entropy.mean().item()


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")


def headline(
    rank: Int[Tensor, " layer"],
    probability: Float[Tensor, " layer"],
    kl: Float[Tensor, " layer"],
    kl_without_norm: Float[Tensor, " layer"],
    top_tokens: Sequence[Sequence[str]],
    top_probability: Float[Tensor, "layer pos"],
    prompt: Sequence[str],
    answer: str,
    kl_tuned: dict[int, float] | None = None,
) -> Figure:
    """Draw the lab's picture: three curves over the layers, and the lens table beside them.

    Args:
        rank: of the answer at the last position; 0 is the top.
        kl: to the final distribution at the last position, in nats.
        kl_tuned: the same for the tuned lens, at the layers it was trained for.
    """
    layers = list(range(len(rank)))
    ticks = [layer for layer in layers if layer % 3 == 0]
    with drawing(15, 9.5) as fig:
        left, right = fig.subfigures(1, 2, width_ratios=[1, 2.1])
        top, middle, bottom = left.subplots(3, 1, sharex=True)
        top.plot(layers, (rank + 1).tolist(), color="#0072B2", marker="o")
        top.set_yscale("log")
        top.set_ylabel("rank + 1 (log)")
        top.set_title(f"{answer!r} by layer: rank")
        middle.plot(layers, probability.tolist(), color="#009E73", marker="s")
        middle.set_ylim(0, 1)
        middle.set_ylabel("probability")
        middle.set_title("probability")
        bottom.plot(layers, kl.tolist(), color="#0072B2", marker="o", label="logit lens")
        bottom.plot(
            layers, kl_without_norm.tolist(), color="#D55E00", ls="--", marker="^", markersize=4,
            label="without the norm",
        )  # fmt: skip
        if kl_tuned:
            bottom.plot(
                list(kl_tuned), list(kl_tuned.values()), color="#CC79A7", ls="", marker="D",
                markersize=8, label="tuned lens",
            )  # fmt: skip
        bottom.set_yscale("symlog", linthresh=1)
        bottom.set_ylabel("nats (log above 1)")
        bottom.set_title("KL from the final distribution")
        bottom.set_xlabel("layer of the residual stack")
        bottom.set_xticks(ticks)
        bottom.legend(loc="lower left", fontsize=9)
        for axes in (top, middle, bottom):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color="#e3e6ea")
        _table(right, top_tokens, top_probability, prompt)
    fig.alt = (
        f"{answer!r} by layer. Rank: {int(rank[0])} at layer 0, {int(rank[-1])} at the last. "
        f"Probability: {probability[-1]:.2f} at the last layer. KL from the final distribution: "
        f"{kl[1]:.0f} nats at layer 1, 0 at the last. Beside it, the lens's top token at each "
        "layer and position."
    )
    return fig


def _table(
    figure: object, words: Sequence[Sequence[str]], values: Tensor, prompt: Sequence[str]
) -> None:
    """Write the top tokens into cells coloured by their probability."""
    axes = figure.subplots()  # type: ignore[attr-defined]
    image = axes.imshow(
        values.numpy(), cmap="viridis", vmin=0, vmax=1, aspect="auto", origin="lower"
    )
    for row, line in enumerate(words):
        for column, word in enumerate(plots.labels(line, longest=10)):
            ink = "black" if values[row, column] > 0.6 else "white"
            axes.text(column, row, word, ha="center", va="center", fontsize=8, color=ink)
    axes.set_xticks(range(len(prompt)), labels=plots.labels(prompt))
    axes.set_yticks(range(len(words)))
    axes.set_title("what the lens says, at every layer and position")
    axes.set_xlabel("after the token ...")
    axes.set_ylabel("layer of the residual stack")
    figure.colorbar(image, ax=axes, fraction=0.03, pad=0.01, label="probability")  # type: ignore[attr-defined]
