"""Why two values differ, in sentences for a student: type, dtype, shape, NaN, then the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from labkit.checking.patterns import pattern, reordering
from labkit.checking.returned import dtype_kind, kind_of
from labkit.plots.slices import largest_difference, located


@dataclass(frozen=True)
class Mismatch:
    """Two values that should be equal and are not.

    Attributes:
        sentences: what is there, what should be, and what the one looks like beside the other.
        yours: the student's tensor, when a picture of the difference says something; else None.
        expected: the expected tensor, likewise.
    """

    sentences: tuple[str, ...]
    yours: Tensor | None = None
    expected: Tensor | None = None


def mismatch(
    actual: object,
    expected: object,
    atol: float,
    rtol: float,
    axes: Sequence[str] | None = None,
) -> Mismatch | None:
    """Compare a student's value with the expected one.

    Float values are close where ``|actual - expected| <= atol + rtol * |expected|``; whole
    numbers and truth values have to be equal.

    Args:
        actual: the student's value, of any type.
        expected: a tensor, a number, or (nested) lists of numbers.
        axes: a name for each axis of ``expected``.

    Returns:
        None when they agree.
    """
    truth = _tensor(expected)
    if not isinstance(actual, Tensor):
        wants_tensor = isinstance(expected, Tensor) and truth.dim() > 0
        if wants_tensor or not _is_numbers(actual):
            wanted = f"a tensor with shape {list(truth.shape)}" if truth.dim() else "a number"
            return Mismatch((f"This is {kind_of(actual)}; expected is {wanted}",))
    mine = _tensor(actual)
    kinds = dtype_kind(mine.dtype), dtype_kind(truth.dtype)
    if kinds == ("int", "float") and not isinstance(actual, Tensor):
        mine = mine.to(torch.float64)  # Python's 1 is as good as its 1.0, on either side
    elif kinds == ("float", "int") and not isinstance(expected, Tensor):
        truth = truth.to(torch.float64)
    elif kinds[0] != kinds[1]:
        return Mismatch((f"The dtype is {mine.dtype}; expected is {truth.dtype}",))
    whole = dtype_kind(truth.dtype) in ("int", "bool")
    if mine.shape != truth.shape:
        return _wrong_shape(mine, truth, atol, rtol, axes)
    if not truth.numel():
        return None
    if truth.is_complex():
        mine, truth = torch.view_as_real(mine), torch.view_as_real(truth)
        axes = [*axes, "real, imaginary"] if axes else None
    mine, truth = mine.to(torch.float64), truth.to(torch.float64)
    bad = apart(mine, truth, 0.0 if whole else atol, 0.0 if whole else rtol)
    if not bool(bad.any()):
        return None
    sentences = [_numbers_differ(mine, truth, bad, axes)]
    known = pattern(mine, truth, atol, rtol, axes)
    if known:
        sentences.append(known)
    if truth.numel() == 1:
        return Mismatch(tuple(sentences))
    return Mismatch(tuple(sentences), mine, truth)


def apart(mine: Tensor, truth: Tensor, atol: float, rtol: float) -> Tensor:
    """Mark the entries that are not close; equal infinities, and NaN with NaN, are."""
    close = (mine - truth).abs() <= atol + rtol * truth.abs()
    both_nan = mine.isnan() & truth.isnan()
    return ~((close & truth.isfinite()) | (mine == truth) | both_nan)


def _wrong_shape(
    mine: Tensor, truth: Tensor, atol: float, rtol: float, axes: Sequence[str] | None
) -> Mismatch:
    names = f" ({', '.join(axes)})" if axes and len(axes) == truth.dim() else ""
    sentences = [f"The shape is {list(mine.shape)}; expected is {list(truth.shape)}{names}"]
    hint = reordering(mine.to(torch.float64), truth.to(torch.float64), atol, rtol)
    return Mismatch((*sentences, hint) if hint else tuple(sentences))


def _numbers_differ(mine: Tensor, truth: Tensor, bad: Tensor, axes: Sequence[str] | None) -> str:
    broken = ~mine.isfinite() & truth.isfinite()
    if bool(broken.any()):
        first = tuple(broken.nonzero()[0].tolist())  # of a single number: no place at all
        word = "NaN" if bool(mine[first].isnan()) else "infinite"
        if mine.numel() == 1:
            return f"Your value is {word}; expected is {_digits(float(truth), float(truth))[0]}"
        count = int(broken.sum())
        are = "is" if count == 1 else "are"
        return (
            f"{count} of {mine.numel()} entries {are} NaN or infinite, first {word} at "
            + located(first, axes)
        )
    at = largest_difference(mine, truth)
    yours, right = _digits(float(mine[at]), float(truth[at]))
    if mine.numel() == 1:
        return f"Yours is {yours}, expected is {right}"
    count = int(bad.sum())
    share = "All" if count == mine.numel() else f"{count} of"
    return (
        f"{share} {mine.numel()} entries differ, most at {located(at, axes)}: "
        f"yours {yours}, expected {right}"
    )


def _digits(*values: float) -> list[str]:
    """Write numbers with as few digits as tell them apart."""
    for digits in (4, 6, 8, 12):
        texts = [
            f"{value:.0f}" if value.is_integer() and abs(value) < 1e9 else f"{value:#.{digits}g}"
            for value in values
        ]
        if len(set(texts)) == len(set(values)):
            break
    return texts


def _is_numbers(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_numbers(item) for item in value)
    return isinstance(value, Tensor | bool | int | float | np.ndarray | np.number)


def _tensor(value: object) -> Tensor:
    """Return numbers as a tensor of their own kind; ragged lists become a shapeless NaN."""
    if isinstance(value, Tensor):
        return value.detach().cpu()
    try:
        if isinstance(value, float):
            return torch.tensor(value, dtype=torch.float64)
        return torch.as_tensor(np.asarray(_without_history(value)))
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return torch.tensor(torch.nan, dtype=torch.float64)


def _without_history(value: object) -> object:
    """Detach the tensors in lists and tuples: numpy takes none that carries a gradient."""
    if isinstance(value, list | tuple):
        return [_without_history(item) for item in value]
    return value.detach().cpu() if isinstance(value, Tensor) else value
