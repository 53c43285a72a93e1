"""What a signature promises: the type of a returned value, and the names of its axes."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

_KINDS = ("float", "int", "bool", "complex")


def annotation(function: Callable[..., Any]) -> Any:
    """Return the return annotation of a function, or Any where there is none to be had."""
    if inspect.isclass(function):
        return Any
    try:
        return typing.get_type_hints(function).get("return", Any)
    except Exception:  # an annotation is any expression, and may raise anything
        return Any


def complaint(value: object, promised: Any) -> str | None:
    """Say in one sentence how a returned value breaks the annotation; None when it does not.

    Sizes of axes are left to the check; this is about None, type, number of axes and dtype.
    """
    if value is None and promised is not Any and promised is not type(None):
        return "Your function returned None: did you forget `return`?"
    if not _is_tensor(promised):
        return None
    if not isinstance(value, Tensor):
        return f"Your function returned {kind_of(value)}, and the signature says a tensor"
    names = promised.dim_str.split()
    allowed = {_kind(str(dtype)) for dtype in getattr(promised, "dtypes", ())} - {""}
    found = dtype_kind(value.dtype)
    if allowed and found not in allowed:
        return f"The dtype is {value.dtype}, and the signature says {' or '.join(sorted(allowed))}"
    variadic = any(name.startswith(("...", "*")) for name in names)
    if value.dim() < len(names) - 1 if variadic else value.dim() != len(names):
        least = len(names) - 1 if variadic else len(names)
        axes = f"{'at least ' if variadic else ''}{least} {'axis' if least == 1 else 'axes'}"
        promise = f"the signature says {axes}: [{promised.dim_str}]"
        return f"The shape is {list(value.shape)}, and {promise}"
    return None


def axes_of(value: Tensor, promised: Any) -> list[str] | None:
    """Return the names of a returned tensor's axes, from the annotation; None when it has none."""
    if not _is_tensor(promised):
        return None
    names: list[str] = promised.dim_str.split()
    for place, name in enumerate(names):
        if name.startswith(("...", "*")):
            more = value.dim() - (len(names) - 1)
            names[place : place + 1] = [f"axis {place + number}" for number in range(more)]
            break
    return names if len(names) == value.dim() else None


def axes_of_view(part: Tensor, whole: Tensor, names: Sequence[str]) -> list[str] | None:
    """Return the names of a view's axes, known by their strides: ``yours[-1]`` keeps its names.

    None when the part is no view of the whole, or an axis of it cannot be told.
    """
    if part.untyped_storage().data_ptr() != whole.untyped_storage().data_ptr():
        return None
    strides = list(whole.stride())
    own = {
        strides[axis]: names[axis]
        for axis in range(whole.dim())
        if strides.count(strides[axis]) == 1 and whole.shape[axis] > 1
    }
    found = [own.get(stride) for stride in part.stride()]
    known = [name for name in found if name is not None]
    return known if len(known) == len(found) == len(set(known)) else None


def kind_of(value: object) -> str:
    """Name what a value is, for a student."""
    if value is None:
        return "None (did you forget `return`?)"
    if isinstance(value, Tensor):
        return f"a tensor of {value.dtype} with shape {list(value.shape)}"
    if isinstance(value, bool):
        return f"the truth value {value}"
    if isinstance(value, int | float):
        return f"the number {value:.6g}" if abs(value) < 1e15 else "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of length {len(value)}"
    name = type(value).__name__[:60]
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def dtype_kind(dtype: torch.dtype) -> str:
    """Return "float", "int", "bool" or "complex"."""
    return _kind(str(dtype).removeprefix("torch."))


def _kind(name: str) -> str:
    wide = name[1:]  # uint8, bfloat16
    return next((kind for kind in _KINDS if name.startswith(kind) or wide.startswith(kind)), "")


def _is_tensor(promised: Any) -> bool:
    return hasattr(promised, "dim_str") and hasattr(promised, "array_type")
