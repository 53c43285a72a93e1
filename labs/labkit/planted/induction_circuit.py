"""An induction circuit in 2 to 4 layers, with a double for each of its heads (lab 03's challenge).

The circuit is the one of `induction`: a previous-token head writes which token came before, and a
later induction head looks for the present token there and copies what stands beside it. Two more
heads look exactly alike and are something else:

- the *idle* head attends to the previous token as well, and writes where nothing reads;
- the *opposing* head attends where the induction head does, through the same previous-token head,
  and writes the negative of the token: it lowers the answer.

So an attention pattern alone names two candidates for each part; what a head writes, who reads it,
and what the model does without it tell them apart. Every other head looks somewhere and writes into
a subspace that nothing reads.
"""

from __future__ import annotations

import torch
from torch import Tensor

from labkit.planted import stripes
from labkit.planted.blueprint import Blueprint
from labkit.planted.heads import carry
from labkit.planted.record import Planted, Truth
from labkit.planted.subspaces import Subspaces

LAYERS, HEADS = (2, 3, 4), 8
D_MODEL, D_HEAD, D_VOCAB, N_CTX = 108, 26, 24, 24
PROMPTS, HALF = 24, 10
_COPY, _OPPOSE = 4.0, -1.0  # against 1 for the token that is there

Place = tuple[int, int]


def build(seed: int) -> Planted:
    """Build the model of a seed.

    Its prompts are BOS and 10 distinct random tokens, then the first few of them again; the answer
    is the token that comes next in the repetition. It does so on any prompt of up to 24 tokens.

    Returns:
        ``truth`` is {"previous_token", "induction", "idle", "opposing": (layer, head)}.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    n_layers = LAYERS[_below(len(LAYERS), draw)]
    plan = Blueprint(
        draw, n_layers=n_layers, n_heads=HEADS, d_model=D_MODEL, d_head=D_HEAD, n_ctx=N_CTX,
        d_vocab=D_VOCAB, rms=False,
    )  # fmt: skip
    spaces = Subspaces(D_MODEL, draw)
    token, position, previous = (spaces.take(n) for n in (D_VOCAB, N_CTX, D_VOCAB))
    # Apart from the tokens that are there: or a later head would look for what is to come next.
    said = spaces.take(D_VOCAB)
    unread = spaces.take(D_MODEL - 3 * D_VOCAB - N_CTX)
    plan.embed, plan.pos, plan.unembed = token, position, 3.0 * (token + said)

    place = _places(n_layers, draw)
    back = stripes.previous_token(position)
    after = stripes.after_the_earlier_copy(token, previous, position)
    plan.write(*place["previous_token"], back | carry(token, previous))
    plan.write(*place["idle"], back | carry(token, _noise(unread, draw)))
    plan.write(*place["induction"], after | carry(token[1:], _COPY * said[1:]))
    plan.write(*place["opposing"], after | carry(token[1:], _OPPOSE * said[1:]))
    habits = stripes.habits(token, position)
    for free in ((layer, head) for layer in range(n_layers) for head in range(HEADS)):
        if free not in place.values():
            habit = habits[_below(len(habits), draw)]
            plan.write(*free, habit | carry(token, _noise(unread, draw)))

    tokens, answers = _prompts(draw)
    truth: Truth = {name: place[name] for name in place}
    return Planted(plan.bridge(), tokens, answers, truth)


def _places(n_layers: int, draw: torch.Generator) -> dict[str, Place]:
    """Draw four different places; the two heads that read the previous token lie behind it."""
    anywhere = [(layer, head) for layer in range(n_layers) for head in range(HEADS)]
    triples = [
        (first, then, other)
        for first in anywhere
        for then in anywhere
        for other in anywhere
        if first[0] < min(then[0], other[0]) and then != other
    ]
    previous, induction, opposing = triples[_below(len(triples), draw)]
    free = [p for p in anywhere if p not in (previous, induction, opposing)]
    idle = free[_below(len(free), draw)]
    return {
        "previous_token": previous, "induction": induction, "idle": idle, "opposing": opposing,
    }  # fmt: skip


def _noise(unread: Tensor, draw: torch.Generator) -> Tensor:
    """Draw something for each token to write where nothing reads."""
    mix = torch.randn(D_VOCAB, len(unread), generator=draw, dtype=torch.float64)
    return 0.5 * mix @ unread


def _prompts(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    again = 4 + _below(HALF - 5, draw)
    halves = torch.stack(
        [torch.randperm(D_VOCAB - 1, generator=draw)[:HALF] + 1 for _ in range(PROMPTS)]
    )
    bos = torch.zeros(PROMPTS, 1, dtype=torch.int64)
    return torch.cat([bos, halves, halves[:, :again]], 1), halves[:, again].contiguous()


def _below(n: int, draw: torch.Generator) -> int:
    return int(torch.randint(n, (1,), generator=draw))
