"""A model put together wire by wire: features of tokens, heads that move them, gates that join.

A *feature* is a number at one position, 0 or 1, along a direction of its own. It starts as a
property of the token that stands there (is it an "on" token?), a head moves it to a later
position, and a gate (a few ReLU neurons) computes AND, OR or a step of features that have come to
the same position. Nothing is normalised, so all of this is exact.

    wiring = Wiring(draw, n_layers=4, n_ctx=8)
    seen = wiring.move(wiring.at(3), layer=1, to=7)      # what is at 3 goes to 7, in block 1
    both = wiring.join("and", [seen, other], layer=2)    # both at 7
    wiring.say(both)                                     # where it is 1, the model says yes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from labkit import native
from labkit.planted.blueprint import Blueprint
from labkit.planted.heads import Head, carry, look
from labkit.planted.subspaces import Subspaces

SURE = 6.0
"""Logit of the yes token minus that of the no token where the answer's feature is 1; else minus."""

GATES = ("and", "or", "step")

_GAZE = 30.0  # a score: e^-30 is nothing beside the rounding of float32
_NEURONS = 8
_CONTENT, _UNREAD = 6, 8


@dataclass(frozen=True, eq=False)
class Feature:
    """A number of 0 or 1 in the stream: at one position, from one block's output on.

    Attributes:
        pos: where it is.
        since: the first layer of the stream (index of ``resid_pre``) that holds it.
        direction: [d_model], a unit vector.
    """

    pos: int
    since: int
    direction: Float[Tensor, " d_model"]


