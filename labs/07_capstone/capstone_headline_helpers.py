"""Given code of lab 07: the headline figure, in which everything comes from the notebook."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from jaxtyping import Float
from labkit.plots.figure import BLUE, GREEN, INK, ORANGE, VERMILION, Figure, drawing
from torch import Tensor

_CLOUD = "#9aa3ad"


def figure(
    *,
    feature: str,
    names: tuple[str, str],
    layer: int,
    curves: Mapping[str, Float[Tensor, "seed layer"]],
    levels: Mapping[str, float],
    interval: tuple[float, float],
    effects: Mapping[str, float],
    controls: Mapping[str, Float[Tensor, "control measurement"]],
    gap: float,
    auroc: Float[Tensor, " latent"],
    cosine: Float[Tensor, " latent"],
    named: Sequence[int],
) -> Figure:
    """Draw a feature's story: where it is read, what its direction does, which latents match it.

    Args:
        curves: accuracy over layers, a row for each split.
        levels: what needs no model, by name.
        interval: of the score at the chosen layer.
        effects: of the feature's direction, by measurement, in logits; nan if not measured.
        controls: of directions without a meaning, by kind, in the same order of measurements.
        gap: between the answers on True and on False texts, in logits.
        auroc, cosine: of each latent.
        named: the latents that get their number written beside them.
    """
    with drawing(13.6, 4.4) as fig:
        reading, using, matching = fig.subplots(1, 3, width_ratios=(1.15, 1.0, 0.95))
        _read(reading, curves, levels, layer, interval)
        _used(using, effects, controls, gap)
        _matched(matching, auroc, cosine, named)
        reading.set_title(f"Where is {feature} read?")
        using.set_title("Is it used?")
        matching.set_title("Which latents match it?")
    test = curves["test"].mean(0)
    fig.alt = (
        f"Three parts. Accuracy for {feature} ({names[0]} or {names[1]}) by layer: "
        f"{test[layer]:.2f} at layer {layer}, interval {interval[0]:.2f} to {interval[1]:.2f}; "
        + ", ".join(f"{name} {value:.2f}" for name, value in levels.items())
        + ". Effects of its direction in logits: "
        + ", ".join(f"{name} {value:+.2f}" for name, value in effects.items())
        + "; largest of the controls: "
        + ", ".join(f"{kind} {float(found.abs().max()):.2f}" for kind, found in controls.items())
        + ". Latents by cosine and AUROC: "
        + ", ".join(f"{k} at {cosine[k]:+.2f} and {auroc[k]:.2f}" for k in named) + "."
    )  # fmt: skip
    return fig


def _read(
    axes: Any, curves: Mapping[str, Tensor], levels: Mapping[str, float], layer: int,
    interval: tuple[float, float],
) -> None:  # fmt: skip
    for (name, rows), colour, dash in zip(
        curves.items(), (BLUE, VERMILION), ("-", "--"), strict=True
    ):
        mean = rows.mean(0)
        axes.plot(mean.numpy(), color=colour, linestyle=dash, label=name)
        ends = (rows.amin(0).numpy(), rows.amax(0).numpy())
        axes.fill_between(range(len(mean)), *ends, color=colour, alpha=0.15, linewidth=0)
    for (name, value), dash in zip(levels.items(), (":", "-."), strict=False):
        axes.axhline(value, color=INK, linestyle=dash, linewidth=1.2, label=f"{name} {value:.2f}")
    score = float(curves["test"].mean(0)[layer])
    axes.errorbar(
        [layer], [score], yerr=[[max(score - interval[0], 0)], [max(interval[1] - score, 0)]],
        color=INK, marker="o", capsize=4, linewidth=1.8, label=f"layer {layer}: {score:.2f}",
    )  # fmt: skip
    axes.set(xlabel="layer", ylabel="accuracy, new groups", ylim=(0.0, 1.04))
    axes.legend(fontsize=8.5, loc="lower right")


def _used(
    axes: Any, effects: Mapping[str, float], controls: Mapping[str, Tensor], gap: float
) -> None:
    if math.isnan(gap):
        axes.text(0.5, 0.5, "not measured", ha="center", transform=axes.transAxes)
        return
    colours = dict(zip(controls, (_CLOUD, ORANGE), strict=False))
    for place, value in enumerate(effects.values()):
        for side, (kind, found) in enumerate(controls.items()):
            spread = [place - 0.16 + 0.32 * side] * len(found)
            axes.plot(
                spread, found[:, place].numpy(), ("o", "s")[side], color=colours[kind],
                markersize=4, alpha=0.6, label=f"{kind} ({len(found)})" if not place else None,
            )  # fmt: skip
        axes.plot(
            [place - 0.3, place + 0.3], [value] * 2, color=BLUE, linewidth=3,
            label="the feature's direction" if not place else None,
        )  # fmt: skip
        axes.annotate(f"{value:+.2f}", (place + 0.32, value), va="center", fontsize=10)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axhline(gap, color=GREEN, linestyle=":", linewidth=1.6, label=f"whole gap {gap:.2f}")
    axes.set(xlim=(-0.5, len(effects) - 0.2), ylabel="effect on the answer, logits")
    axes.set_xticks(range(len(effects)), labels=list(effects))
    axes.legend(fontsize=8.5)


def _matched(axes: Any, auroc: Tensor, cosine: Tensor, named: Sequence[int]) -> None:
    axes.plot(cosine.numpy(), auroc.numpy(), ".", color=_CLOUD, markersize=4, alpha=0.5)
    for latent in named:
        here = (float(cosine[latent]), float(auroc[latent]))
        axes.plot(*here, "o", color=VERMILION, markersize=7)
        left = here[0] > 0.6 * float(cosine.max())  # else the number would run over the edge
        axes.annotate(
            str(latent), here, xytext=(-7 if left else 7, -12), textcoords="offset points",
            fontsize=9, ha="right" if left else "left",
        )  # fmt: skip
    axes.axhline(0.5, color=INK, linewidth=0.8, linestyle=":")
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=":")
    axes.set(xlabel="cosine with the direction", ylabel="AUROC, training and validation texts",
             ylim=(-0.03, 1.05))  # fmt: skip
