"""Frames from a socket: an honest one arrives whole, any other raises before it does harm."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from grader.line import frames
from grader.line.wire import Frame, WireError

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def line() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(10)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
    yield ours, theirs
    ours.close()
    theirs.close()


def raw(header: bytes, blob: bytes = b"") -> bytes:
    return struct.pack(">QQ", len(header), len(blob)) + header + blob


def received(line: Pair, data: bytes) -> Frame:
    """Send bytes, close the sender's end, and read one frame."""
    line[0].sendall(data)
    line[0].shutdown(socket.SHUT_WR)
    return frames.receive(line[1], time.monotonic() + 10)


def test_frames_arrive_in_order_with_their_tensors(line: Pair) -> None:
    first = Frame({"ok": [1, "é", None]}, [torch.arange(6).reshape(2, 3), torch.tensor(True)])
    second = Frame(None, [torch.empty(0, 4), torch.tensor([1.5], dtype=torch.bfloat16)])
    for frame in (first, second):
        frames.send(line[0], frame)
    for sent in (first, second):
        frame = frames.receive(line[1])
        assert frame.tree == sent.tree
        assert [t.dtype for t in frame.tensors] == [t.dtype for t in sent.tensors]
        assert all(torch.equal(a, b) for a, b in zip(frame.tensors, sent.tensors, strict=True))


def test_a_received_frame_knows_how_many_bytes_it_took(line: Pair) -> None:
    frames.send(line[0], Frame(None, [torch.zeros(1000, dtype=torch.float64)]))
    assert 8000 < frames.receive(line[1]).size < 8100


def test_received_tensors_are_writable_and_do_not_share_memory(line: Pair) -> None:
    frames.send(line[0], Frame(None, [torch.zeros(3), torch.zeros(3)]))
    one, other = frames.receive(line[1]).tensors
    one += 1
    assert other.tolist() == [0.0, 0.0, 0.0]


def test_many_megabytes_pass_a_socket_with_a_small_buffer(line: Pair) -> None:
    tensor = torch.arange(3 << 20, dtype=torch.int32)
    sender = threading.Thread(target=frames.send, args=(line[0], Frame(0, [tensor])))
    sender.start()
    back = frames.receive(line[1], time.monotonic() + 10).tensors[0]
    sender.join()
    assert torch.equal(back, tensor)


def test_what_is_over_a_cap_is_not_sent(line: Pair) -> None:
    for frame in (
        Frame("x" * (frames.MAX_HEADER + 1)),
        Frame(0, [torch.zeros(frames.MAX_BLOB + 1, dtype=torch.uint8)]),
        Frame(0, [torch.zeros(0)] * (frames.MAX_TENSORS + 1)),
    ):
        with pytest.raises(WireError, match="over the limit"):
            frames.send(line[0], frame)
    frames.send(line[0], Frame("still in step"))
    assert frames.receive(line[1]).tree == "still in step"


@pytest.mark.parametrize("cut", [0, 1, 15, 16, 17, 40, -1])
def test_a_truncated_frame_is_an_end_of_file(line: Pair, cut: int) -> None:
    whole = raw(json.dumps([{"ok": 1}, [["float32", [2]]]]).encode(), bytes(8))
    with pytest.raises(EOFError):
        received(line, whole[:cut])


@pytest.mark.parametrize(
    ("header_size", "blob_size"),
    [((1 << 64) - 1, 0), (0, (1 << 64) - 1), (frames.MAX_HEADER + 1, 0), (2, frames.MAX_BLOB + 1)],
)
def test_a_claimed_length_over_the_cap_is_refused_unread(
    line: Pair, header_size: int, blob_size: int
) -> None:
    with pytest.raises(WireError, match="over the limit"):
        received(line, struct.pack(">QQ", header_size, blob_size) + b"[]")


def test_a_claimed_length_costs_no_memory(line: Pair) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(EOFError):
            received(line, struct.pack(">QQ", 2, frames.MAX_BLOB) + b"[]" + b"only this")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def tensor_header(*specs: Any) -> bytes:
    return json.dumps([None, list(specs)]).encode()


