"""Recurses until the stack of the process itself is full."""

import sys


def token_rank(logits, answer):
    sys.setrecursionlimit(1 << 30)

    def down(depth):
        return down(depth + 1) + 1

    return down(0)
