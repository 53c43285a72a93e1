"""Frames on a socket: how what `wire` packed goes from one process to the other.

A frame is a 16-byte prefix (two lengths), a JSON header and the raw bytes of its tensors.
Who reads a frame trusts nothing in it: sizes, depth, dtypes and shapes are checked before use, and
whatever breaks the form raises `WireError`.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import time
from typing import Any

import torch
from torch import Tensor

from grader.line.wire import DTYPES, MAX_DEPTH, NAMES, Frame, WireError

_PREFIX = struct.Struct(">QQ")
MAX_HEADER = 4 << 20
MAX_BLOB = 64 << 20
MAX_ITEMS = 100_000
MAX_TENSORS = 4_096
MAX_DIM = 1 << 31


def send(channel: socket.socket, frame: Frame) -> None:
    """Write one frame.

    Raises:
        WireError: the frame is over a cap.
        OSError: the other side is gone.
    """
    blobs = [_bytes(tensor) for tensor in frame.tensors]
    specs = [[NAMES[t.dtype], list(t.shape)] for t in frame.tensors]
    header = json.dumps([frame.tree, specs], separators=(",", ":")).encode()
    size = sum(len(blob) for blob in blobs)
    if len(header) > MAX_HEADER or size > MAX_BLOB or len(specs) > MAX_TENSORS:
        raise WireError(f"a reply of {_megabytes(len(header) + size)}, over the limit")
    channel.sendall(_PREFIX.pack(len(header), size) + header + b"".join(blobs))


def receive(channel: socket.socket, deadline: float = math.inf) -> Frame:
    """Read one frame, all of it before ``deadline`` (of `time.monotonic`).

    Raises:
        WireError: it breaks the form or is over a cap.
        EOFError: the other side closed the line.
        TimeoutError: it was not all there in time, however often a byte came.
        OSError: the line broke.
    """
    header_size, blob_size = _PREFIX.unpack(_read(channel, _PREFIX.size, deadline))
    if header_size > MAX_HEADER or blob_size > MAX_BLOB:
        raise WireError(f"a reply of {_megabytes(header_size + blob_size)}, over the limit")
    header = bytes(_read(channel, header_size, deadline))
    blob = _read(channel, blob_size, deadline)
    # Separators inside strings count too; that errs on the safe side, an honest reply has few.
    if header.count(b",") + header.count(b"[") + header.count(b"{") > 8 * MAX_ITEMS:
        raise WireError("too many items")
    try:
        parsed = json.loads(header)
        _bound(parsed)
    except (ValueError, RecursionError) as error:
        raise WireError("a header that is not JSON") from error
    if type(parsed) is not list or len(parsed) != 2 or type(parsed[1]) is not list:
        raise WireError("a header of the wrong form")
    return Frame(parsed[0], _tensors(parsed[1], blob), header_size + blob_size)


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
        # An empty tensor has strides too, which torch counts in 63 bits.
        if offset + size > len(blob) or math.prod(n or 1 for n in shape) >= 1 << 40:
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


def _bytes(tensor: Tensor) -> bytes:
    if tensor.numel() == 0:
        return b""
    return bytes(tensor.reshape(-1).view(torch.uint8).numpy().data)


def _read(channel: socket.socket, size: int, deadline: float) -> bytearray:
    buffer = bytearray()  # grows with what comes: a claimed size costs nothing
    while len(buffer) < size:
        if deadline < math.inf:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the frame was not all there in time")
            channel.settimeout(left)
        chunk = channel.recv(min(size - len(buffer), 1 << 20))
        if not chunk:
            raise EOFError("the worker closed the line")
        buffer += chunk
    return buffer


def _bound(tree: Any) -> None:
    """Refuse what only a forger sends and a check could stumble over, before anyone works on it."""
    level = [tree]
    for _ in range(4 * MAX_DEPTH):  # a value takes up to three levels of JSON
        inner: list[Any] = []
        for part in level:
            if type(part) is dict:
                inner += [*part, *part.values()]
            elif type(part) is list:
                inner += part
            elif type(part) is str:
                part.encode()  # a lone surrogate would break whatever writes it later
            elif type(part) is int and abs(part) >= 1 << 63:
                raise WireError("an integer of more than 63 bits")
        if not inner:
            return
        level = inner
    raise WireError("a header nested too deep")


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB"