class Wiring:
    """A model in the making, and its prompts: BOS, then tokens that are each "on" or "off".

    Token 0 is BOS and off. ``yes`` and ``no`` are the two answers; ``on`` and ``off`` hold the ids
    of all other tokens: by lot, or with ``parity`` the odd and the even ones. ``heads`` says which
    head a `move` took, by (source position, block).
    """

    def __init__(
        self,
        draw: torch.Generator,
        *,
        n_layers: int,
        n_ctx: int,
        n_heads: int = 3,
        d_head: int = 8,
        d_vocab: int = 23,
        wires: int = 8,
        parity: bool = False,
    ) -> None:
        self.draw, self.n_layers, self.n_heads, self.n_ctx = draw, n_layers, n_heads, n_ctx
        # on and the answer, the positions, what a token is about, what nothing reads, the wires
        d_model = 2 + n_ctx + _CONTENT + _UNREAD + wires
        self.d_model = d_model
        self.plan = Blueprint(
            draw, n_layers=n_layers, n_heads=n_heads, d_model=d_model, d_head=max(d_head, n_ctx),
            n_ctx=n_ctx, d_vocab=d_vocab, rms=False,
        )  # fmt: skip
        spaces = Subspaces(d_model, draw)
        (self._on, self._answer), self.position = spaces.take(2), spaces.take(n_ctx)
        self._content, self.unread = spaces.take(_CONTENT), spaces.take(_UNREAD)
        self._wires = list(spaces.take(wires))
        self._fc_in = torch.zeros(n_layers, _NEURONS, d_model, dtype=torch.float64)
        self._fc_bias = torch.zeros(n_layers, _NEURONS, dtype=torch.float64)
        self._fc_out = torch.zeros(n_layers, _NEURONS, d_model, dtype=torch.float64)
        self._used = [0] * n_layers
        self.taken: set[tuple[int, int]] = set()
        self.heads: dict[tuple[int, int], int] = {}

        ids = torch.randperm(d_vocab - 1, generator=draw) + 1
        self.yes, self.no = (int(token) for token in ids[:2])
        self.on, self.off = ids[2:].tensor_split(2)
        if parity:
            self.on, self.off = (ids[2:][ids[2:] % 2 == rest] for rest in (1, 0))
        content = torch.randn(d_vocab, _CONTENT, generator=draw, dtype=torch.float64)
        self.plan.embed = 0.5 * content @ self._content
        self.plan.embed[self.on] += self._on
        self.plan.pos = self.position

    def at(self, pos: int) -> Feature:
        """Return the feature "the token at ``pos`` is an on token"."""
        return Feature(pos, 0, self._on)

    def move(
        self, feature: Feature, layer: int, to: int, head: int | None = None, size: float = 1.0
    ) -> Feature:
        """Let a head of block ``layer`` write a feature at a later position; BOS is its rest.

        Raises:
            ValueError: the feature is not there yet, or would go back in the prompt, or no head of
                the block is free.
        """
        if layer < feature.since or to < feature.pos:
            raise ValueError(f"no head of block {layer} can move this from {feature.pos} to {to}")
        direction = self._wires.pop()
        gaze = look(self.position, {to: feature.pos}, _GAZE)
        what = gaze | carry(feature.direction[None], size * direction[None])
        self.heads[feature.pos, layer] = self.write(layer, head, what)[1]
        return Feature(to, layer + 1, direction)

    def write(self, layer: int, head: int | None, what: Head) -> tuple[int, int]:
        """Give a head its weights, a random free one where ``head`` is None; returns its place."""
        free = [h for h in range(self.n_heads) if (layer, h) not in self.taken]
        if head is None and free:
            head = free[self.below(len(free))]
        if head not in free:
            raise ValueError(f"no free head in block {layer}")
        self.plan.write(layer, head, what)
        self.taken.add((layer, head))
        return layer, head

    def join(self, gate: str, features: Sequence[Feature], layer: int) -> Feature:
        """Compute a gate in the MLP of block ``layer`` from features at one position.

        "and" and "or" take any number of features. "step" takes one: 0 up to 1/4, 1 from 3/4 on,
        so that its gradient is 0 at both of the values that a feature has.

        Raises:
            ValueError: no such gate, or features that are not all there at one position.
        """
        places = {feature.pos for feature in features}
        if gate not in GATES or len(places) != 1 or max(f.since for f in features) > layer + 1:
            raise ValueError(f"no gate {gate!r} in block {layer} for features at {places}")
        direction = self._wires.pop()
        total = torch.stack([feature.direction for feature in features]).sum(0)
        if gate == "and":
            self._neuron(layer, total, 1.0 - len(features), direction)
        elif gate == "or":
            self._neuron(layer, total, 0.0, direction)
            self._neuron(layer, total, -1.0, -direction)
        else:
            self._neuron(layer, 2 * total, -0.5, direction)
            self._neuron(layer, 2 * total, -1.5, -direction)
        return Feature(features[0].pos, layer + 1, direction)

    def _neuron(self, layer: int, reads: Tensor, bias: float, writes: Tensor) -> None:
        number = self._used[layer]
        self._fc_in[layer, number], self._fc_bias[layer, number] = reads, bias
        self._fc_out[layer, number] = writes
        self._used[layer] += 1

    def say(self, feature: Feature, share: float = 1.0) -> None:
        """Read a feature at the last position: it adds ``share`` of the way from no to yes."""
        if feature.pos != self.n_ctx - 1:
            raise ValueError("only what is at the last position can be said")
        self.plan.unembed[self.yes] += share * SURE * feature.direction
        self.plan.unembed[self.no] -= share * SURE * feature.direction
        self.plan.b_U[self.yes] -= share * SURE / 2
        self.plan.b_U[self.no] += share * SURE / 2

    def distract(self, features: bool = True) -> None:
        """Fill all empty heads and neurons with work that nothing reads, and noise the logits.

        With ``features=False`` none of it has to do with which tokens are on.
        """
        seen = torch.cat([self._on[None], self._content]) if features else self._content
        for layer in range(self.n_layers):
            for head in range(self.n_heads):
                if (layer, head) not in self.taken:
                    targets = [self.below(i + 1) for i in range(self.n_ctx)]
                    mix = self._randn(len(seen), len(self.unread)) / 2
                    gaze = look(self.position, targets, 6.0)
                    self.write(layer, head, gaze | carry(seen, mix @ self.unread))
            while self._used[layer] < _NEURONS:
                reads = self._randn(len(seen)) @ seen + self._randn(len(self.unread)) @ self.unread
                writes = self._randn(len(self.unread)) @ self.unread / 4
                self._neuron(layer, reads, 0.3 * float(self._randn(1)), writes)
        # Other tokens: far below both answers, and not all alike.
        others = torch.cat([torch.zeros(1, dtype=torch.int64), self.on, self.off])
        self.plan.b_U[others] -= 2 * SURE + torch.rand(
            len(others), generator=self.draw, dtype=torch.float64
        )

    def prompts(self, switched: Tensor) -> Int[Tensor, "batch pos"]:
        """Draw prompts with on tokens where ``switched``, [batch, pos], is true; BOS stays off."""
        shape = switched.shape
        on = self.on[torch.randint(len(self.on), shape, generator=self.draw)]
        off = self.off[torch.randint(len(self.off), shape, generator=self.draw)]
        tokens = torch.where(switched.bool(), on, off)
        tokens[:, 0] = 0
        return tokens

    def bridge(self, dtype: torch.dtype = torch.float32) -> TransformerBridge:
        """Return the model."""
        weights = self.plan.weights()
        for layer in range(self.n_layers):
            mlp = f"layers.{layer}.mlp"
            weights[f"{mlp}.fc_in.weight"] = self._fc_in[layer]
            weights[f"{mlp}.fc_in.bias"] = self._fc_bias[layer]
            weights[f"{mlp}.fc_out.weight"] = self._fc_out[layer].mT
            weights[f"{mlp}.fc_out.bias"] = torch.zeros(self.d_model, dtype=torch.float64)
        config = {**self.plan.config(), "attn_only": False, "d_mlp": _NEURONS}
        return native.boot(config, weights, dtype)

    def below(self, n: int) -> int:
        """Draw a whole number from 0 to ``n`` - 1."""
        return int(torch.randint(n, (), generator=self.draw))

    def _randn(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.draw, dtype=torch.float64)
