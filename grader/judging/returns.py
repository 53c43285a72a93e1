"""Does a returned value have the type its exercise's signature promises?

The reference solution's own return annotation is the only statement of it. Sizes are a check's
business; this is about exact type, number of axes, and float against integer, so that no check
ever meets a value it cannot work with.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from grader.line.wire import Handle


@dataclass(frozen=True)
class Annotation:
    """A return annotation; for a class, the object itself and what calling it returns."""

    returns: Any
    of_call: Annotation | None = None
    is_class: bool = False


def promises(definitions: Mapping[str, Any]) -> dict[str, Annotation]:
    """Read the return annotations of the reference's functions and classes."""
    found = {}
    for name, thing in definitions.items():
        if inspect.isclass(thing):
            call = getattr(thing, "forward", None)
            of_call = Annotation(_returns(call)) if inspect.isfunction(call) else None
            found[name] = Annotation(None, of_call, is_class=True)
        elif callable(thing):
            found[name] = Annotation(_returns(thing))
    return found


def wrong_return(value: Any, annotation: Annotation) -> str | None:
    """Say in one sentence how ``value`` breaks the annotation, or return None."""
    if annotation.is_class:
        return None if type(value) is Handle else f"got {_name(value)} instead of an object"
    return _wrong(value, annotation.returns)


def _wrong(value: Any, expected: Any) -> str | None:
    if expected is Any or expected is inspect.Parameter.empty:
        return None
    origin, parts = typing.get_origin(expected), typing.get_args(expected)
    if origin in (types.UnionType, typing.Union):
        problems = [_wrong(value, part) for part in parts]
        return None if None in problems else problems[0]
    if _is_array(expected):
        return _wrong_tensor(value, expected)
    if origin in (tuple, list, dict) or expected in (tuple, list, dict):
        return _wrong_container(value, origin or expected, parts)
    if expected is None or expected is type(None):
        return None if value is None else f"it should return nothing, and returned {_name(value)}"
    if isinstance(expected, type):
        return _wrong_scalar(value, expected)
    return None


def _wrong_tensor(value: Any, expected: Any) -> str | None:
    axes = expected.dim_str
    if value is None:
        return "it returned None: is there a `return`?"
    if type(value) is not Tensor:
        return f"it returned {_name(value)} instead of a tensor [{axes}]"
    kinds = getattr(expected, "dtypes", ())
    names = kinds if isinstance(kinds, tuple | list) else ()  # jaxtyping's Shaped has any dtype
    dtype = str(value.dtype).removeprefix("torch.")
    if names and dtype not in names:
        wanted = "floating point numbers" if "float32" in names else "integers"
        wanted = "numbers" if {"float32", "int64"} <= set(names) else wanted
        wanted = "truth values" if "bool" in names else wanted
        return f"it returned a tensor of {dtype} where {wanted} are asked for"
    count = len(axes.split())
    variadic = any(part.startswith(("...", "*")) for part in axes.split())
    if (value.ndim < count - 1) if variadic else (value.ndim != count):
        return (
            f"it returned a tensor of shape {tuple(value.shape)} where [{axes}] is asked for, "
            f"{count} {'axis' if count == 1 else 'axes'}"
        )
    return None


def _wrong_container(value: Any, origin: Any, parts: tuple[Any, ...]) -> str | None:
    if value is None:
        return "it returned None: is there a `return`?"
    if type(value) is not origin and not (origin is tuple and type(value) is list):
        return f"it returned {_name(value)} instead of a {origin.__name__}"
    if origin is tuple and parts and Ellipsis not in parts:
        if len(value) != len(parts):
            return f"it returned {len(value)} values where {len(parts)} are asked for"
        problems = [_wrong(item, part) for item, part in zip(value, parts, strict=True)]
        return next((problem for problem in problems if problem), None)
    if origin is dict and parts:
        problems = [_wrong(k, parts[0]) or _wrong(v, parts[1]) for k, v in value.items()]
        return next((problem for problem in problems if problem), None)
    if origin in (list, tuple) and parts:
        problems = [_wrong(item, parts[0]) for item in value]
        return next((problem for problem in problems if problem), None)
    return None


def _wrong_scalar(value: Any, expected: type) -> str | None:
    if value is None:
        return "it returned None: is there a `return`?"
    if expected in (bool, int, float):
        kinds: dict[type, tuple[type, ...]] = {
            bool: (bool,), int: (int,), float: (float, int),
        }  # fmt: skip
        one = type(value) is Tensor and value.numel() == 1 and not value.is_complex()
        if type(value) in kinds[expected] or one:
            return None
        return f"it returned {_name(value)} where a single number is asked for"
    if expected is str and type(value) is not str:
        return f"it returned {_name(value)} instead of a string"
    if expected is Tensor and type(value) is not Tensor:
        return f"it returned {_name(value)} instead of a tensor"
    return None


def _is_array(annotation: Any) -> bool:
    return hasattr(annotation, "dim_str") and hasattr(annotation, "array_type")


def _returns(function: Callable[..., Any] | None) -> Any:
    if function is None:
        return inspect.Parameter.empty
    try:
        return typing.get_type_hints(function).get("return", inspect.Parameter.empty)
    except Exception:
        return inspect.Parameter.empty


def _name(value: Any) -> str:
    if value is None:
        return "None"
    if type(value) is Handle:
        return f"a {value.type_name}"
    if type(value) is Tensor:
        return f"a tensor of shape {tuple(value.shape)}"
    if type(value) in (bool, int, float, str) and len(repr(value)) < 40:
        return f"{type(value).__name__} {value!r}"
    return f"a {type(value).__name__}"
