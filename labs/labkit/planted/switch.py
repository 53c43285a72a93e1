"""An attention head that is as sure as can be, so that no gradient passes through it (lab 03).

The head looks from the last position at a marker and writes one token when the marker stands at
the first of two places, and another when it stands at the second. Its softmax is saturated: the
smallest change of the marker changes nothing, the whole change turns the answer round. Attribution
by the gradient at one point gives the edge input -> head almost nothing; along the path from the
one prompt to the other the gradient is there to be found.
"""

from __future__ import annotations

import torch

from labkit.planted.blueprint import Blueprint
from labkit.planted.contrast import Contrast
from labkit.planted.heads import carry, look, match
from labkit.planted.subspaces import Subspaces

HEADS, N_CTX, D_HEAD = 2, 5, 8
D_VOCAB, D_UNREAD = 9, 4  # BOS, the marker, the two answers, five fillers
D_MODEL = D_VOCAB + N_CTX + D_UNREAD
PROMPTS = 6
_MARKER, _ANSWERS, _FILLER = 1, (2, 3), 4
_SURE = 14.0


def build(seed: int) -> Contrast:
    """Build the model of a seed: one layer of two heads, one of them the switch.

    Clean prompts have the marker at position 1 or 2, the corrupted ones at the other of the two.

    Returns:
        ``truth`` is {"switch": (layer, head)}, ``edges`` the way through it.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    plan = Blueprint(
        draw, n_layers=1, n_heads=HEADS, d_model=D_MODEL, d_head=D_HEAD, n_ctx=N_CTX,
        d_vocab=D_VOCAB, rms=False,
    )  # fmt: skip
    spaces = Subspaces(D_MODEL, draw)
    token, position, unread = (spaces.take(n) for n in (D_VOCAB, N_CTX, D_UNREAD))
    plan.embed, plan.pos, plan.unembed = token, position, token
    at = int(torch.randint(HEADS, (1,), generator=draw))
    size = 1.5 + float(torch.rand((), generator=draw))
    marker = token[_MARKER : _MARKER + 1]
    says = carry(position[1:3], size * token[list(_ANSWERS)])
    plan.write(0, at, match(position[-1:], marker, _SURE) | says)
    seen = torch.randn(2, D_UNREAD, generator=draw, dtype=torch.float64)
    plan.write(0, 1 - at, look(position, {N_CTX - 1: 1}, _SURE) | carry(token[1:3], seen @ unread))

    clean = _FILLER + torch.randint(D_VOCAB - _FILLER, (PROMPTS, N_CTX), generator=draw)
    clean[:, 0] = 0
    corrupted = clean.clone()
    here = torch.arange(PROMPTS) % 2
    rows = torch.arange(PROMPTS)
    clean[rows, 1 + here] = _MARKER
    corrupted[rows, 2 - here] = _MARKER
    answers = torch.tensor(_ANSWERS)
    edges = frozenset({(0, 1 + at), (1 + at, 1 + HEADS)})
    return Contrast(
        plan.bridge(),
        clean,
        corrupted,
        answers[here],
        answers[1 - here],
        {"switch": (0, at)},
        edges,
    )
