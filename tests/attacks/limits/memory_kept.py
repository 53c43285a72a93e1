"""Keeps half a gigabyte more with every call, up to four."""

LIMIT = "memory"

_kept = []


def token_rank(logits, answer):
    while len(_kept) < 8:
        _kept.append(bytes(512 << 20))
