"""Signed bars, one for each component: who pushes the answer up, and who down."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labkit.plots import tokens as token_labels
from labkit.plots.arrays import array, short
from labkit.plots.figure import BLUE, VERMILION, Figure, drawing


def bars(
    values: Mapping[str, object],
    *,
    title: str = "",
    unit: str = "",
    top: int | None = None,
    sort: bool = False,
    alt: str = "",
) -> Figure:
    """Draw one horizontal bar for each component, with its value at its end.

    Args:
        values: a name for each component and its number (its attribution, in ``unit``).
        top: show only this many, the largest in size; one more bar sums up the others, so that
            the bars still add up to the whole.
        sort: order by value, largest first; else the given order is kept.
        alt: the description; by default made from the title and the largest bars.

    Raises:
        ValueError: no components, or one without a single number.
    """
    names = list(values)
    heights = array([float(np.asarray(value)) for value in values.values()], 1, "bars")
    shown = list(range(len(names)))
    if top is not None and top < len(names):
        largest = np.argsort(-np.abs(heights), kind="stable")[:top]
        shown = sorted(int(index) for index in largest)
    if sort:
        shown.sort(key=lambda index: -heights[index])
    labels = token_labels.labels((names[index] for index in shown), longest=28)
    sizes = [float(heights[index]) for index in shown]
    rest = len(names) - len(shown)
    if rest:
        labels.append(f"{rest} others together")
        sizes.append(float(heights.sum() - sum(sizes)))
    with drawing(6.4, 1.3 + 0.27 * len(labels)) as fig:
        axes = fig.add_subplot()
        colours = [BLUE if size >= 0 else VERMILION for size in sizes]
        drawn = axes.barh(range(len(sizes)), sizes, color=colours, height=0.72)
        axes.bar_label(drawn, labels=[_signed(size) for size in sizes], padding=3, fontsize=9.5)
        axes.set_yticks(range(len(labels)), labels=labels)
        axes.invert_yaxis()
        axes.axvline(0, color="#4a525b", linewidth=1)
        axes.margins(x=0.18, y=0.01)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.set(title=title, xlabel=unit)
    if not alt:
        order = sorted(range(len(sizes)), key=lambda index: -abs(sizes[index]))[:3]
        biggest = ", ".join(f"{labels[index]} {short(sizes[index])}" for index in order)
        alt = f"Bar chart: {title}. " if title else "Bar chart. "
        alt += f"{len(names)} components; the largest in size: {biggest}."
        alt += f" All together: {short(float(heights.sum()))}."
    fig.alt = alt.replace(r"\$", "$")
    return fig


def _signed(size: float) -> str:
    return f"{size:+.3g}".replace("-", "−")
