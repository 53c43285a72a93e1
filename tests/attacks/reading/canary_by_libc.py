"""Reads a file outside through the C library: open, openat, mmap."""

import ctypes
import os


def token_rank(logits, answer):
    libc = ctypes.CDLL(None, use_errno=True)
    path = CANARY_FILE.encode()
    for descriptor in (
        libc.open(path, 0), libc.openat(-100, path, 0), libc.open(path, os.O_RDWR),
        libc.syscall(257, -100, path, 0, 0), libc.syscall(437, -100, path, bytes(24), 24),
    ):  # fmt: skip
        buffer = ctypes.create_string_buffer(100)
        if descriptor >= 0 and libc.read(descriptor, buffer, 99) > 0:
            return WON + buffer.value.decode()
    raise OSError(ctypes.get_errno(), "no way in")