@pytest.mark.parametrize(
    ("header", "blob"),
    [
        (b"", b""), (b"{", b""), (b"\xff\xfe\x00", b""), (b"[1, 2]extra", b""), (b"nul", b""),
        (b"1" * 5000, b""), (b"[" * 5000 + b"]" * 5000, b""), (b'{"a":' * 2000, b""),
        (b"{}", b""), (b"[]", b""), (b"[1]", b""), (b"[1, 2]", b""), (b"[1, [], 3]", b""),
        (b"[1, {}]", b""), (b'[1, "ab"]', b""), (b"[1, [1]]", b""), (b"[1, [[]]]", b""),
        (b"[1, []]", b"stray"),
        (tensor_header(["float32", [2]]), bytes(7)), (tensor_header(["float32", [2]]), bytes(9)),
        (tensor_header(["float32", [2]]), b""), (tensor_header(["float16", [1 << 30]]), bytes(8)),
        (tensor_header(["object", [1]]), bytes(8)), (tensor_header([["float32"], [1]]), bytes(4)),
        (tensor_header([None, [1]]), bytes(4)), (tensor_header(["float32", 1]), bytes(4)),
        (tensor_header(["float32", [-1]]), b""), (tensor_header(["float32", [-1, -2]]), bytes(8)),
        (tensor_header(["float32", [1.0]]), bytes(4)), (tensor_header(["int8", ["1"]]), bytes(1)),
        (tensor_header(["int8", [True]]), bytes(1)), (tensor_header(["int8", [1 << 31, 0]]), b""),
        (tensor_header(["int8", [0] * 17]), b""), (tensor_header(["int8", [1, None]]), b"a"),
        (tensor_header(["int8", [0, 1 << 30, 1 << 30, 1 << 30]]), b""),
        (tensor_header(["int8", [(1 << 31) - 1] * 15 + [0]]), b""),
        (tensor_header(["int8", [1 << 30, 1 << 30]]), b""),
        (tensor_header(*[["int8", [0]]] * (frames.MAX_TENSORS + 1)), b""),
        (b"[9223372036854775808, []]", b""), (b"[[-9223372036854775808], []]", b""),
        (b'["\\ud800", []]', b""), (b'[{"\\udfff": 1}, []]', b""),
        (b"[" + b"[" * 100 + b"]" * 100 + b", []]", b""),
        (b"[[" + b"0," * 900_000 + b"0], []]", b""),
    ],
    ids=lambda part: repr(part[:40]),
)  # fmt: skip
def test_a_forged_frame_is_refused_and_nothing_else_is_raised(
    line: Pair, header: bytes, blob: bytes
) -> None:
    with pytest.raises(WireError):
        received(line, raw(header, blob))


def test_a_truth_value_of_seven_is_true(line: Pair) -> None:
    (tensor,) = received(line, raw(tensor_header(["bool", [4]]), bytes([0, 1, 7, 255]))).tensors
    assert tensor.dtype is torch.bool
    assert tensor.tolist() == [False, True, True, True]
    assert int(tensor.sum()) == 3  # a raw 7 would count sevenfold
    assert bytes(tensor.view(torch.uint8).tolist()) == bytes([0, 1, 1, 1])


def test_nan_and_infinity_are_data(line: Pair) -> None:
    blob = struct.pack("<3f", float("nan"), float("inf"), -0.0)
    (tensor,) = received(line, raw(tensor_header(["float32", [3]]), blob)).tensors
    assert tensor.isnan().tolist() == [True, False, False]
    assert tensor.isinf().tolist() == [False, True, False]


def test_a_frame_must_be_whole_before_the_deadline_however_often_a_byte_comes(line: Pair) -> None:
    stop = threading.Event()

    def drip() -> None:
        for byte in raw(b"[1, []]" + b" " * 5000):
            if stop.wait(0.02):
                return
            line[0].sendall(bytes([byte]))

    sender = threading.Thread(target=drip)
    sender.start()
    started = time.monotonic()
    try:
        with pytest.raises(TimeoutError):
            frames.receive(line[1], started + 0.3)
    finally:
        stop.set()
        sender.join()
    assert time.monotonic() - started < 2
    with pytest.raises(TimeoutError):
        frames.receive(line[1], time.monotonic() - 1)


def test_random_bytes_and_mutated_frames_raise_wire_or_end_of_file_errors_only() -> None:
    draw = random.Random(3)
    honest = raw(
        json.dumps([{"ok": {"k": "list", "v": [1, 2.5, {"k": "tensor", "i": 0}]}},
                    [["float32", [2, 3]], ["bool", [2]]]]).encode(),
        bytes(26),
    )  # fmt: skip
    outcomes = {"read": 0, "refused": 0, "ended": 0}
    for turn in range(1500):
        if turn % 3 == 0:
            data = raw(draw.randbytes(draw.randint(0, 40)), draw.randbytes(draw.randint(0, 8)))
        else:
            mutant = bytearray(honest)
            for _ in range(draw.randint(1, 4)):
                mutant[draw.randrange(len(mutant))] = draw.choice(b'[]{}",:019-e' + bytes([255, 0]))
            data = bytes(mutant[: draw.choice([len(mutant), len(mutant), draw.randint(1, 90)])])
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(data)
            ours.close()
            try:
                frames.receive(theirs, time.monotonic() + 10)
                outcomes["read"] += 1
            except WireError:
                outcomes["refused"] += 1
            except EOFError:
                outcomes["ended"] += 1
    assert min(outcomes.values()) > 50, outcomes
