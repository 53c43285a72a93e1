"""Where two tensors differ most, and the two-dimensional slice through that place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Slice:
    """A plane through a tensor.

    Attributes:
        shown: the one or two axes that are drawn (rows, columns).
        index: what to index the tensor with: whole along ``shown``, fixed elsewhere.
        fixed: in words where the plane lies ("layer 2, batch 0"), empty when it is everything.
    """

    shown: tuple[int, ...]
    index: tuple[int | slice, ...]
    fixed: str


def largest_difference(yours: Tensor, expected: Tensor) -> tuple[int, ...]:
    """Return the index of the largest |yours - expected|; NaN and infinity count as largest.

    Args:
        yours: a tensor of any shape with at least one entry.
        expected: a tensor of the same shape.
    """
    gap = (yours.detach().to(torch.float64) - expected.detach().to(torch.float64)).abs()
    return place(gap.nan_to_num(nan=torch.inf))


def place(size: Tensor) -> tuple[int, ...]:
    """Return the index of the largest entry of a tensor."""
    flat = int(size.flatten().argmax())
    return tuple(int(axis) for axis in torch.unravel_index(torch.tensor(flat), size.shape))


def plane_through(
    shape: Sequence[int], at: Sequence[int], names: Sequence[str] | None = None
) -> Slice:
    """Choose the last two axes that are longer than 1, and fix the others at ``at``."""
    titles = axis_names(len(shape), names)
    named = names is not None and len(names) == len(shape)
    long = [axis for axis, size in enumerate(shape) if size > 1][-2:]
    if not long:
        long = list(range(len(shape)))[-1:]
    index = tuple(slice(None) if axis in long else at[axis] for axis in range(len(shape)))
    fixed = [
        f"{titles[axis]}{' ' if named else ' = '}{at[axis]}"
        for axis, size in enumerate(shape)
        if axis not in long and size > 1
    ]
    return Slice(tuple(long), index, ", ".join(fixed))


def axis_names(count: int, names: Sequence[str] | None = None) -> list[str]:
    """Return a name for each axis: the given ones, or "axis 0", "axis 1", ..."""
    if names is not None and len(names) == count:
        return list(names)
    return [f"axis {number}" for number in range(count)]


def located(at: Sequence[int], names: Sequence[str] | None = None) -> str:
    """Return a place in words: "[layer 2, batch 0, pos 3]", or "[2, 0, 3]" without names."""
    if names is None or len(names) != len(at):
        return str(list(at))
    pairs = zip(names, at, strict=True)
    return "[" + ", ".join(f"{name} {number}" for name, number in pairs) + "]"
