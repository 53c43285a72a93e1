"""Computes without end where Python handles no signal: a power of powers, an exploding pattern."""

import re

LIMIT = "processor time"


def token_rank(logits, answer):
    return re.match(r"(a+)+$", "a" * 60 + "b")


def kl_to_final(lens_logits):
    return 7 ** (7**15)
