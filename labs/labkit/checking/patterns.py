"""What a wrong tensor looks like beside the right one: transposed, negated, shifted, reversed.

These are the slips whose name tells a student where to look. Each is named only when it explains
every entry.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from labkit.plots.slices import axis_names

_MOST_AXES = 4  # 24 orders to try
_MOST_ENTRIES = 2_000_000


def pattern(
    mine: Tensor, truth: Tensor, atol: float, rtol: float, axes: Sequence[str] | None = None
) -> str | None:
    """Say how ``mine`` follows from ``truth`` as a whole; None when it does not.

    Args:
        mine: float64, finite or not.
        truth: float64, of the same shape.
        axes: a name for each axis.
    """
    if not (1 < truth.numel() <= _MOST_ENTRIES and _finite(mine) and _finite(truth)):
        return None
    if bool((mine == 0).all()):
        return "Every entry of yours is 0"
    if float(truth.max() - truth.min()) <= atol + rtol * float(truth.abs().max()):
        return None  # on a constant everything looks like everything
    found = (
        _order(mine, truth, atol, rtol)
        or _scale(mine, truth, atol, rtol)
        or _along_an_axis(mine, truth, atol, rtol, axes)
    )
    if found:
        return found
    if float(mine.max() - mine.min()) <= atol:
        return "Every entry of yours is the same number"
    return None


def reordering(mine: Tensor, truth: Tensor, atol: float, rtol: float) -> str | None:
    """Say whether another order, or number, of axes would give ``truth`` its shape.

    Args:
        mine: float64.
        truth: float64, of another shape.
    """
    if mine.numel() != truth.numel() or mine.numel() > _MOST_ENTRIES:
        return None
    if [size for size in mine.shape if size > 1] == [size for size in truth.shape if size > 1]:
        return "The two differ only in axes of length 1: `squeeze` or `unsqueeze` mends it"
    if mine.dim() != truth.dim() or mine.dim() > _MOST_AXES:
        if _near(mine.flatten(), truth.flatten(), atol, rtol):
            return "The numbers are right, in another shape"
        return None
    orders = [
        order
        for order in itertools.permutations(range(mine.dim()))
        if [mine.shape[axis] for axis in order] == list(truth.shape)
    ]
    for order in orders:
        if _near(mine.permute(order), truth, atol, rtol):
            return f"The numbers are right, in another order of axes: {_mend(order)}"
    if orders:
        return f"Another order of axes would give the shape: {_mend(orders[0])}"
    return None


def _order(mine: Tensor, truth: Tensor, atol: float, rtol: float) -> str | None:
    if not 2 <= mine.dim() <= _MOST_AXES:
        return None
    for order in itertools.permutations(range(mine.dim())):
        shape = [mine.shape[axis] for axis in order]
        if list(order) == sorted(order) or shape != list(truth.shape):
            continue
        if _near(mine.permute(order), truth, atol, rtol):
            return f"The numbers are right, in another order of axes: {_mend(order)}"
    return None


def _scale(mine: Tensor, truth: Tensor, atol: float, rtol: float) -> str | None:
    if _near(mine, -truth, atol, rtol):
        return "Yours is the expected one with the sign turned around"
    factor = float((mine * truth).sum() / (truth * truth).sum())
    if factor and _near(mine, factor * truth, atol, rtol):
        return f"Every entry of yours is {factor:.4g} times the expected one"
    offset = float((mine - truth).mean())
    if _near(mine, truth + offset, atol, rtol):
        return f"Every entry of yours is {abs(offset):.4g} too {'large' if offset > 0 else 'small'}"
    return None


def _along_an_axis(
    mine: Tensor, truth: Tensor, atol: float, rtol: float, axes: Sequence[str] | None
) -> str | None:
    for axis, name in enumerate(axis_names(mine.dim(), axes)):
        size = mine.shape[axis]
        if size < 3:
            continue
        if _near(mine.flip(axis), truth, atol, rtol):
            return f"Yours is the expected one in reverse order along {name}"
        first, rest = mine.narrow(axis, 0, size - 1), mine.narrow(axis, 1, size - 1)
        if _near(first, truth.narrow(axis, 1, size - 1), atol, rtol):
            return f"Yours runs one ahead along {name}: entry i holds what belongs to i + 1"
        if _near(rest, truth.narrow(axis, 0, size - 1), atol, rtol):
            return f"Yours lags one behind along {name}: entry i + 1 holds what belongs to i"
    return None


def _mend(order: Sequence[int]) -> str:
    """Name the call that puts axes in this order."""
    moved = [place for place, axis in enumerate(order) if place != axis]
    if len(moved) == 2:
        return f"`transpose({moved[0]}, {moved[1]})` mends it"
    return f"`permute({', '.join(map(str, order))})` mends it"


def _near(one: Tensor, other: Tensor, atol: float, rtol: float) -> bool:
    return bool(torch.allclose(one, other, atol=atol, rtol=rtol))


def _finite(values: Tensor) -> bool:
    return bool(torch.isfinite(values).all())
