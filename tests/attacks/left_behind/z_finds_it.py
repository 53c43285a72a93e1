"""Comes after the others of this family and looks for anything that they left."""

import builtins
import ctypes
import os
import socket
import sys

import logit_lens_helpers as helpers
import torch

KEY = 0x1A775


def _left():
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", ".", "/"):
        for name in ("interp-attack-left.py", ".interp-attack-left", "interp-attack-left"):
            yield os.path.exists(os.path.join(folder, name))
    yield from (hasattr(module, "interp_attack") for module in (torch, builtins, helpers))
    yield "interp_attack" in sys.modules
    yield torch.get_default_dtype() != torch.float32
    yield not torch.is_grad_enabled()
    libc = ctypes.CDLL(None)
    yield libc.shmget(KEY, 0, 0) >= 0
    yield libc.msgget(KEY, 0) >= 0
    yield libc.semget(KEY, 0, 0) >= 0
    yield libc.syscall(249, b"user", b"interp-attack", None, 0) >= 0
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect("\0interp-attack-left")
            yield True
    except OSError:
        yield False


def token_rank(logits, answer):
    found = [place for place, left in enumerate(_left()) if left]
    if found:
        return f"{WON}: {found}"
    raise LookupError("nothing was left")
