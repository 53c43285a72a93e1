"""Tensors in nested dicts, lists and tuples: change each, or list those built like another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor


def each(value: Any, change: Callable[[Tensor], Any]) -> Any:
    """Return the same nest with ``change`` applied to every tensor in it; a tensor is one, too."""
    if isinstance(value, dict):
        return {name: each(part, change) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(each(part, change) for part in value)
    return change(value)


def leaves(value: Any, like: Any) -> list[Any]:
    """Return what stands in ``value`` where ``like`` has its tensors.

    Raises:
        ValueError: the two are not built alike.
    """
    if not isinstance(like, dict | list | tuple):
        return [value]
    if type(value) is not type(like) or len(value) != len(like):
        raise ValueError("not built alike")
    if isinstance(like, dict):
        if set(value) != set(like):
            raise ValueError("not built alike")
        return [leaf for name in like for leaf in leaves(value[name], like[name])]
    return [leaf for a, b in zip(value, like, strict=True) for leaf in leaves(a, b)]
