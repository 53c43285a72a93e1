"""Small models in which a single site matters, or two, in a known way (lab 02).

Each comes with a pair of prompts: on the clean one the model says ``yes``, on the corrupted one
``no``, and for each place of the residual stream it is known what a patch there does.

    single      one path: the token at a position, a head, the last position
    two         two paths that meet in a gate at the last position, "and" or "or"
    saturated   one path through a step whose slope is 0 at both ends: gradients see nothing
    sequence    an early MLP at the subject looks something up, a late head fetches it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from labkit.planted.sites_wiring import Feature, Wiring

Place = tuple[int, int]
"""(layer, position), or (layer, head)."""


@dataclass(frozen=True, eq=False)
class Sites:
    """A planted model, a pair of prompts, and what a patch does where.

    Attributes:
        clean, corrupted: two prompts of one length; position 0 is BOS.
        yes, no: what the model says to the clean prompt, and to the corrupted one.
        paths: where each thing that the gate joins is, before the gate: [layer, pos], for the
            streams before the blocks.
        joint: where the answer itself is. It follows the paths; without a gate it is their end.
        movers: (layer, head) of the heads on the paths, path by path.
        gate: (layer, pos) of the MLP that computes the gate; None without one.
    """

    model: TransformerBridge = field(repr=False)
    clean: Int[Tensor, " pos"]
    corrupted: Int[Tensor, " pos"]
    yes: int
    no: int
    paths: tuple[Bool[Tensor, "layer pos"], ...] = field(repr=False)
    joint: Bool[Tensor, "layer pos"] = field(repr=False)
    movers: tuple[Place, ...]
    gate: Place | None


def single(seed: int, dtype: torch.dtype = torch.float32) -> Sites:
    """Plant one path: a token's feature goes to the last position, and is said there."""
    wiring, at = _start(seed)
    layer = 1 + wiring.below(wiring.n_layers - 1)
    feature = wiring.move(wiring.at(at), layer, wiring.n_ctx - 1)
    return _finish(wiring, feature, [[at, layer]], None, dtype)


def two(gate: str, seed: int, dtype: torch.dtype = torch.float32) -> Sites:
    """Plant two paths that arrive in two blocks and meet in an "and" or an "or"."""
    wiring, first = _start(seed)
    others = [pos for pos in range(2, wiring.n_ctx - 1) if pos != first]
    second = others[wiring.below(len(others))]
    late = 1 + wiring.below(wiring.n_layers - 2)
    early = wiring.below(late)
    last = wiring.n_ctx - 1
    arrived = [
        wiring.move(wiring.at(first), early, last),
        wiring.move(wiring.at(second), late, last),
    ]
    said = wiring.join(gate, arrived, late)
    return _finish(wiring, said, [[first, early], [second, late]], (late, last), dtype)


def saturated(seed: int, dtype: torch.dtype = torch.float32) -> Sites:
    """Plant one path with a step in it: a patch flips the answer, a gradient before it is 0."""
    wiring, at = _start(seed)
    layer = 1 + wiring.below(wiring.n_layers - 2)
    moved = wiring.move(wiring.at(at), layer - 1, wiring.n_ctx - 1)
    said = wiring.join("step", [moved], layer)
    return _finish(wiring, said, [[at, layer - 1]], (layer, wiring.n_ctx - 1), dtype)


def sequence(seed: int, dtype: torch.dtype = torch.float32) -> Sites:
    """Plant two sites one behind the other: an early MLP at the subject, a late head at the end.

    The MLP writes at the subject's position what the token stands for; the head carries that, and
    not the token, to the last position.
    """
    wiring, subject = _start(seed, layers=5)
    early, late = wiring.below(2), wiring.n_layers - 1 - wiring.below(2)
    known = wiring.join("step", [wiring.at(subject)], early)
    moved = wiring.move(known, late, wiring.n_ctx - 1)
    return _finish(wiring, moved, [[subject, late]], (early, subject), dtype)


def _start(seed: int, layers: int = 4) -> tuple[Wiring, int]:
    """Open a model with room for what follows; draw the position of its first source."""
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    wiring = Wiring(draw, n_layers=layers, n_ctx=7)
    # Position 1 is the same in both prompts, the last is where the answer is read.
    return wiring, 2 + wiring.below(wiring.n_ctx - 3)


def _finish(
    wiring: Wiring, said: Feature, ways: Sequence[Sequence[int]], gate: Place | None,
    dtype: torch.dtype,
) -> Sites:  # fmt: skip
    """Let the model say a feature, fill it with distractions, and work out its maps.

    Args:
        ways: for each path its source position and the block of its head to the last position.
        gate: block and position.
    """
    movers = tuple((layer, wiring.heads[source, layer]) for source, layer in ways)
    wiring.say(said)
    wiring.distract()
    last = wiring.n_ctx - 1
    switched = torch.zeros(2, wiring.n_ctx, dtype=torch.bool)
    for source, _ in ways:
        switched[0, source] = True
    # One position that matters to nothing differs too, where there is one.
    idle = [pos for pos in range(2, last) if not switched[0, pos]]
    switched[wiring.below(2), idle[wiring.below(len(idle))]] = True
    clean, corrupted = wiring.prompts(switched)
    corrupted = torch.where(switched[0] == switched[1], clean, corrupted)

    layers, positions = torch.arange(wiring.n_layers)[:, None], torch.arange(wiring.n_ctx)
    joint = (layers >= said.since) & (positions == last)
    paths = tuple(
        ((layers <= layer) & (positions == source))
        | ((layers > layer) & (layers < said.since) & (positions == last))
        for source, layer in ways
    )
    return Sites(
        wiring.bridge(dtype), clean, corrupted, wiring.yes, wiring.no, paths, joint, movers, gate
    )
