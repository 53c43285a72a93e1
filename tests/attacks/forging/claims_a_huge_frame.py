"""Announces a frame of an exabyte, and half a frame, and then falls silent."""

import os
import struct
import time

SPOILS = True
LIMIT = "broke the protocol"


def token_rank(logits, answer):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, struct.pack(">QQ", 1 << 60, 1 << 60) + b"[")
        except OSError:
            continue
    time.sleep(1)
