"""What crosses the line between judge and worker: data, in frames, with caps. Never a pickle.

A frame is a 16-byte prefix (two lengths), a JSON header and the raw bytes of its tensors. `pack`
turns a value into a JSON tree and tensors, `unpack` turns it back; both are pure. What a tree may
hold is a closed list: None, bool, int, float, str, list, tuple, dict, tensors of plain dtypes, and
on the way to the worker models, activation caches and callables. Anything else of a student's stays
with the worker and crosses as a `Handle`.

Who reads a frame trusts nothing in it: sizes, depth, dtypes and shapes are checked before use, and
whatever breaks the form raises `WireError`.
"""

from __future__ import annotations

import json
import math
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

_PREFIX = struct.Struct(">QQ")
MAX_HEADER = 4 << 20
MAX_BLOB = 256 << 20
MAX_DEPTH = 24
MAX_ITEMS = 100_000
MAX_TENSORS = 4_096
MAX_DIM = 1 << 31
DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in (
        "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128"
    ).split()
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


class WireError(Exception):
    """A frame that breaks the protocol; the text says how, for the record."""


@dataclass(frozen=True)
class Handle:
    """An object that stays in the worker: its number there and its type's name."""

    number: int
    type_name: str


@dataclass
class Frame:
    """A JSON tree and the tensors it refers to by index."""

    tree: Any
    tensors: list[Tensor] = field(default_factory=list)


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
        for pair in body:
            if type(pair) is not list or len(pair) != 2:
                raise WireError("a dict entry that is no pair")
            key = unpack(pair[0], tensors, other, depth + 1)
            if type(key) not in (str, int, bool, float, type(None)) and not _flat_tuple(key):
                raise WireError("a dict key that is no plain value")
            result[key] = unpack(pair[1], tensors, other, depth + 1)
        return result
    if kind == "handle":
        number, name = tree.get("n"), tree.get("t")
        if type(number) is not int or type(name) is not str:
            raise WireError("a malformed handle")
        return Handle(number, name[:80])
    return other(tree)


def send(channel: socket.socket, frame: Frame) -> None:
    """Write one frame.

    Raises:
        WireError: the frame is over a cap.
        OSError: the other side is gone.
    """
    blobs = [_bytes(tensor) for tensor in frame.tensors]
    specs = [[_NAMES[t.dtype], list(t.shape)] for t in frame.tensors]
    header = json.dumps([frame.tree, specs], separators=(",", ":")).encode()
    size = sum(len(blob) for blob in blobs)
    if len(header) > MAX_HEADER or size > MAX_BLOB or len(specs) > MAX_TENSORS:
        raise WireError(f"a reply of {_megabytes(len(header) + size)}, over the limit")
    channel.sendall(_PREFIX.pack(len(header), size) + header + b"".join(blobs))


def receive(channel: socket.socket) -> Frame:
    """Read one frame.

    Raises:
        WireError: it breaks the form or is over a cap.
        EOFError: the other side closed the line.
        OSError: a time-out set on the socket, or the line broke.
    """
    header_size, blob_size = _PREFIX.unpack(_read(channel, _PREFIX.size))
    if header_size > MAX_HEADER or blob_size > MAX_BLOB:
        raise WireError(f"a reply of {_megabytes(header_size + blob_size)}, over the limit")
    header = bytes(_read(channel, header_size))
    blob = _read(channel, blob_size)
    _bound_items(header)
    try:
        parsed = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise WireError("a header that is not JSON") from error
    if type(parsed) is not list or len(parsed) != 2 or type(parsed[1]) is not list:
        raise WireError("a header of the wrong form")
    return Frame(parsed[0], _tensors(parsed[1], blob))


def _tensors(specs: list[Any], blob: bytearray) -> list[Tensor]:
    if len(specs) > MAX_TENSORS:
        raise WireError("too many tensors")
    tensors = []
    offset = 0
    for spec in specs:
        if type(spec) is not list or len(spec) != 2 or type(spec[1]) is not list:
            raise WireError("a malformed tensor")
        name, shape = spec
        dtype = DTYPES.get(name) if type(name) is str else None
        if dtype is None or len(shape) > 16:
            raise WireError("a tensor of an unknown dtype or too many axes")
        if any(type(n) is not int or not 0 <= n < MAX_DIM for n in shape):
            raise WireError("a tensor of an impossible shape")
        size = math.prod(shape) * dtype.itemsize
        if offset + size > len(blob):
            raise WireError("a tensor larger than its bytes")
        # A bool is one byte that must be 0 or 1: any other byte is undefined behaviour in torch.
        raw_dtype = torch.uint8 if dtype is torch.bool else dtype
        if size:
            # A copy of its own: aligned, and it does not hold the whole blob in memory.
            own = blob[offset : offset + size]
            tensor = torch.frombuffer(own, dtype=raw_dtype).reshape(shape)
        else:
            tensor = torch.empty(shape, dtype=raw_dtype)
        tensors.append(tensor != 0 if dtype is torch.bool else tensor)
        offset += size
    if offset != len(blob):
        raise WireError("bytes that belong to no tensor")
    return tensors


def _plain(tensor: Tensor) -> Tensor:
    tensor = tensor.detach()
    if tensor.layout is not torch.strided or tensor.is_meta or tensor.dtype not in _NAMES:
        raise WireError(f"a tensor of layout {tensor.layout} and dtype {tensor.dtype}")
    return tensor.cpu().resolve_conj().resolve_neg().contiguous()


def _bytes(tensor: Tensor) -> bytes:
    if tensor.numel() == 0:
        return b""
    return bytes(tensor.reshape(-1).view(torch.uint8).numpy().data)


def _read(channel: socket.socket, size: int) -> bytearray:
    buffer = bytearray(size)
    view = memoryview(buffer)
    done = 0
    while done < size:
        count = channel.recv_into(view[done:], min(size - done, 1 << 20))
        if count == 0:
            raise EOFError("the worker closed the line")
        done += count
    return buffer


def _bound_items(header: bytes) -> None:
    """Refuse what would make the JSON reader build millions of objects."""
    # Separators inside strings count too; that errs on the safe side, an honest reply has few.
    if header.count(b",") + header.count(b"[") + header.count(b"{") > 8 * MAX_ITEMS:
        raise WireError("too many items")


def _flat_tuple(key: Any) -> bool:
    return type(key) is tuple and all(type(part) in (str, int, float, bool) for part in key)


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB"
