"""A dictionary with four things to find in it (the challenge of lab 05).

The model is one block whose MLP is the dictionary: a neuron is a latent, what it reads is its
encoder, what it writes its decoder row. Each prompt is BOS and one token, and a token's embedding
is one activation. Attention writes nothing. In the dictionary are

- twins: two latents for one feature, which share its samples between them; beside them stand two
  features that are only similar;
- a parent that falls silent where its child speaks for it; the child has a companion that is
  there whenever the child is, and says nothing of the parent;
- a ring: latents whose directions lie around a circle, one of them active at a time; beside it as
  many directions, or nearly so, that only span a plane in which the data are a blob;
- a lever: the one latent that, clamped high, makes the model say `WORD` whatever it reads; another
  one raises that word's logit even more, and another word's still more.

Decoder rows have all sizes: what is similar is a matter of cosines.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from labkit import native
from labkit.planted.record import Planted, Truth
from labkit.planted.subspaces import Subspaces

SAMPLES, LABELLED = 500, 48
"""Prompts, and how many of the first of them hold the parent (no other prompt does)."""
WORD = 1
"""The token that the lever makes the model say."""
D_MODEL = 22
_PLAIN, _DEAD = 5, 2
_FIRST = 2  # token of the first sample
_ALONE, _WITH_CHILD = 26, 14  # of the labelled ones; in the rest the parent is too weak to be seen
_ON_RING = 1.5


class _Dictionary:
    """Samples and latents in the making; the last axis of all is d_model, float64."""

    def __init__(self, draw: torch.Generator) -> None:
        self.draw = draw
        self.spaces = Subspaces(D_MODEL, draw)
        self.x = torch.zeros(SAMPLES, D_MODEL, dtype=torch.float64)
        self.enc: list[Tensor] = []
        self.bias: list[float] = []
        self.dec: list[Tensor] = []

    def below(self, n: int) -> int:
        return int(torch.randint(n, (), generator=self.draw))

    def uniform(self, low: float, high: float, n: int = SAMPLES) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=self.draw, dtype=torch.float64)

    def some(self, share: float) -> Tensor:
        """Mark a share of all samples."""
        return torch.rand(SAMPLES, generator=self.draw) < share

    def put(self, where: Tensor, direction: Tensor, sizes: Tensor | None = None) -> None:
        """Let a feature be there in some samples, of sizes from 1 to 2."""
        sizes = self.uniform(1, 2) if sizes is None else sizes
        self.x += (where * sizes)[:, None] * direction

    def latent(self, reads: Tensor, writes: Tensor, bias: float = 0.0) -> int:
        """Add a latent; its scale moves from decoder to encoder, which changes nothing else."""
        scale = float(self.uniform(0.4, 2.5, 1))
        self.enc.append(reads / scale)
        self.bias.append(bias / scale)
        self.dec.append(writes * scale)
        return len(self.enc) - 1

    def plain(self, share: float = 0.12) -> tuple[int, Tensor]:
        """Add a feature and the latent that says it; return the latent and its direction."""
        (direction,) = self.spaces.take(1)
        self.put(self.some(share), direction)
        return self.latent(direction, direction, -0.15), direction

    def twins(self) -> tuple[int, int]:
        """Two latents for one feature: a second number, which nobody writes, divides its samples.

        A pair of similar features of their own stands beside them.
        """
        feature, side = self.spaces.take(2)
        there = self.some(0.2)
        self.put(there, feature)
        signs = torch.randint(2, (SAMPLES,), generator=self.draw).double() * 2 - 1
        self.put(there, side, signs)
        pair = [self.latent(feature + sign * 3 * side, feature, -3.15) for sign in (1, -1)]
        one, across = self.spaces.take(2)
        similar = 0.92 * one + math.sqrt(1 - 0.92**2) * across
        first = self.some(0.1)
        self.put(first, one)
        self.put(self.some(0.12) & ~first, similar)
        # The rows that tell the two apart, from their dual basis.
        dual = torch.linalg.pinv(torch.stack([one, similar])).mT
        self.latent(dual[0], one, -0.2)
        self.latent(dual[1], similar, -0.2)
        return pair[0], pair[1]

    def absorbed(self) -> tuple[int, int]:
        """A parent that is labelled, its child, and the child's companion."""
        parent, child, companion = self.spaces.take(3)
        row = torch.arange(SAMPLES)
        with_child = (row >= _ALONE) & (row < _ALONE + _WITH_CHILD)
        weak = (row >= _ALONE + _WITH_CHILD) & (row < LABELLED)
        self.put(row < _ALONE + _WITH_CHILD, parent)
        self.put(weak, parent, self.uniform(0.2, 0.35))
        self.put(with_child, child)
        self.put(with_child | (self.some(0.06) & (row >= LABELLED)), companion)
        main = self.latent(parent - 4 * child, parent, -0.4)
        by = self.latent(child, 0.75 * parent + child, -0.15)
        self.latent(companion, companion, -0.15)
        return main, by

    def ring(self) -> list[int]:
        """Latents around a circle, in order, of which one is active at a time."""
        plane = self.spaces.take(2)
        n = 5 + self.below(4)
        rows = _around(plane, n, 2 * math.pi * float(self.uniform(0, 1, 1)))
        there = self.some(0.35)
        value = there.cumsum(0) % n  # equally many of each
        sizes = self.uniform(0.99, 1.01) * _ON_RING
        self.x += (there * sizes)[:, None] * rows[value]
        threshold = _ON_RING * (1 + math.cos(2 * math.pi / n)) / 2
        gain = _ON_RING / (_ON_RING - threshold)  # so that a latent is as large as what it says
        return [self.latent(gain * row, row, -gain * threshold) for row in rows]

    def blob(self) -> None:
        """Latents in opposite pairs, evenly around a plane in which the data are Gaussian."""
        plane = self.spaces.take(2)
        pairs = 3 + self.below(2)
        rows = _around(plane, 2 * pairs, 2 * math.pi * float(self.uniform(0, 1, 1)))
        there = self.some(0.35)
        for direction in plane:
            self.put(there, direction, torch.randn(SAMPLES, generator=self.draw).double())
        for row in rows:
            # The rows are a tight frame: without the bias, which keeps noise out, the sum is exact.
            self.latent(row, row * 2 / pairs, -0.1)


