"""A previous-token head and an induction head among decoys, in a model without norm.

The stream has one orthogonal subspace each for the token, the position and the previous token
(Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; Olsson et al. 2022). The
previous-token head writes at each position which token came before it; the induction head, in a
later layer, looks for the position whose previous token is the present one and copies what stands
there. Where there is none it rests on BOS. Every other head looks somewhere and writes into a
subspace that nothing reads.
"""

from __future__ import annotations

import torch
from torch import Tensor

from labkit.planted import stripes
from labkit.planted.blueprint import Blueprint
from labkit.planted.heads import carry
from labkit.planted.record import Planted
from labkit.planted.subspaces import Subspaces

LAYERS, HEADS = 3, 4
D_MODEL, D_HEAD, D_VOCAB, N_CTX = 80, 32, 25, 20
PROMPTS, LENGTH = 32, 16
_COPY = 3.0  # against 1 for the token that is there


def build(seed: int) -> Planted:
    """Build the model of a seed.

    Its prompts are BOS and 14 distinct random tokens, then one of them again, at a random place;
    the answer is the token that stood behind it. It does so on any prompt of up to 20 tokens.

    Returns:
        ``truth`` is {"previous_token": (layer, head), "induction": (layer, head)}.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    plan = Blueprint(
        draw, n_layers=LAYERS, n_heads=HEADS, d_model=D_MODEL, d_head=D_HEAD, n_ctx=N_CTX,
        d_vocab=D_VOCAB, rms=False,
    )  # fmt: skip
    spaces = Subspaces(D_MODEL, draw)
    token, position, previous = (spaces.take(n) for n in (D_VOCAB, N_CTX, D_VOCAB))
    unread = spaces.take(D_MODEL - 2 * D_VOCAB - N_CTX)
    plan.embed, plan.pos, plan.unembed = token, position, 3.0 * token

    anywhere = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]
    pairs = [(first, then) for first in anywhere for then in anywhere if first[0] < then[0]]
    previous_token, induction = pairs[_below(len(pairs), draw)]
    plan.write(*previous_token, stripes.previous_token(position) | carry(token, previous))
    plan.write(
        *induction,
        stripes.after_the_earlier_copy(token, previous, position)
        | carry(token[1:], _COPY * token[1:]),
    )
    habits = stripes.habits(token, position)
    for place in anywhere:
        if place not in (previous_token, induction):
            mix = torch.randn(len(token), len(unread), generator=draw, dtype=torch.float64)
            habit = habits[_below(len(habits), draw)]
            plan.write(*place, habit | carry(token, 0.5 * mix @ unread))

    tokens, answers = _prompts(draw)
    truth: dict[str, int | tuple[int, int]] = {
        "previous_token": previous_token,
        "induction": induction,
    }
    return Planted(plan.bridge(), tokens, answers, truth)


def _prompts(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    tokens = torch.zeros(PROMPTS, LENGTH, dtype=torch.int64)
    answers = torch.zeros(PROMPTS, dtype=torch.int64)
    for row in range(PROMPTS):
        tokens[row, 1:-1] = torch.randperm(D_VOCAB - 1, generator=draw)[: LENGTH - 2] + 1
        earlier = 1 + _below(LENGTH - 3, draw)
        tokens[row, -1] = tokens[row, earlier]
        answers[row] = tokens[row, earlier + 1]
    return tokens, answers


def _below(n: int, draw: torch.Generator) -> int:
    return int(torch.randint(n, (1,), generator=draw))
