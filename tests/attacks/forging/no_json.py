"""Frames whose header is anything but what it should be: other encodings, numbers without end,
keys twice, NaN, a shape below zero, tensors larger than their bytes, an unknown dtype."""

import gc
import socket
import struct

SPOILS = True

HEADERS = [
    b"\xff\xfe[", b"[" + b"9" * 5000 + b",[]]", b'[{"ok":1,"ok":2},[]]', b"[NaN,[]]",
    b'[{"ok":{"k":"tensor","i":0}},[["int64",[-1,5]]]]', b'[{"ok":"\\ud800"},[]]',
    b'[{"ok":{"k":"tensor","i":0}},[["int64",[1099511627776]]]]', b"[[],[]]", b'["ok"]', b"{}",
    b'[{"ok":{"k":"tensor","i":0}},[["object",[1]]]]', b"[" * 5000 + b"]" * 5000, b"\x00" * 20,
    b'[{"error":{"type":["x"],"text":{"a":1},"limit":5,"cell":"1","line":[]}},[]]',
    b'[{"error":7},[]]', b'[{"ok":{"k":"dict","v":[[{"k":"list","v":[]},1]]}},[]]',
]  # fmt: skip


def token_rank(logits, answer):
    gc.unfreeze()
    header = HEADERS[int(logits.abs().sum() * 1000) % len(HEADERS)]
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket) and thing.fileno() > 2:
            thing.sendall(struct.pack(">QQ", len(header), 0) + header)


kl_to_final = direct_logit_attribution = lambda *args: token_rank(args[0], [0])
