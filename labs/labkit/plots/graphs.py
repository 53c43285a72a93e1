"""A circuit as a picture: nodes in layers, the input below, one arrow for each edge."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import lines as mlines
from matplotlib import patches

from labkit.plots.arrays import short
from labkit.plots.figure import BLUE, INK, VERMILION, Figure, drawing

_FEW = 14  # edges up to which each carries its number
_FAINT = "#c3cad1"


def graph(
    edges: Mapping[tuple[int, int], float] | Collection[tuple[int, int]],
    *,
    nodes: Sequence[object],
    ranks: Sequence[float],
    title: str = "",
    unit: str = "",
    alt: str = "",
) -> Figure:
    """Draw an edge list: nodes of one rank side by side, arrows from sources to targets.

    Args:
        edges: (source, target) by node numbers; with values, the wider the larger, negative ones
            dashed and in another colour.
        nodes: a name for each node; those without an edge are drawn faint.
        ranks: the height of each node, such as its layer; the smallest is at the bottom.
        unit: what the values are.
        alt: the description; by default the list of edges in words.

    Raises:
        ValueError: an edge to a node that is not there, or names and ranks that do not match.
    """
    names = [str(node) for node in nodes]
    values = {
        (int(source), int(target)): float(edges[source, target])
        if isinstance(edges, Mapping)
        else 1.0
        for source, target in edges
    }
    if len(names) != len(ranks):
        raise ValueError(f"graph has {len(names)} nodes and {len(ranks)} ranks")
    if any(not 0 <= node < len(names) for edge in values for node in edge):
        raise ValueError(f"an edge ends at a node that is not there: there are {len(names)}")
    places = _places(ranks)
    valued = isinstance(edges, Mapping)
    used = {node for edge in values for node in edge}
    columns, rows = max(x for x, _ in places) * 2 + 1, len(set(ranks))
    width = float(np.clip(2.0 + 1.1 * columns, 5.6, 11))
    with drawing(width, float(np.clip(1.2 + 1.0 * rows, 3.4, 8.5))) as fig:
        axes = fig.add_subplot()
        largest = max((abs(value) for value in values.values()), default=1.0) or 1.0
        for (source, target), value in values.items():
            _arrow(axes, places, (source, target), value / largest)
            if valued and len(values) <= _FEW:
                _number(axes, places, (source, target), value)
        for number, (x, y) in enumerate(places):
            ink, rim = (INK, INK) if number in used else (_FAINT, _FAINT)
            axes.text(
                x, y, names[number], ha="center", va="center", color=ink, fontsize=10.5, zorder=4,
                bbox={"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": rim},
            )  # fmt: skip
        xs, ys = [x for x, _ in places], [y for _, y in places]
        axes.set(xlim=(min(xs) - 0.7, max(xs) + 0.7), ylim=(min(ys) - 0.5, max(ys) + 0.5))
        axes.set_title(title)
        axes.set_axis_off()
        if valued and values:
            fig.legend(handles=_legend(values, unit), loc="outside lower left", ncols=2)
    fig.alt = alt or _describe(title, names, values, unit if valued else None)
    return fig


def _places(ranks: Sequence[float]) -> list[tuple[float, float]]:
    """Where each node stands: equal ranks side by side around x = 0, ranks at heights 0, 1, ..."""
    heights = {rank: height for height, rank in enumerate(sorted(set(ranks)))}
    places = []
    for number, rank in enumerate(ranks):
        beside = [other for other, r in enumerate(ranks) if r == rank]
        places.append((beside.index(number) - (len(beside) - 1) / 2, float(heights[rank])))
    return places


def _bend(places: Sequence[tuple[float, float]], edge: tuple[int, int]) -> float:
    """How much an arrow is curved: one that passes other rows goes around what stands there."""
    (x0, y0), (x1, y1) = places[edge[0]], places[edge[1]]
    if y1 - y0 < 1.5:
        return 0.0
    return 0.4 if x0 + x1 >= 0 else -0.4


def _arrow(
    axes: Any, places: Sequence[tuple[float, float]], edge: tuple[int, int], share: float
) -> None:
    arrow = patches.FancyArrowPatch(
        places[edge[0]], places[edge[1]], connectionstyle=f"arc3,rad={_bend(places, edge)}",
        arrowstyle="-|>", mutation_scale=12, shrinkA=15, shrinkB=15, zorder=2,
        linewidth=0.8 + 3.2 * abs(share), color=BLUE if share >= 0 else VERMILION,
        linestyle="-" if share >= 0 else (0, (4, 1.5)),
    )  # fmt: skip
    axes.add_patch(arrow)


def _number(
    axes: Any, places: Sequence[tuple[float, float]], edge: tuple[int, int], value: float
) -> None:
    (x0, y0), (x1, y1) = places[edge[0]], places[edge[1]]
    # The middle of a quadratic curve stands off the straight line by half its bend.
    off = _bend(places, edge) / 2
    x, y = (x0 + x1) / 2 + off * (y1 - y0), (y0 + y1) / 2 - off * (x1 - x0)
    axes.text(
        x, y, short(value), fontsize=9, ha="center", va="center", zorder=3, color=INK,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"},
    )  # fmt: skip


def _legend(values: Mapping[tuple[int, int], float], unit: str) -> list[Any]:
    """A line for each sign that there is."""
    of = f" ({unit})" if unit else ""
    signs = {"negative": (VERMILION, (0, (4, 1.5))), "positive": (BLUE, "-")}
    present = {"negative" if value < 0 else "positive" for value in values.values()}
    return [
        mlines.Line2D([], [], color=colour, linestyle=dash, label=f"{sign}{of}")
        for sign, (colour, dash) in signs.items()
        if sign in present
    ]


def _describe(
    title: str, names: Sequence[str], values: Mapping[tuple[int, int], float], unit: str | None
) -> str:
    text = f"Graph: {title}." if title else "Graph."
    text += f" {len(names)} nodes, {len(values)} edges"
    most = sorted(values, key=lambda edge: -abs(values[edge]))[:12]
    said = [
        f"{names[source]} to {names[target]}"
        + (f" {short(values[source, target])}" if unit is not None else "")
        for source, target in most
    ]
    first = ", the largest: " if len(values) > len(most) else ": "
    return text + (first + ", ".join(said) if said else "") + (f" ({unit})." if unit else ".")
