"""Curves over layers, steps or positions, each with its own colour, dash and marker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np

from labkit.plots.arrays import Array, array, short
from labkit.plots.figure import CYCLE, Figure, drawing

# Never told apart by colour alone.
_DASHES = ("-", "--", "-.", ":")
_MARKERS = ("o", "s", "^", "D", "v", "P")
_MANY = 40  # points beyond which a marker on each is clutter


def lines(
    series: Mapping[str, object],
    *,
    x: Sequence[float] | None = None,
    title: str = "",
    xlabel: str = "layer",
    ylabel: str = "",
    log: bool = False,
    limits: tuple[float, float] | None = None,
    right: Mapping[str, object] | None = None,
    right_label: str = "",
    right_log: bool = False,
    verticals: Mapping[str, float] | None = None,
    levels: Mapping[str, float] | None = None,
    alt: str = "",
) -> Figure:
    """Draw one or more curves, with a second axis and reference lines where they help.

    Args:
        series: a name for each curve and its values, Float[Tensor, "point"].
        x: where the points stand; by default 0, 1, 2, ...
        log: a logarithmic left axis; values that are not positive have no point on it.
        limits: the ends of the left axis.
        right: curves measured on a second axis at the right, with ``right_label``.
        verticals: a name for each vertical reference line and where it stands on x.
        levels: a name for each horizontal reference line and its height on the left axis.
        alt: the description; by default made from the title and the ends of each curve.

    Raises:
        ValueError: no series, or one whose length does not fit ``x``.
    """
    left = _curves(series, x)
    second = _curves(right or {}, x)
    if not left:
        raise ValueError("lines takes at least one series")
    with drawing(6.4, 4.1) as fig:
        axes = fig.add_subplot()
        handles = _draw(axes, left, first=0)
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e3e6ea", linewidth=0.8)
        axes.set_axisbelow(True)
        if x is None or all(float(place).is_integer() for place in x):
            axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=10, integer=True))
        if log:
            axes.set_yscale("log", nonpositive="mask")
        if second:
            twin = axes.twinx()
            handles += _draw(twin, second, first=len(left))
            twin.set_ylabel(right_label)
            twin.spines[["top", "left"]].set_visible(False)
            if right_log:
                twin.set_yscale("log", nonpositive="mask")
        handles += _references(axes, verticals or {}, levels or {})
        if limits is not None:
            axes.set_ylim(*limits)
        elif levels and not log:
            bottom, top = axes.get_ylim()  # a level on the rim would not be seen
            room = 0.05 * (top - bottom)
            axes.set_ylim(min(bottom, *levels.values()) - room, max(top, *levels.values()) + room)
        if len(handles) > 1:
            columns = 1 if max(len(handle.get_label()) for handle in handles) > 34 else 2
            fig.legend(handles=handles, loc="outside lower left", ncols=columns)
    fig.alt = alt or _describe(title, xlabel, left | second, verticals or {})
    return fig


def _curves(series: Mapping[str, object], x: Sequence[float] | None) -> dict[str, list[Array]]:
    curves = {}
    for name, values in series.items():
        heights = array(values, 1, f"the line {name!r}")
        places = np.arange(len(heights)) if x is None else array(x, 1, "x")
        if len(places) != len(heights):
            raise ValueError(f"the line {name!r} has {len(heights)} values for {len(places)} in x=")
        curves[name] = [places.astype(np.float64), heights]
    return curves


def _draw(axes: Any, curves: Mapping[str, list[Array]], first: int) -> list[Any]:
    handles = []
    for number, (name, (places, heights)) in enumerate(curves.items(), start=first):
        (handle,) = axes.plot(
            places,
            heights,
            label=name,
            color=CYCLE[number % len(CYCLE)],
            linestyle=_DASHES[number % len(_DASHES)],
            marker=_MARKERS[number % len(_MARKERS)],
            markevery=max(1, len(places) // _MANY * 2),
        )
        handles.append(handle)
    return handles


def _references(
    axes: Any, verticals: Mapping[str, float], levels: Mapping[str, float]
) -> list[Any]:
    handles = []
    shades = ("#4a525b", "#8a929b", "#b5bcc4")
    for number, (name, place) in enumerate(verticals.items()):
        line = axes.axvline(
            place, color=shades[number % 3], linewidth=1.6, linestyle=(0, (4, 2)), label=name
        )
        handles.append(line)
    for number, (name, height) in enumerate(levels.items()):
        line = axes.axhline(
            height, color=shades[number % 3], linewidth=1.6, linestyle=(0, (1, 1.5)), label=name
        )
        handles.append(line)
    return handles


def _describe(
    title: str, xlabel: str, curves: Mapping[str, list[Array]], verticals: Mapping[str, float]
) -> str:
    text = f"Line chart: {title}." if title else "Line chart."
    for name, (places, heights) in curves.items():
        text += (
            f" {name}: {short(heights[0])} at {xlabel} {short(places[0])},"
            f" {short(heights[-1])} at {xlabel} {short(places[-1])}"
        )
        if np.isfinite(heights).any():
            top = int(np.nanargmax(heights))
            if top not in (0, len(heights) - 1):
                text += f", highest {short(heights[top])} at {xlabel} {short(places[top])}"
        text += "."
    for name, place in verticals.items():
        text += f" A vertical line, {name}, stands at {short(place)}."
    return text
