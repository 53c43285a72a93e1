"""Figures for the labs: matplotlib, colour-blind-safe, with alt text, the same everywhere.

``heatmap``, ``lens_table``, ``lines``, ``bars``, ``graph`` and ``compare`` each return a `Figure`:
a figure of matplotlib's that shows itself in a notebook as an image with an ``alt`` attribute, and
that ``save`` writes as a PNG. For a figure of a lab's own, ``drawing`` opens an empty one in the
same style, and ``labels`` prepares token strings.

matplotlib is imported by the first figure and not before: importing labkit stays quick, and so does
a grader that never draws.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.plots.columns import bars
    from labkit.plots.curves import lines
    from labkit.plots.figure import Figure, drawing, save
    from labkit.plots.graphs import graph
    from labkit.plots.grids import heatmap, lens_table
    from labkit.plots.panels import compare
    from labkit.plots.tokens import labels

__all__ = [
    "Figure",
    "bars",
    "compare",
    "drawing",
    "graph",
    "heatmap",
    "labels",
    "lens_table",
    "lines",
    "save",
]

_MODULES = {
    "Figure": "figure",
    "bars": "columns",
    "compare": "panels",
    "drawing": "figure",
    "graph": "graphs",
    "heatmap": "grids",
    "labels": "tokens",
    "lens_table": "grids",
    "lines": "curves",
    "save": "figure",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
