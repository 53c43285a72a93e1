"""Given code of lab 03: its own figures. An atlas of heads, patterns side by side, the headline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import induction_heads_helpers as helpers
from jaxtyping import Float, Int
from labkit.plots.figure import CYCLE, Figure, drawing
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge


def atlas(
    scores: Mapping[str, Float[Tensor, "layer head"]], *, title: str, limit: float = 1.0
) -> Figure:
    """Draw a map of layers by heads for each score, side by side, on one colour scale."""
    with drawing(3.3 * len(scores) + 1.2, 4.6) as fig:
        said = _beside(
            fig, scores, ("head", "layer"), "lower", "mean attention on the stripe", limit
        )
        fig.suptitle(title)
    fig.alt = f"{title}. " + " ".join(said)
    return fig


def show_patterns(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch pos"],
    heads: Sequence[tuple[int, int]],
    *,
    title: str,
) -> Figure:
    """Draw the attention patterns of some heads on the first sequence, side by side."""
    found = helpers.patterns(model, tokens[:1])
    grids = {f"L{layer}H{head}": found[layer][0, head] for layer, head in heads}
    with drawing(3.5 * len(grids) + 1.2, 4.2) as fig:
        said = _beside(fig, grids, ("key", "query"), "upper", "attention", 1.0)
        fig.suptitle(title)
    fig.alt = f"{title}. " + " ".join(said)
    return fig


def headline(
    scores: Mapping[str, Float[Tensor, "layer head"]],
    counts: Sequence[int],
    losses: Mapping[str, Sequence[float]],
    first_half: float,
) -> Figure:
    """Draw the lab's picture: the atlas, and the loss without more and more heads.

    Args:
        counts: how many heads were taken away.
        losses: for each group of heads, the second half's loss at each count, in nats.
        first_half: the loss where nothing can be known, for comparison.
    """
    with drawing(15, 5.4) as fig:
        left, right = fig.subfigures(1, 2, width_ratios=[1.9, 1])
        said = _beside(
            left, scores, ("head", "layer"), "lower", "mean attention on the stripe", 1.0
        )
        left.suptitle("Where the heads of smollm2 look")
        axes = right.subplots()
        places = range(len(counts))
        styles = zip(CYCLE, ("o", "s", "^", "D"), ("-", "--", "-.", ":"), strict=False)
        for (name, values), (colour, marker, dash) in zip(losses.items(), styles, strict=False):
            axes.plot(places, values, color=colour, marker=marker, ls=dash, label=name)
        axes.axhline(first_half, color="#6a737d", ls=":", label="first half: nothing to copy")
        axes.set_xticks(places, labels=[str(count) for count in counts])
        axes.set(xlabel="heads taken away", ylabel="loss in the second half, nats", ylim=(0, None))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e3e6ea")
        right.legend(loc="outside lower center", ncols=1)
        right.suptitle("And what the model loses without them")
    ends = [f"without {counts[-1]} {name} {values[-1]:.1f}" for name, values in losses.items()]
    before = next(iter(losses.values()))[0]
    fig.alt = (
        "Atlas of smollm2. " + " ".join(said) + f" Loss in the second half: {before:.1f} nats; "
        + "; ".join(ends) + f"; in the first half it is {first_half:.1f}."
    )  # fmt: skip
    return fig


def _beside(
    fig: Any,
    grids: Mapping[str, Tensor],
    axes_names: tuple[str, str],
    origin: str,
    unit: str,
    limit: float,
) -> list[str]:
    """Draw matrices with equal axes beside each other; return a sentence about each."""
    said = []
    panels = fig.subplots(1, len(grids), squeeze=False)[0]
    for axes, (name, grid) in zip(panels, grids.items(), strict=True):
        image = axes.imshow(
            grid.numpy(), cmap="viridis", vmin=0, vmax=limit, aspect="auto", origin=origin,
            interpolation="nearest",
        )  # fmt: skip
        axes.set(title=name, xlabel=axes_names[0])
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_major_locator().set_params(integer=True)
        row, column = divmod(int(grid.argmax()), grid.shape[1])
        said.append(
            f"{name}: the largest value is {grid.max():.2f} at {axes_names[1]} {row}, "
            f"{axes_names[0]} {column}."
        )
    panels[0].set_ylabel(axes_names[1])
    fig.colorbar(image, ax=list(panels), fraction=0.03, pad=0.02, label=unit)
    return said
