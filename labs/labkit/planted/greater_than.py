"""Which digits are larger? A circuit of three heads and five edges, every one known (lab 03).

After Hanna, Liu and Variengien 2023, "How does GPT-2 compute greater-than?": the prompt holds a
digit, the model favours all larger ones. A *spotter* copies the digit one position on; two *movers*
in later layers look there from the last position, one lifts the larger digits, the other pushes
down the rest. The change of the digit reaches the logits along five edges and no other:

    input -> spotter -> mover up   -> output
                     -> mover down -> output

The other heads read the digit too, or the spotter's note, and write where nothing reads; one, the
*voice*, writes the same logits whatever the prompt.
"""

from __future__ import annotations

import torch
from torch import Tensor

from labkit.planted.blueprint import Blueprint
from labkit.planted.contrast import Contrast
from labkit.planted.heads import Head, always, carry, look
from labkit.planted.subspaces import Subspaces

LAYERS, HEADS = 3, 3
DIGITS, FILLERS, N_CTX = 10, 5, 6
D_VOCAB = 1 + DIGITS + FILLERS
D_UNREAD = 8
D_MODEL, D_HEAD = D_VOCAB + N_CTX + DIGITS + D_UNREAD, 16
PROMPTS = 12
FIRST_DIGIT = 1  # the token of digit 0; token 0 is BOS
_SURE = 20.0


def build(seed: int) -> Contrast:
    """Build the model of a seed.

    Clean prompts hold a digit from 3 to 8, the corrupted ones the digit 1 in its place. ``correct``
    is larger than the clean digit, ``wrong`` is not, and both are larger than 1.

    Returns:
        ``truth`` is {"spotter": (layer, head), "up": ..., "down": ..., "voice": ...}; ``edges``
        holds the five.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    plan = Blueprint(
        draw, n_layers=LAYERS, n_heads=HEADS, d_model=D_MODEL, d_head=D_HEAD, n_ctx=N_CTX,
        d_vocab=D_VOCAB, rms=False,
    )  # fmt: skip
    spaces = Subspaces(D_MODEL, draw)
    token, position, seen = (spaces.take(n) for n in (D_VOCAB, N_CTX, DIGITS))
    unread = spaces.take(D_UNREAD)
    plan.embed, plan.pos, plan.unembed = token, position, token
    digits = token[FIRST_DIGIT : FIRST_DIGIT + DIGITS]

    at = 1 + _below(2, draw)  # where the digit stands; there are places after it
    places = _places(draw)
    spotter, up, down, voice = places[:4]
    before = [max(i - 1, 0) for i in range(N_CTX)]
    from_last = look(position, {N_CTX - 1: at + 1}, _SURE)
    larger = torch.ones(DIGITS, DIGITS, dtype=torch.float64).triu(1)  # [digit, every larger one]
    plan.write(*spotter, look(position, before, _SURE) | carry(digits, seen))
    lift, push = (1.2 + torch.rand(2, generator=draw, dtype=torch.float64)).tolist()
    plan.write(*up, from_last | carry(seen, lift * larger @ digits))
    plan.write(*down, from_last | carry(seen, -push * (1 - larger) @ digits))
    said = 1.5 * torch.randn(D_VOCAB, generator=draw, dtype=torch.float64)
    said[FIRST_DIGIT : FIRST_DIGIT + DIGITS] *= 0.2  # it may not overrule the digits' order
    plan.write(*voice, always(said @ token))
    for place in places[4:]:
        plan.write(*place, _decoy(draw, position, torch.cat([digits, seen[:6]]), unread, at))

    tokens, corrupted, correct, wrong = _prompts(draw, at)
    number = {place: 1 + place[0] * HEADS + place[1] for place in places}
    s, u, d, out = number[spotter], number[up], number[down], 1 + LAYERS * HEADS
    edges = frozenset({(0, s), (s, u), (s, d), (u, out), (d, out)})
    truth: dict[str, int | tuple[int, int]] = {
        "spotter": spotter, "up": up, "down": down, "voice": voice,
    }  # fmt: skip
    return Contrast(plan.bridge(), tokens, corrupted, correct, wrong, truth, edges)


def _places(draw: torch.Generator) -> list[tuple[int, int]]:
    """Draw places for spotter, up, down and voice, then all others: both movers after spotter."""
    everywhere = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]
    while True:
        order = [everywhere[i] for i in torch.randperm(len(everywhere), generator=draw).tolist()]
        if order[0][0] < min(order[1][0], order[2][0]):
            return order


def _decoy(draw: torch.Generator, position: Tensor, read: Tensor, unread: Tensor, at: int) -> Head:
    """A head that looks at the digit, or behind it, and writes what it sees where nobody reads."""
    target = {i: at + _below(2, draw) for i in range(at + 1, N_CTX)}
    mix = torch.randn(len(read), len(unread), generator=draw, dtype=torch.float64)
    return look(position, target, _SURE) | carry(read, mix @ unread)


def _prompts(draw: torch.Generator, at: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    fillers = torch.randint(FILLERS, (PROMPTS, N_CTX), generator=draw) + FIRST_DIGIT + DIGITS
    clean = fillers.clone()
    clean[:, 0] = 0
    corrupted = clean.clone()
    digit = 3 + torch.arange(PROMPTS) % 6
    clean[:, at] = FIRST_DIGIT + digit
    corrupted[:, at] = FIRST_DIGIT + 1
    share = torch.rand(2, PROMPTS, generator=draw)
    correct = digit + 1 + (share[0] * (9 - digit)).long()  # one of digit + 1 ... 9
    wrong = 2 + (share[1] * (digit - 1)).long()  # one of 2 ... digit
    return clean, corrupted, FIRST_DIGIT + correct, FIRST_DIGIT + wrong


def _below(n: int, draw: torch.Generator) -> int:
    return int(torch.randint(n, (1,), generator=draw))
