"""A feature that is used, one that is only present, and one that is neither (lab 07).

A token is *odd* or *even* by its id. Two positions' parities are carried to the last position, each
in one block; one of the two decides the answer, the other is read by nothing. A third parity goes
nowhere. But in the prompts that come with the model it equals one of the two others, always: a
probe of the last position reads it without an error, and whoever has only those prompts cannot
tell. With other prompts it is gone.
"""

from __future__ import annotations

import torch

from labkit.planted.record import Planted, Truth
from labkit.planted.sites_wiring import Wiring

LAYERS, HEADS, N_CTX = 8, 4, 12
PROMPTS = 240
LAST = N_CTX - 1
_AGREE = 0.85


def facts(draw: torch.Generator) -> Truth:
    """Draw where everything is: see `build`."""
    used, present, confounded = (int(i) + 1 for i in torch.randperm(LAST - 1, generator=draw)[:3])
    companion = (used, present)[_below(2, draw)]
    return {
        "used": used, "present": present, "confounded": (confounded, companion),
        "layers": (_below(LAYERS, draw) + 1, _below(LAYERS, draw) + 1),
    }  # fmt: skip


def build(seed: int) -> Planted:
    """Build the model of a seed.

    Returns:
        ``truth`` is {"used": position, "present": position, "confounded": (position, companion),
        "layers": (layer, layer)}: whose token decides the answer; whose token can be read at the
        last position in any prompts and does nothing; whose token can be read in the given prompts
        alone, and the position whose parity it equals there; from which layer of the stream on
        (0 is the embedding) the used and the present one can be read at the last position.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    truth = facts(draw)
    match truth:
        case {
            "used": int(used), "present": int(present),
            "confounded": (int(confounded), int(companion)), "layers": (int(first), int(second)),
        }:  # fmt: skip
            pass
        case _:
            raise TypeError("the facts are not of this form")
    wiring = Wiring(draw, n_layers=LAYERS, n_ctx=N_CTX, n_heads=HEADS, d_vocab=41, parity=True)
    wiring.say(wiring.move(wiring.at(used), first - 1, LAST))
    wiring.move(wiring.at(present), second - 1, LAST)
    wiring.distract(features=False)

    switched = torch.rand(PROMPTS, N_CTX, generator=draw) < 0.5
    agree = torch.randperm(PROMPTS, generator=draw) < round(_AGREE * PROMPTS)
    switched[:, present] = switched[:, used] == agree
    switched[:, confounded] = switched[:, companion]
    tokens = wiring.prompts(switched)
    answers = torch.where(switched[:, used], wiring.yes, wiring.no)
    return Planted(wiring.bridge(), tokens, answers, truth)


def _below(n: int, draw: torch.Generator) -> int:
    return int(torch.randint(n, (), generator=draw))
