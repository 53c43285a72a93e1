"""Grids of layer by position: `heatmap` for numbers, `lens_table` for tokens in coloured cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import colors

from labkit.plots import tokens as token_labels
from labkit.plots.arrays import Array, array, short
from labkit.plots.figure import INK, MISSING, Figure, drawing

_MOST_LABELS = 48


def heatmap(
    values: object,
    *,
    x: Sequence[object] | None = None,
    y: Sequence[object] | None = None,
    title: str = "",
    xlabel: str = "position",
    ylabel: str = "layer",
    unit: str = "",
    center: float | None = None,
    limits: tuple[float, float] | None = None,
    log: bool = False,
    marks: Sequence[tuple[int, int]] = (),
    origin: Literal["lower", "upper"] = "lower",
    alt: str = "",
) -> Figure:
    """Draw a matrix as colours, row 0 at the bottom (``origin="upper"``: at the top).

    Args:
        values: Float[Tensor, "rows columns"]; NaN cells are grey.
        x: a label for each column, such as the prompt's tokens.
        y: a label for each row.
        unit: what the colours measure, written along the colour bar ("nats", "probability").
        center: draw in red and blue around this value (for differences: 0); else viridis.
        limits: the values at the two ends of the colour bar; by default the data's own.
        log: a logarithmic colour scale from 1 upwards, for ranks (which start at 0: 1 is added).
        marks: (row, column) cells to frame.
        alt: the description; by default made from the title and the extremes.

    Raises:
        ValueError: the values are no matrix, or the labels do not fit it.
    """
    grid = array(values, 2, "heatmap")
    rows, columns = grid.shape
    x_labels, y_labels = _labels(x, columns, "x"), _labels(y, rows, "y")
    width = float(np.clip(2.4 + (0.42 if x_labels else 0.3) * columns, 5.6, 11))
    height = float(np.clip(1.9 + 0.2 * rows, 3.0, 8.5))
    with drawing(width, height) as fig:
        axes = fig.add_subplot()
        mesh = axes.imshow(
            grid + 1 if log else grid,
            cmap=colour_map(center is not None),
            norm=_norm(grid, center, limits, log),
            aspect="auto",
            interpolation="nearest",
            origin=origin,
        )
        _ticks(axes.xaxis, x_labels, columns)
        _ticks(axes.yaxis, y_labels, rows)
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        for row, column in marks:
            frame(axes, row, column)
        bar = fig.colorbar(mesh, ax=axes, pad=0.02, fraction=0.06, aspect=28)
        bar.set_label(f"{unit or 'value'} + 1 (log scale)" if log else unit)
        bar.outline.set_visible(False)
    fig.alt = alt or _describe("Heatmap", grid, title, (ylabel, xlabel), (y_labels, x_labels), unit)
    return fig


def lens_table(
    tokens: Sequence[Sequence[object]],
    values: object,
    *,
    x: Sequence[object] | None = None,
    y: Sequence[object] | None = None,
    title: str = "",
    xlabel: str = "position",
    ylabel: str = "layer",
    unit: str = "probability",
    limits: tuple[float, float] | None = None,
    alt: str = "",
) -> Figure:
    """Write the top token of each layer and position into cells coloured by a value.

    The last layer is at the top, as one reads the residual stream upwards.

    Args:
        tokens: token strings, one list for each layer, one string for each position.
        values: Float[Tensor, "layer pos"], what colours the cells.
        x: the prompt's tokens, one for each position.
        y: a label for each layer.
        unit: what the colours measure.
        limits: as in `heatmap`; by default 0 to 1 for a probability, else the data's own.

    Raises:
        ValueError: the shapes of tokens, values and labels do not fit together.
    """
    grid = array(values, 2, "lens_table")
    rows, columns = grid.shape
    words = [token_labels.labels(row, longest=10) for row in tokens]
    if [len(row) for row in words] != [columns] * rows:
        shape = f"{len(words)} rows of {sorted({len(row) for row in words})}"
        raise ValueError(f"lens_table has values of shape {[rows, columns]} and tokens in {shape}")
    x_labels, y_labels = _labels(x, columns, "x"), _labels(y, rows, "y")
    longest = max([5, *(len(word) for row in [*words, x_labels or []] for word in row)])
    if limits is None and unit == "probability":
        limits = (0.0, 1.0)
    with drawing(1.9 + columns * (0.08 * longest + 0.12), 1.5 + 0.26 * rows) as fig:
        axes = fig.add_subplot()
        mesh = axes.imshow(
            grid, cmap=colour_map(), norm=_norm(grid, None, limits, False),
            aspect="auto", interpolation="nearest", origin="lower",
        )  # fmt: skip
        for row in range(rows):
            for column in range(columns):
                background = mesh.cmap(mesh.norm(grid[row, column]))
                axes.text(
                    column, row, words[row][column], ha="center", va="center",
                    fontsize=9.5, color=ink_on(background), clip_on=True,
                )  # fmt: skip
        axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=1)
        axes.tick_params(which="minor", length=0)
        _ticks(axes.xaxis, x_labels, columns, every=True)
        _ticks(axes.yaxis, y_labels, rows, every=True)
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        bar = fig.colorbar(mesh, ax=axes, pad=0.015, fraction=0.04, aspect=30)
        bar.set_label(unit)
        bar.outline.set_visible(False)
    last = ", ".join(words[-1][-1:])
    fig.alt = alt or (
        _describe("Table of tokens", grid, title, (ylabel, xlabel), (y_labels, x_labels), unit)
        + f" At the last layer and position it says {last}."
    )
    return fig


def colour_map(diverging: bool = False) -> Any:
    """Viridis, or red and blue around a centre; NaN is grey in both."""
    return mpl.colormaps["RdBu_r" if diverging else "viridis"].with_extremes(bad=MISSING)


def ink_on(background: Any) -> str:
    """Black or white, whichever has more contrast (relative luminance, WCAG) on an RGBA colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in background[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if (luminance + 0.05) ** 2 > 1.05 * 0.06 else "white"


def frame(axes: Any, row: int, column: int) -> None:
    """Draw a frame around one cell that stands out on any colour."""
    for colour, width in (("white", 4.0), ("black", 2.0)):
        box = mpl.patches.Rectangle(
            (column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=colour, linewidth=width,
            clip_on=False,
        )  # fmt: skip
        axes.add_patch(box)


def _norm(
    grid: Array, center: float | None, limits: tuple[float, float] | None, log: bool
) -> colors.Normalize:
    finite = grid[np.isfinite(grid)]
    if limits is None:
        limits = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    low, high = limits
    if log:
        return colors.LogNorm(1, max(high + 1, 2))
    if center is not None:
        reach = max(abs(low - center), abs(high - center)) or 1.0
        return colors.Normalize(center - reach, center + reach)
    return colors.Normalize(low, high if high > low else low + 1)


def _labels(given: Sequence[object] | None, length: int, axis: str) -> list[str] | None:
    if given is None:
        return None
    if len(given) != length:
        raise ValueError(f"{axis}= has {len(given)} labels; the values have {length} there")
    return token_labels.labels(given)


def _ticks(axis: Any, given: list[str] | None, length: int, every: bool = False) -> None:
    """Put the labels, or whole numbers, on an axis, thinned out where they would collide."""
    if given is None:
        if every:
            axis.set_ticks(range(length))
        else:
            axis.set_major_locator(mpl.ticker.MaxNLocator(nbins=12, integer=True))
        return
    step = 1 if every else -(-length // _MOST_LABELS)
    places = list(range(0, length, step))
    crowded = axis.axis_name == "x" and length > 4 and max(map(len, given)) > 5 and not every
    turn = {"rotation": 50, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    axis.set_ticks(places, labels=[given[place] for place in places], **turn)


def _describe(
    kind: str,
    grid: Array,
    title: str,
    axes: tuple[str, str],
    labels: tuple[list[str] | None, list[str] | None],
    unit: str,
) -> str:
    """Say what a grid shows, and where its largest and smallest values are."""
    text = f"{kind}: {title}. " if title else f"{kind}. "
    text += f"{grid.shape[0]} {axes[0]} rows by {grid.shape[1]} {axes[1]} columns."
    if not np.isfinite(grid).any():
        return text + " No finite values."
    for word, at in (("largest", np.nanargmax(grid)), ("smallest", np.nanargmin(grid))):
        row, column = np.unravel_index(at, grid.shape)
        places = [
            f"{name} {own[index] if own else index}"
            for name, own, index in zip(axes, labels, (int(row), int(column)), strict=True)
        ]
        value = f"{short(grid[row, column])} {unit}".strip()
        text += f" The {word} value is {value} at {', '.join(places)}."
    return text.replace(r"\$", "$")
