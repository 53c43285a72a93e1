"""Given code of lab 05: the headline figure, in which everything comes from the notebook."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from days_helpers import name_points
from jaxtyping import Float
from labkit.plots.figure import BLUE, VERMILION, Figure, drawing
from torch import Tensor

_COLOURS = (BLUE, VERMILION, "#5f6872")
_DASHES = ("-", "--", ":")
_WIDE = 150  # characters of a line of text


def figure(
    *,
    fires: Float[Tensor, "latent kind"],
    kinds: Sequence[str],
    scores: Mapping[str, Float[Tensor, " latent"]],
    points: Float[Tensor, "template word 2"],
    words: Sequence[str],
    texts: Mapping[str, str],
) -> Figure:
    """Draw absorption, what explanations earn, the week, and what a clamped latent writes.

    Args:
        fires: mean activation of each latent in each kind of sample.
        kinds: their names.
        scores: of explanations, one curve each.
        points: the words' points in a plane; their means are joined in the order given.
        texts: what was written, by name.
    """
    lines = [
        textwrap.fill(f"{name}: {_drawable(text)}", _WIDE, subsequent_indent="    ")
        for name, text in texts.items()
    ]
    height = 0.2 * sum(line.count("\n") + 1 for line in lines) + 0.5
    with drawing(12.4, 4.3 + height) as fig:
        grid = fig.add_gridspec(2, 3, height_ratios=(4.0, height))
        _absorption(fig.add_subplot(grid[0, 0]), fires, kinds)
        _explained(fig.add_subplot(grid[0, 1]), scores)
        _round(fig.add_subplot(grid[0, 2]), points, words)
        below = fig.add_subplot(grid[1, :])
        below.axis("off")
        below.set_title("One latent clamped", loc="left")
        below.text(0, 1, "\n".join(lines), va="top", fontsize=9.5, transform=below.transAxes)
    said = "; ".join(f"{name}: {text}" for name, text in texts.items())
    medians = ", ".join(f"{name} {float(s.median()):.2f}" for name, s in scores.items())
    fig.alt = (
        "Four parts. Mean activation of each latent for each kind of sample of a planted "
        f"hierarchy. Scores of explanations by words, medians: {medians}. {len(words)} words in a "
        f"plane, joined in order. Texts: {said}."
    )
    return fig


def _absorption(axes: Any, fires: Tensor, kinds: Sequence[str]) -> None:
    image = axes.imshow(fires.numpy(), cmap="viridis", aspect="auto")
    axes.set_xticks(range(len(kinds)), labels=kinds, rotation=25, ha="right")
    axes.set_yticks(range(len(fires)))
    axes.set_title("Who is active for what (planted)", fontsize=11.5)
    axes.set_ylabel("latent")
    axes.figure.colorbar(image, ax=axes, label="mean activation")


def _explained(axes: Any, scores: Mapping[str, Tensor]) -> None:
    for (name, values), colour, dash in zip(scores.items(), _COLOURS, _DASHES, strict=False):
        ordered = values.sort(descending=True).values.tolist()
        axes.plot(ordered, dash, color=colour, label=name, linewidth=2)
    axes.axhline(0.5, color="#9aa2ab", linewidth=1)
    axes.set(
        xlabel="latents, best first", ylabel="balanced accuracy", ylim=(0.0, 1.02),
    )  # fmt: skip
    axes.set_title("Explained by five words, on new text", fontsize=11.5)
    axes.legend(fontsize=7.5, loc="lower center")


def _round(axes: Any, points: Tensor, words: Sequence[str]) -> None:
    means = points.mean(dim=0)
    closed = [*means.tolist(), means[0].tolist()]
    axes.scatter(*points.flatten(0, 1).mT.tolist(), s=9, color="#9aa2ab")
    axes.plot(*zip(*closed, strict=True), "-o", color=BLUE)
    name_points(axes, means, words)
    axes.set(aspect="equal")
    axes.set_title("The days of the week", fontsize=11.5)


def _drawable(text: str) -> str:
    """Leave out what the figure's font does not have, and dollars, which would open mathematics."""
    return "".join(c if c.isprintable() and ord(c) < 0x250 else "·" for c in text).replace("$", "·")
