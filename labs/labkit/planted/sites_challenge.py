"""Two paths, one of them over a relay, that meet in a gate (the challenge of lab 02).

Whether one path is enough ("or") or both are needed ("and") decides which patches show anything:
a sweep in one direction only can come out empty where the circuit is. A weak by-path adds a
sixth of the effect, two heads carry a source to the end where nothing reads it, and all other heads
and neurons are busy with what nothing reads.
"""

from __future__ import annotations

import torch

from labkit.planted.record import Planted, Truth
from labkit.planted.sites_wiring import Wiring

LAYERS, HEADS, N_CTX = 8, 4, 12
PAIRS = 8
LAST = N_CTX - 1
_WEAK = 0.2  # of the main effect: a sixth of the whole


def build(seed: int) -> Planted:
    """Build the model of a seed.

    Its prompts come in pairs: the first half of ``tokens`` are clean, the second half, row by row,
    their corrupted counterparts. The model gives all clean prompts one answer and all corrupted
    ones another.

    Returns:
        ``truth`` is {"gate": "and" or "or", "direct": position, "relayed": position, "relay":
        position, "handover": (layer, head)}. The head of "handover" looks from the last position
        at the relay.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    wiring = Wiring(draw, n_layers=LAYERS, n_ctx=N_CTX, n_heads=HEADS, d_vocab=41)
    gate = ("and", "or")[wiring.below(2)]
    # Any four positions between BOS and the last, but the relay stands behind what it relays.
    direct, weak, *pair = (int(i) + 1 for i in torch.randperm(LAST - 1, generator=draw)[:4])
    relayed, relay = sorted(pair)
    # Four blocks for the strong and the weak movers; the relay's two in order.
    blocks = [int(i) for i in torch.randperm(LAYERS, generator=draw)[:4]]
    fetch, handover = sorted(blocks[:2])
    straight, aside = blocks[2:]

    at_relay = wiring.move(wiring.at(relayed), fetch, relay)
    arrived = [
        wiring.move(at_relay, handover, LAST),
        wiring.move(wiring.at(direct), straight, LAST),
    ]
    wiring.say(wiring.join(gate, arrived, max(handover, straight)))
    wiring.say(wiring.move(wiring.at(weak), aside, LAST), share=_WEAK)
    for source in (relayed, direct):  # dead ends: seen by attention, read by nothing
        wiring.move(wiring.at(source), wiring.below(LAYERS), LAST)
    truth: Truth = {
        "gate": gate,
        "direct": direct,
        "relayed": relayed,
        "relay": relay,
        "handover": (handover, wiring.heads[relay, handover]),
    }
    wiring.distract()

    clean = torch.rand(PAIRS, N_CTX, generator=draw) < 0.5
    corrupted = torch.rand(PAIRS, N_CTX, generator=draw) < 0.5
    sources = [direct, relayed, weak]
    clean[:, sources], corrupted[:, sources] = True, False
    tokens = wiring.prompts(torch.cat([clean, corrupted]))
    answers = torch.tensor([wiring.yes, wiring.no]).repeat_interleave(PAIRS)
    return Planted(wiring.bridge(), tokens, answers, truth)
