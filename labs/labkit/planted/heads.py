"""One attention head, said in directions of the stream: where it looks, what it moves.

A head is a sum of matching pairs (a query that reads direction a finds a key that reads direction
b) and of carried pairs (what lies along c at the source is written along d at the destination).
Heads are added with ``|``: look at the previous token | copy the token seen there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

NOTHING = torch.empty(0, dtype=torch.float64)
"""No rows: torch.cat takes it beside rows of any length."""


@dataclass(frozen=True)
class Head:
    """``queries[i]`` matches ``keys[i]``; what lies along ``reads[i]`` goes to ``writes[i]``.

    All are in terms of the stream behind the norm, its scale gamma taken out. The score of a query
    position and a key position is the sum over i of the two readings' product.

    Attributes:
        queries, keys: [rank, d_model].
        reads, writes: [rank, d_model].
        constant: [d_model], written everywhere, whatever the head looks at.
    """

    queries: Float[Tensor, "rank d_model"] = NOTHING
    keys: Float[Tensor, "rank d_model"] = NOTHING
    reads: Float[Tensor, "rank d_model"] = NOTHING
    writes: Float[Tensor, "rank d_model"] = NOTHING
    constant: Tensor | None = None

    def __or__(self, other: Head) -> Head:
        """Put two descriptions of one head together."""
        constants = [c for c in (self.constant, other.constant) if c is not None]
        return Head(
            torch.cat([self.queries, other.queries]),
            torch.cat([self.keys, other.keys]),
            torch.cat([self.reads, other.reads]),
            torch.cat([self.writes, other.writes]),
            torch.stack(constants).sum(0) if constants else None,
        )


def match(
    queries: Float[Tensor, "rank d_model"], keys: Float[Tensor, "rank d_model"], score: float
) -> Head:
    """Look from what lies along ``queries[i]`` to what lies along ``keys[i]``.

    Args:
        queries: [rank, d_model], unit rows.
        keys: [rank, d_model], unit rows.
        score: what is added before the softmax where both are 1.
    """
    return Head(queries=queries * score, keys=keys)


def look(
    positions: Float[Tensor, "rank d_model"],
    targets: Mapping[int, int] | Sequence[int],
    score: float,
) -> Head:
    """Look from each position to the one that ``targets`` gives for it, else to position 0.

    Args:
        positions: [n_ctx, d_model], the direction of each position.
        targets: from a position to one that is not after it.
        score: the target's advantage before the softmax, where positions are read as 1.
    """
    chosen = targets if isinstance(targets, Mapping) else dict(enumerate(targets))
    keys = positions[[chosen.get(i, 0) for i in range(len(positions))]]
    return match(positions, keys, score)


def carry(reads: Float[Tensor, "rank d_model"], writes: Float[Tensor, "rank d_model"]) -> Head:
    """Write along ``writes[i]`` what lies along ``reads[i]`` where the head looks."""
    return Head(reads=reads, writes=writes)


def always(constant: Tensor) -> Head:
    """Write the same vector, [d_model], at every position: through the value bias."""
    return Head(constant=constant)
