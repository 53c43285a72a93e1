"""Crashes the interpreter: reads from address zero, aborts, calls what is no function."""

import ctypes
import os


def token_rank(logits, answer):
    return ctypes.string_at(0)


def kl_to_final(lens_logits):
    os.abort()


def direct_logit_attribution(parts, scale, direction):
    return ctypes.CFUNCTYPE(None)(8)()
