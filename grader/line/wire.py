"""What crosses the line between judge and worker: data, with caps. Never a pickle.

`pack` turns a value into a JSON tree and tensors, `unpack` turns it back; both are pure, `frames`
sends and receives them. What a tree may hold is a closed list: None, bool, int, float, str, list,
tuple, dict, tensors of plain dtypes, and on the way to the worker models, activation caches and
callables. Anything else of a student's stays with the worker and crosses as a `Handle`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

MAX_DEPTH = 24
MAX_TUPLE_KEYS = (
    2_000  # in one dict: how Python hashes tuples is known, so they can be made to collide
)
DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in (
        "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128"
    ).split()
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class WireError(Exception):
    """A frame that breaks the protocol; the text says how, for the record."""


@dataclass(frozen=True)
class Handle:
    """An object that stays in the worker: its number there and its type's name."""

    number: int
    type_name: str


@dataclass
class Frame:
    """A JSON tree and the tensors it refers to by index; ``size`` is its bytes, if it came in."""

    tree: Any
    tensors: list[Tensor] = field(default_factory=list)
    size: int = 0


Packer = Callable[[Any], Any]
"""Turns an object outside the closed list into a tree, or raises `WireError`."""


def pack(value: Any, tensors: list[Tensor], other: Packer, depth: int = 0) -> Any:
    """Turn ``value`` into a JSON tree; its tensors are appended to ``tensors``.

    Args:
        value: what to send.
        tensors: grows by the value's tensors, detached and dense.
        other: called for an object outside the closed list.

    Raises:
        WireError: too deep, or a tensor that is not plain and dense.
    """
    if depth > MAX_DEPTH:
        raise WireError(f"nested deeper than {MAX_DEPTH}")
    if value is None or type(value) in (bool, str, float):
        return value
    if type(value) is int:
        if abs(value) >= 1 << 63:
            raise WireError("an integer of more than 63 bits")
        return value
    if type(value) is Tensor or type(value) is torch.nn.Parameter:
        tensors.append(_plain(value))
        return {"k": "tensor", "i": len(tensors) - 1}
    if type(value) in (list, tuple):
        items = [pack(item, tensors, other, depth + 1) for item in value]
        return {"k": type(value).__name__, "v": items}
    if type(value) is dict:
        pairs = [
            [pack(key, tensors, other, depth + 1), pack(item, tensors, other, depth + 1)]
            for key, item in value.items()
        ]
        if any(type(key) is dict and key["k"] != "tuple" for key, _ in pairs):
            raise WireError("a dict key that is no plain value")
        return {"k": "dict", "v": pairs}
    if type(value) is Handle:
        return {"k": "handle", "n": value.number, "t": value.type_name}
    return other(value)


def unpack(tree: Any, tensors: list[Tensor], other: Packer, depth: int = 0) -> Any:
    """Turn a JSON tree back into a value; the inverse of `pack`.

    Raises:
        WireError: a form that is not in the closed list and that ``other`` does not know.
    """
    if depth > MAX_DEPTH:
        raise WireError(f"nested deeper than {MAX_DEPTH}")
    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    if type(tree) is not dict:
        raise WireError("an untagged value")
    kind, body = tree.get("k"), tree.get("v")
    if kind == "tensor":
        index = tree.get("i")
        if type(index) is not int or not 0 <= index < len(tensors):
            raise WireError("a tensor that is not there")
        return tensors[index]
    if kind in ("list", "tuple") and type(body) is list:
        items = [unpack(item, tensors, other, depth + 1) for item in body]
        return items if kind == "list" else tuple(items)
    if kind == "dict" and type(body) is list:
        result = {}
        tuples = 0
        for pair in body:
            if type(pair) is not list or len(pair) != 2:
                raise WireError("a dict entry that is no pair")
            key = unpack(pair[0], tensors, other, depth + 1)
            if type(key) not in (str, int, bool, float, type(None)) and not _flat_tuple(key):
                raise WireError("a dict key that is no plain value")
            tuples += type(key) is tuple
            if tuples > MAX_TUPLE_KEYS:
                raise WireError(f"a dict with more than {MAX_TUPLE_KEYS} tuples for keys")
            result[key] = unpack(pair[1], tensors, other, depth + 1)
        return result
    if kind == "handle":
        number, name = tree.get("n"), tree.get("t")
        if type(number) is not int or type(name) is not str:
            raise WireError("a malformed handle")
        return Handle(number, "".join(c if c.isprintable() else "�" for c in name[:80]))
    return other(tree)


def _plain(tensor: Tensor) -> Tensor:
    tensor = tensor.detach()
    if tensor.layout is not torch.strided or tensor.is_meta or tensor.dtype not in NAMES:
        raise WireError(f"a tensor of layout {tensor.layout} and dtype {tensor.dtype}")
    return tensor.cpu().resolve_conj().resolve_neg().contiguous()


def _flat_tuple(key: Any) -> bool:
    return type(key) is tuple and all(type(part) in (str, int, float, bool) for part in key)
