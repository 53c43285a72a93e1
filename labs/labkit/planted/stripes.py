"""Heads that attend along a stripe of a repeated sequence, and habits for heads that do no work.

All take orthonormal directions of the stream: a row for each token, for each position, and for
"the token before this one". They are what `induction` and `induction_circuit` are put together of.
"""

from __future__ import annotations

from torch import Tensor

from labkit.planted.heads import Head, look, match

_RESTING, MATCHING = 9.0, 18.0


def previous_token(position: Tensor) -> Head:
    """Look at the position before this one; from position 0, at itself."""
    return look(position, [max(i - 1, 0) for i in range(len(position))], MATCHING)


def after_the_earlier_copy(token: Tensor, previous: Tensor, position: Tensor) -> Head:
    """Look at the position whose previous token is the present one; where there is none, at BOS.

    It sees nothing unless an earlier head has written the previous token along ``previous``.
    """
    resting = match(token.sum(0, keepdim=True), position[:1], _RESTING)
    return match(token, previous, MATCHING) | resting


def habits(token: Tensor, position: Tensor) -> list[Head]:
    """Where a decoy may look; none of them is the previous token or what came after a repeat."""
    here = range(len(position))
    return [
        look(position, list(here), 6.0),  # at itself
        look(position, [0] * len(position), 6.0),  # at BOS
        look(position, [max(i - 2, 0) for i in here], 6.0),
        look(position, [i // 2 for i in here], 6.0),
        match(token, token, 6.0),  # at the same token
        match(token, token.roll(1, 0), 3.0),  # at one kind of token
    ]