def build(seed: int) -> Planted:
    """Build the model of a seed: one activation and one answer for each prompt.

    Returns:
        ``truth`` is {"twins": (latent, latent), "absorbed": (parent, by whom), "lever": latent,
        "ring": the latents in order around it, from the smallest towards its smaller neighbour}.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    made = _Dictionary(draw)
    twins, absorbed, ring = made.twins(), made.absorbed(), made.ring()
    made.blob()
    lever, pulled = made.plain()
    _, louder = made.plain()
    for _ in range(_PLAIN):
        made.plain()
    for _ in range(_DEAD):
        direction = torch.randn(D_MODEL, generator=draw, dtype=torch.float64)
        made.latent(direction, direction / direction.norm(), -40.0)

    enc, bias, dec = torch.stack(made.enc), torch.tensor(made.bias), torch.stack(made.dec)
    order = torch.randperm(len(enc), generator=draw)
    place = order.argsort().tolist()
    offset = torch.randn(D_MODEL, generator=draw, dtype=torch.float64)
    for direction in (pulled, louder):  # or the model might say the word by itself
        offset = offset - (offset @ direction) * direction
    x = made.x + 0.01 * torch.randn(made.x.shape, generator=draw) + offset
    unembed = 0.08 * torch.randn(_FIRST + SAMPLES, D_MODEL, generator=draw, dtype=torch.float64)
    unembed[WORD] = 0  # by chance another latent could make the model say it, too
    other = _FIRST + made.below(SAMPLES)
    for word, direction, size in ((WORD, pulled, 1.0), (WORD, louder, 1.6), (other, louder, 2.4)):
        unembed[word] += (size - unembed[word] @ direction) * direction
    bias = bias.double() - enc @ offset
    model = _bridge(x, enc[order], bias[order], dec[order], offset, unembed)
    truth: Truth = {
        "twins": _two(sorted(place[i] for i in twins)),
        "absorbed": _two([place[i] for i in absorbed]),
        "ring": one_way_round([place[i] for i in ring]),
        "lever": place[lever],
    }
    tokens = torch.stack([torch.zeros(SAMPLES, dtype=torch.int64), _FIRST + torch.arange(SAMPLES)])
    with torch.no_grad():
        answers = model(tokens.mT)[:, -1].argmax(-1)
    return Planted(model, tokens.mT.contiguous(), answers, truth)


def one_way_round(latents: list[int]) -> tuple[int, ...]:
    """Return the one spelling of a circle: from its smallest, towards the smaller neighbour."""
    start = latents.index(min(latents))
    turned = latents[start:] + latents[:start]
    return tuple(min(turned, turned[:1] + turned[:0:-1]))


def _around(plane: Float[Tensor, "2 d_model"], n: int, start: float) -> Float[Tensor, "n d_model"]:
    """Return n unit directions at equal angles."""
    angles = start + 2 * math.pi * torch.arange(n, dtype=torch.float64) / n
    return torch.stack([angles.cos(), angles.sin()], dim=1) @ plane


def _two(pair: list[int]) -> tuple[int, int]:
    return pair[0], pair[1]


def _bridge(
    x: Tensor, enc: Tensor, bias: Tensor, dec: Tensor, offset: Tensor, unembed: Tensor
) -> TransformerBridge:
    """Return a block that is a dictionary: the embeddings are x, attention is nothing."""
    config: native.Config = {
        "n_layers": 1, "d_model": D_MODEL, "n_heads": 1, "d_head": 2, "d_mlp": len(enc),
        "n_ctx": 2, "d_vocab": len(unembed), "act_fn": "relu", "normalization_type": None,
    }  # fmt: skip
    model = native.boot(config)
    weights = {name: torch.zeros_like(p) for name, p in native.parameters(model).items()}
    weights["tok_embed.weight"] = torch.cat([torch.zeros(_FIRST, D_MODEL).double(), x])
    weights["layers.0.mlp.fc_in.weight"] = enc
    weights["layers.0.mlp.fc_in.bias"] = bias
    weights["layers.0.mlp.fc_out.weight"] = dec.mT
    weights["layers.0.mlp.fc_out.bias"] = offset
    weights["head.weight"] = unembed
    native.load(model, weights)
    return model
