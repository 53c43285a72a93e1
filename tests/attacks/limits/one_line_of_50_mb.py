"""Prints a single line of 50 MB."""

import sys

LIMIT = "output"


def token_rank(logits, answer):
    sys.stdout.write("x" * (50 << 20) + "\n")
    sys.stdout.flush()
    return True
