"""Assertions for hidden checks: they say what is wrong with a value, never what is right.

A student's value can be anything: None, text, a tensor of the wrong shape, NaN, 1e300. Whatever it
is, these functions either pass or raise `AssertionError` with a sentence a student can read; no
other exception leaves them, because that would count as a fault of ours. The sentence may name
shapes and places; it never holds an expected number, and not even the size of a difference.

Checks use these in place of plain ``assert``: pytest rewrites that statement and would print both
sides of the comparison.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NoReturn

import torch
from torch import Tensor


def holds(condition: bool, sentence: str) -> None:
    """Fail with ``sentence`` unless ``condition`` is true."""
    if not condition:
        raise AssertionError(sentence)


def tensor(actual: object, shape: tuple[int, ...], because: str = "") -> Tensor:
    """Return ``actual`` as a finite float64 tensor of this shape, on the CPU and without gradient.

    A plain number counts as a tensor of shape (). Truth values and complex numbers do not count.

    Args:
        actual: the student's value, of any type.
        shape: the sizes it must have, exactly: nothing is broadcast.
        because: what the value is, put before the complaint.

    Raises:
        AssertionError: it is no tensor, has another shape, or holds NaN or infinity.
    """
    values = _numeric(actual, because)
    if tuple(values.shape) != shape:
        _fail(because, f"the shape is {_sizes(tuple(values.shape))}, it should be {_sizes(shape)}")
    if values.numel() and not bool(torch.isfinite(values).all()):
        _fail(because, "there are NaN or infinite values in it")
    return values


def close(
    actual: object,
    expected: Tensor | float,
    atol: float = 1e-5,
    rtol: float = 1e-4,
    because: str = "",
) -> None:
    """Fail unless ``actual`` has the shape of ``expected`` and equals it within the tolerance.

    The rule is ``|actual - expected| <= atol + rtol * |expected|`` for each entry, in float64;
    ``atol=0, rtol=0`` asks for exact equality, which is right for whole numbers. The dtype and the
    memory layout of ``actual`` do not matter. The default lets one calculation in float32 pass.

    Args:
        actual: the student's value, of any type.
        expected: the truth: finite, a tensor or a number.
        because: what is compared, put before the complaint.

    Raises:
        AssertionError: the values are not close; says how many entries are off and where.
    """
    truth = torch.as_tensor(expected).detach().to("cpu", torch.float64)
    values = tensor(actual, tuple(truth.shape), because)
    wrong = (values - truth).abs() > atol + rtol * truth.abs()
    count = int(wrong.sum())
    if not count:
        return
    if truth.dim() == 0:
        _fail(because, "the number is not right")
    if count == truth.numel():
        _fail(because, f"all {count} entries are off")
    first = [int(axis[0]) for axis in wrong.nonzero(as_tuple=True)]
    _fail(because, f"{count} of {truth.numel()} entries are off, the first at index {first}")


def number(actual: object, because: str = "") -> float:
    """Return ``actual`` as a finite Python float; a tensor with a single entry will do.

    Raises:
        AssertionError: it is no number, has several entries, or is NaN or infinite.
    """
    values = _numeric(actual, because)
    if values.numel() != 1:
        _fail(because, f"one number is wanted, this has shape {_sizes(tuple(values.shape))}")
    value = float(values.reshape(()))
    if not math.isfinite(value):
        _fail(because, "the number is NaN or infinite")
    return value


def items(actual: object, length: int, because: str = "") -> list[object]:
    """Return the ``length`` items of a list or tuple.

    Raises:
        AssertionError: it is neither, or has another length.
    """
    if not isinstance(actual, list | tuple):
        _fail(because, f"a list or tuple is wanted, this is {_kind(actual)}")
    if len(actual) != length:
        _fail(because, f"it has {len(actual)} items, it should have {length}")
    return list(actual)


def numbers(actual: object, length: int, because: str = "") -> list[float]:
    """Return the ``length`` finite numbers of a list or tuple (one-entry tensors will do).

    Raises:
        AssertionError: as `items` and `number`.
    """
    return [number(item, because) for item in items(actual, length, because)]


def unchanged(after: object, before: object, because: str = "") -> None:
    """Fail unless an argument is bit for bit what it was before the call.

    Args:
        after: the argument as the call left it.
        before: a tensor, a number, or a list, tuple or mapping of such.

    Raises:
        AssertionError: something in it was changed in place.
    """
    if not _same(after, before):
        _fail(because, "the function changed its argument in place; work on a copy")


def _same(after: object, before: object) -> bool:
    if isinstance(before, Tensor):
        try:
            return (
                isinstance(after, Tensor)
                and after.dtype == before.dtype
                and torch.equal(after.detach(), before.detach())
            )
        except (RuntimeError, NotImplementedError):
            return False
    if isinstance(before, Mapping):
        return (
            isinstance(after, Mapping)
            and set(after) == set(before)
            and all(_same(after[key], before[key]) for key in before)
        )
    if isinstance(before, list | tuple):
        return (
            isinstance(after, list | tuple)
            and len(after) == len(before)
            and all(_same(a, b) for a, b in zip(after, before, strict=True))
        )
    return type(after) is type(before) and bool(after == before)


def _numeric(actual: object, because: str) -> Tensor:
    """Return a tensor or number as float64, or fail."""
    if isinstance(actual, Tensor):
        if actual.dtype == torch.bool or actual.is_complex():
            _fail(because, f"real numbers are wanted, this is {_kind(actual)}")
        if actual.layout != torch.strided or actual.is_quantized:
            _fail(because, "this tensor is not a plain, dense one")
        try:
            return actual.detach().to("cpu", torch.float64)
        except (RuntimeError, NotImplementedError, TypeError):
            _fail(because, "this tensor holds no plain numbers")
    if isinstance(actual, int | float) and not isinstance(actual, bool):
        try:
            return torch.tensor(float(actual), dtype=torch.float64)
        except OverflowError:
            _fail(because, "the number is too large")
    if actual is None and "gradient" in because.lower():
        _fail(because, "none arrives: nothing that the function returns hangs on this argument")
    _fail(because, f"numbers are wanted, this is {_kind(actual)}")


def _kind(value: object) -> str:
    """Name what a value is, for a student."""
    if value is None:
        return "None (did the function forget to return?)"
    if isinstance(value, Tensor):
        return f"a tensor of {str(value.dtype).removeprefix('torch.')}"
    names = {"str": "text", "bool": "True or False", "list": "a list", "tuple": "a tuple"}
    return names.get(type(value).__name__, f"a {type(value).__name__}"[:60])


def _sizes(shape: tuple[int, ...]) -> str:
    return "[" + ", ".join(str(size) for size in shape) + "]"


def _fail(because: str, complaint: str) -> NoReturn:
    sentence = f"{because}: {complaint}" if because else complaint
    raise AssertionError(sentence[0].upper() + sentence[1:] + ".")
