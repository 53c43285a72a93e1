"""A head that does the work, and one that steps in when the first is taken away (lab 03).

At the last position the *primary* looks at the cue and writes the answer. The *backup*, in a later
layer, would look at the cue and write the answer too; but an answer that is there already, and
belongs to the cue, keeps its gaze away, and it rests on BOS. So ablating the primary changes
little, and ablating the backup nothing at all: what McGrath et al. 2023 ("The Hydra Effect") and
Rushing and Nanda 2024 found in trained models, and what Wang et al. 2022 named backup name movers.
"""

from __future__ import annotations

import torch

from labkit.planted.blueprint import Blueprint
from labkit.planted.contrast import Contrast
from labkit.planted.heads import carry, look, match
from labkit.planted.subspaces import Subspaces

LAYERS, HEADS = 3, 3
KINDS, FILLERS, N_CTX = 6, 5, 6  # KINDS of cues, and as many answers
D_VOCAB = 1 + 2 * KINDS + FILLERS
D_UNREAD = 8
D_MODEL, D_HEAD = D_VOCAB + N_CTX + D_UNREAD, 16
PROMPTS = 12
_SURE, _ANSWER = 18.0, 3.0


def build(seed: int, strength: float = 1.0) -> Contrast:
    """Build the model of a seed.

    Prompts hold one of six cues at a fixed place; in the corrupted ones it is another.

    Args:
        seed: any integer.
        strength: how much of the answer the backup writes when it steps in, against the primary.

    Returns:
        ``truth`` is {"primary": (layer, head), "backup": (layer, head), "cue": position}; there is
        no one list of edges: without the primary it is another.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    plan = Blueprint(
        draw, n_layers=LAYERS, n_heads=HEADS, d_model=D_MODEL, d_head=D_HEAD, n_ctx=N_CTX,
        d_vocab=D_VOCAB, rms=False,
    )  # fmt: skip
    spaces = Subspaces(D_MODEL, draw)
    token, position, unread = (spaces.take(n) for n in (D_VOCAB, N_CTX, D_UNREAD))
    plan.embed, plan.pos, plan.unembed = token, position, token
    kinds = torch.randperm(KINDS, generator=draw)
    cues, answers = token[1 : 1 + KINDS], token[1 + KINDS + kinds]

    at, last = 1 + _below(N_CTX - 2, draw), N_CTX - 1
    everywhere = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]
    pairs = [(first, then) for first in everywhere for then in everywhere if first[0] < then[0]]
    primary, backup = pairs[_below(len(pairs), draw)]
    plan.write(*primary, look(position, {last: at}, _SURE) | carry(cues, _ANSWER * answers))
    # Toward the cue unless its own answer is written: a full answer outweighs the gaze twice over.
    inhibited = match(-answers, cues, 2 * _SURE / _ANSWER)
    gaze = look(position, {last: at}, _SURE) | inhibited
    plan.write(*backup, gaze | carry(cues, strength * _ANSWER * answers))
    for place in everywhere:
        if place not in (primary, backup):
            mix = torch.randn(KINDS, D_UNREAD, generator=draw, dtype=torch.float64)
            target = {i: at - _below(2, draw) for i in range(at, N_CTX)}
            plan.write(*place, look(position, target, _SURE) | carry(cues, mix @ unread))

    clean = torch.randint(FILLERS, (PROMPTS, N_CTX), generator=draw) + 1 + 2 * KINDS
    clean[:, 0] = 0
    corrupted = clean.clone()
    cue = torch.arange(PROMPTS) % KINDS
    other = (cue + 1 + torch.randint(KINDS - 1, (PROMPTS,), generator=draw)) % KINDS
    clean[:, at], corrupted[:, at] = 1 + cue, 1 + other
    truth: dict[str, int | tuple[int, int]] = {"primary": primary, "backup": backup, "cue": at}
    said = 1 + KINDS + kinds
    return Contrast(plan.bridge(), clean, corrupted, said[cue], said[other], truth)


def _below(n: int, draw: torch.Generator) -> int:
    return int(torch.randint(n, (1,), generator=draw))
