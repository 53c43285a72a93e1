"""Prints a million lines to standard output and standard error."""

import sys

LIMIT = "output"


def token_rank(logits, answer):
    for number in range(1_000_000):
        print("line", number, "of very many, each with some words in it", file=sys.stderr)
    return True
