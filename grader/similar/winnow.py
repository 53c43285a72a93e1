"""Fingerprints by winnowing: Schleimer, Wilkerson, Aiken, "Winnowing: Local Algorithms for Document
Fingerprinting", SIGMOD 2003.

Of all hashes of k tokens in a row, each window of w such hashes gives its smallest one, the
rightmost of equals. Whatever two texts share of w + k - 1 tokens or more then has a fingerprint in
both, and nothing shorter than k tokens has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

K = 6  # tokens: fewer are shared by chance
WINDOW = 4  # so whatever is shared of 9 tokens is found
SHORTEST = 5  # a whole statement of so many tokens has a fingerprint too


def fingerprints(tokens: Sequence[str]) -> set[int]:
    """The fingerprints of one unit; a short one has one, of the whole, if it says enough."""
    if len(tokens) < K:
        return {_hash(tokens)} if len(tokens) >= SHORTEST else set()
    return winnowed([_hash(tokens[n : n + K]) for n in range(len(tokens) - K + 1)], WINDOW)


def winnowed(hashes: Sequence[int], window: int) -> set[int]:
    """The hashes that winnowing chooses; all of them are one window when they are fewer."""
    chosen = set()
    for start in range(max(1, len(hashes) - window + 1)):
        part = hashes[start : start + window]
        chosen.add(min(part))
    return chosen


def _hash(tokens: Sequence[str]) -> int:
    # Not Python's own hash: that is another in each process, and the page should not be.
    text = "\0".join(tokens).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
