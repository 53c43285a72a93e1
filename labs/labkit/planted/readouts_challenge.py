"""A feature that is used, one that is only there, one that is wiped out (the challenge of lab 04).

A token is *odd* or *even* by its id. Which it is at three positions can be read, linearly and
without an error, from the stream at the last position. One of the three decides the answer; it is
carried there twice, by heads of two blocks, along two directions, and only one of the copies is
read. Another agrees with it in most prompts, stays to the end, and is read by nothing. A third is
written by one block and taken off again by a later one.
"""

from __future__ import annotations

import torch

from labkit.planted.heads import carry, look
from labkit.planted.record import Planted, Truth
from labkit.planted.sites_wiring import Wiring

LAYERS, HEADS, N_CTX = 8, 4, 12
PROMPTS = 240
LAST = N_CTX - 1
_AGREE = 0.85
_GAZE = 30.0  # a score: e^-30 is nothing beside the rounding of float32


def build(seed: int) -> Planted:
    """Build the model of a seed.

    Returns:
        ``truth`` is {"used": position, "written": block, "idle": position, "erased": (position,
        block)}: the position whose token decides the answer and the block that writes the copy
        that is read; the position whose token can be read at the end and does nothing; the
        position whose token can be read for a while, and the block that takes it off.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    wiring = Wiring(draw, n_layers=LAYERS, n_ctx=N_CTX, n_heads=HEADS, d_vocab=41, parity=True)
    used, idle, erased = (int(i) + 1 for i in torch.randperm(LAST - 1, generator=draw)[:3])
    # The two copies in different blocks, either one first; the eraser behind its writer.
    written, copied = (int(i) for i in torch.randperm(LAYERS, generator=draw)[:2])
    wrote, wiped = sorted(int(i) for i in torch.randperm(LAYERS, generator=draw)[:2])

    wiring.say(wiring.move(wiring.at(used), written, LAST))
    wiring.move(wiring.at(used), copied, LAST)
    wiring.move(wiring.at(idle), wiring.below(LAYERS), LAST)
    passing = wiring.move(wiring.at(erased), wrote, LAST)
    gaze = look(wiring.position, {LAST: erased}, _GAZE)
    odd = wiring.at(erased).direction
    wiring.write(wiped, None, gaze | carry(odd[None], -passing.direction[None]))
    wiring.distract(features=False)

    switched = torch.rand(PROMPTS, N_CTX, generator=draw) < 0.5
    agree = torch.randperm(PROMPTS, generator=draw) < round(_AGREE * PROMPTS)
    switched[:, idle] = switched[:, used] == agree
    tokens = wiring.prompts(switched)
    answers = torch.where(switched[:, used], wiring.yes, wiring.no)
    truth: Truth = {
        "used": used, "written": written, "idle": idle, "erased": (erased, wiped),
    }  # fmt: skip
    return Planted(wiring.bridge(), tokens, answers, truth)
