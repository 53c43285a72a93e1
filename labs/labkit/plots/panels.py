"""Yours, expected, difference: three panels of the slice in which two tensors differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import colors

from labkit.plots.arrays import Array, short
from labkit.plots.figure import BLUE, VERMILION, Figure, drawing
from labkit.plots.grids import colour_map, frame, ink_on
from labkit.plots.slices import axis_names, largest_difference, located, plane_through

_DIFFERENCE = "difference"
_OWN_SCALE = 20  # beyond this ratio of ranges a shared colour scale would hide one of the two
_FEW_CELLS = (8, 6)  # up to so many rows and columns a cell has room for its number
_MANY_BARS = 120


def compare(
    yours: object, expected: object, *, axes: Sequence[str] | None = None, title: str = ""
) -> Figure:
    """Draw two tensors of one shape and their difference.

    A tensor with more than two axes is cut down to the plane through the largest difference, along
    its last two axes that are longer than 1; the figure says where. That place is framed. The
    colours of yours and expected are one scale, unless one would drown in the other's.

    Args:
        yours: Float[Tensor, "..."], or nested lists of numbers.
        expected: the same shape.
        axes: a name for each axis ("layer", "batch", "pos").
        title: what is compared.

    Raises:
        ValueError: the shapes differ, or there is nothing to compare.
    """
    mine, truth = (
        torch.as_tensor(value).detach().cpu().to(torch.float64) for value in (yours, expected)
    )
    if mine.shape != truth.shape:
        raise ValueError(f"compare takes one shape, not {[*mine.shape]} and {[*truth.shape]}")
    if not mine.numel():
        raise ValueError("compare takes tensors with something in them")
    if not mine.dim():
        mine, truth = mine.reshape(1), truth.reshape(1)
    at = largest_difference(mine, truth)
    plane = plane_through(mine.shape, at, axes)
    names = axis_names(mine.dim(), axes)
    grids = [_finite(part[plane.index].numpy()) for part in (mine, truth, mine - truth)]
    labels = [names[axis] for axis in plane.shown]
    height = 2.9 if len(labels) == 1 else float(np.clip(2.0 + 0.18 * grids[0].shape[0], 2.9, 4.6))
    with drawing(6.0, height) as fig:
        panels = fig.subplots(1, 3)
        shared = True
        if len(labels) == 1:
            _bars(panels, grids, labels[0], at[plane.shown[0]])
        else:
            shared = _grids(fig, panels, grids, labels)
            for panel in panels:
                frame(panel, at[plane.shown[0]], at[plane.shown[1]])
        for panel, name in zip(panels, ("yours", "expected", _DIFFERENCE), strict=True):
            panel.set_title(name)
        grey = len(labels) == 2 and any(np.isnan(grid).any() for grid in grids)
        notes = [title, plane.fixed and f"slice at {plane.fixed}"]
        notes += ["grey is NaN" if grey else "", "" if shared else "each has its own scale"]
        heading = "  ·  ".join(filter(None, notes))
        if heading:
            fig.suptitle(heading, fontsize=10.5, x=0.01, ha="left")
    fig.alt = (
        f"Three pictures: yours, expected and the difference, over {' and '.join(labels)}"
        + (f", at {plane.fixed}" if plane.fixed else "")
        + f". The largest difference is at {located(at, axes)}: yours {short(float(mine[at]))}, "
        f"expected {short(float(truth[at]))}."
    )
    return fig


def _finite(values: Any) -> Array:
    """Infinity has no colour either: it is drawn as NaN is."""
    grid: Array = np.where(np.isfinite(values), values, np.nan)
    return grid


def _grids(fig: Figure, panels: Any, grids: list[Array], labels: list[str]) -> bool:
    """Draw three planes with their colour bars; say whether the first two share one."""
    mine, truth, gap = grids
    small, large = sorted([_spread(mine), _spread(truth)])
    shared = large <= _OWN_SCALE * small or small == 0  # zeros are flat on any scale
    both = [mine, truth]
    scales = [_scale(both), _scale(both)] if shared else [_scale([mine]), _scale([truth])]
    reach = float(np.nanmax(np.abs(gap), initial=0.0)) or 1.0
    scales.append(colors.Normalize(-reach, reach))
    meshes = []
    for number, (panel, grid, scale) in enumerate(zip(panels, grids, scales, strict=True)):
        mesh = panel.imshow(
            grid, cmap=colour_map(diverging=number == 2), norm=scale, aspect="auto",
            interpolation="nearest",
        )  # fmt: skip
        meshes.append(mesh)
        panel.set_xlabel(labels[1])
        for axis, length in ((panel.xaxis, grid.shape[1]), (panel.yaxis, grid.shape[0])):
            axis.set_major_locator(mpl.ticker.MaxNLocator(nbins=min(5, length), integer=True))
        if grid.shape[0] <= _FEW_CELLS[0] and grid.shape[1] <= _FEW_CELLS[1]:
            _write(panel, grid, mesh)
    panels[0].set_ylabel(labels[0])
    groups = [(meshes[0], panels[:2])] if shared else [(meshes[i], [panels[i]]) for i in (0, 1)]
    for mesh, group in [*groups, (meshes[2], [panels[2]])]:
        bar = fig.colorbar(mesh, ax=list(group), location="bottom", aspect=16 * len(group))
        bar.outline.set_visible(False)
        bar.locator = mpl.ticker.MaxNLocator(nbins=3 + len(group))
        bar.ax.tick_params(labelsize=9)
    return shared


def _write(panel: Any, grid: Array, mesh: Any) -> None:
    for (row, column), value in np.ndenumerate(grid):
        panel.text(
            column, row, "NaN" if np.isnan(value) else f"{value:.2g}", ha="center", va="center",
            fontsize=9, color=ink_on(mesh.cmap(mesh.norm(value))),
        )  # fmt: skip


def _bars(panels: Any, grids: list[Array], label: str, at: int) -> None:
    """Draw tensors with one long axis as bars, yours and expected on one scale."""
    both = np.concatenate(grids[:2])
    low, high = np.nanmin(both, initial=0.0), np.nanmax(both, initial=0.0)
    margin = 0.06 * (high - low or 1.0)
    for number, (panel, values) in enumerate(zip(panels, grids, strict=True)):
        colour = VERMILION if number == 2 else BLUE
        heights = np.nan_to_num(values)
        if len(values) > _MANY_BARS:  # a shape for each would take seconds to draw
            edges = np.arange(len(values) + 1) - 0.5
            # Smoothed edges would leave little but pale edges of what is thinner than a pixel.
            panel.stairs(heights, edges, fill=True, color=colour, antialiased=False)
            marked = panel.bar([at], heights[at : at + 1], color=colour, width=0.8)[0]
        else:
            marked = panel.bar(range(len(values)), heights, color=colour, width=0.8)[at]
        if number < 2:
            panel.set_ylim(low - margin, high + margin)
        marked.set(edgecolor="black", linewidth=1.6)
        panel.axhline(0, color="#4a525b", linewidth=0.8)
        panel.set_xlabel(label)
        panel.spines[["top", "right"]].set_visible(False)
        ticks = 5 if len(values) < 1000 else 3  # their numbers must not touch
        panel.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=ticks, integer=True))
        for missing in np.flatnonzero(np.isnan(values))[:_MANY_BARS]:
            panel.text(missing, 0, "NaN", ha="center", va="bottom", fontsize=8)


def _spread(grid: Array) -> float:
    values = np.abs(grid[np.isfinite(grid)])
    return float(values.max()) if values.size else 0.0


def _scale(grids: list[Array]) -> colors.Normalize:
    values = np.concatenate([grid[np.isfinite(grid)] for grid in grids])
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    return colors.Normalize(low, high if high > low else low + 1)
