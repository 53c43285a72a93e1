"""A decomposed matrix with four things wrong in it that no loss shows (the challenge of lab 06).

The model is one block whose attention writes nothing. Each prompt is BOS and one token, and a
token's embedding is one input: a sum of few features, each a direction of its own. What the MLP
reads by, the matrix ``fc_in``, has been taken apart into rank-one components, and somebody has said
for each input which of them matter (0 or 1, the gates). The components add up to the matrix. But

- one mechanism is split: two components read the same direction. Beside them stand two that read
  similar ones, and two that write the same direction and read different ones;
- two components cancel each other: no gate ever opens for either, and either one alone would change
  the output. Another such pair changes nothing, as the neurons that it writes to never fire;
- one component's gate lies: it closes where the component is needed. Another one's closes, rightly,
  where the component is as active as ever, but its neuron waits for a second one;
- one component is idle: its gate opens, and nothing that it writes gets through the ReLU. A
  component that is very small does get through, and is amplified behind it.

Components come in a random order, and their sizes and signs move between what they read and write.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from labkit import native
from labkit.planted.record import Planted, Truth
from labkit.planted.subspaces import Subspaces

SAMPLES = 320
D_MODEL = 22
_FIRST = 1  # token of the first sample; token 0 is BOS
_PLAIN, _UNUSED = 7, 3
_FREE, _DEAD, _JOINT, _AMPLIFIED = 20, 3, 2, 1  # neurons
_NEVER = -60.0  # the bias of a neuron that never fires
_WAITS = -2.6  # the bias of a neuron that waits for two components
_LARGE = 1.55  # where the lying gate closes; sizes go from 1 to 2


class _Account:
    """Inputs and components in the making, float64."""

    def __init__(self, draw: torch.Generator) -> None:
        self.draw = draw
        self.spaces = Subspaces(D_MODEL, draw)
        self.x = torch.zeros(SAMPLES, D_MODEL, dtype=torch.float64)
        n = _FREE + _DEAD + _JOINT + _AMPLIFIED
        self.bias = 0.6 * torch.rand(n, generator=draw, dtype=torch.float64)
        self.dead = torch.arange(_FREE, _FREE + _DEAD)
        self.joint = torch.arange(_FREE + _DEAD, _FREE + _DEAD + _JOINT)
        self.amplified = torch.arange(n - _AMPLIFIED, n)
        self.bias[self.dead], self.bias[self.joint] = _NEVER, _WAITS
        self.reads: list[Tensor] = []
        self.writes: list[Tensor] = []
        self.gates: list[Tensor] = []

    def feature(self, share: float = 0.16) -> tuple[Tensor, Tensor]:
        """Add a feature to a share of the inputs; return its direction and its sizes [sample]."""
        (direction,) = self.spaces.take(1)
        there = torch.rand(SAMPLES, generator=self.draw) < share
        sizes = there * (1 + torch.rand(SAMPLES, generator=self.draw, dtype=torch.float64))
        self.x += sizes[:, None] * direction
        return direction, sizes

    def to(self, neurons: Tensor | None = None, size: float = 1.0) -> Tensor:
        """Draw what a component writes: to the free neurons, or to some of the others."""
        write = torch.zeros(len(self.bias), dtype=torch.float64)
        if neurons is None:
            write[:_FREE] = 1.2 * torch.randn(_FREE, generator=self.draw, dtype=torch.float64)
        else:
            write[neurons] = size
        return write

    def component(self, reads: Tensor, writes: Tensor, open_: Tensor) -> int:
        """Add a component that is open on some samples; scale and sign move from write to read."""
        scale = 0.4 + 2 * float(torch.rand((), generator=self.draw))
        scale *= 1 if torch.rand((), generator=self.draw) < 0.5 else -1
        self.reads.append(reads * scale)
        self.writes.append(writes / scale)
        self.gates.append(open_.double())
        return len(self.reads) - 1

    def mechanism(self) -> int:
        """Add a feature and the one component that reads it."""
        direction, sizes = self.feature()
        return self.component(direction, self.to(), sizes > 0)

    def split(self) -> tuple[int, int]:
        """Two components for one feature; beside them two pairs that are not one mechanism."""
        direction, sizes = self.feature()
        pair = [self.component(direction, self.to() / math.sqrt(2), sizes > 0) for _ in range(2)]
        # Similar in what they read and in what they write, for features of their own.
        one, other = self.feature(), self.feature()
        similar = 0.93 * one[0] + math.sqrt(1 - 0.93**2) * other[0]
        write = self.to()
        self.component(one[0], write, one[1] > 0)
        self.component(similar, 0.95 * write + 0.3 * self.to(), (one[1] > 0) | (other[1] > 0))
        # What two components write is the same: different features ask for the same.
        same = self.to()
        for _ in range(2):
            direction, sizes = self.feature()
            self.component(direction, same, sizes > 0)
        return pair[0], pair[1]

    def pact(self, reads: Float[Tensor, "2 d_model"]) -> tuple[int, int]:
        """Two components that cancel each other, and two whose quarrel nobody hears."""
        closed = torch.zeros(SAMPLES, dtype=torch.bool)
        loud, _ = (
            [self.component(read, sign * writes, closed) for sign in (1, -1)]
            for read, writes in zip(reads, (self.to(), self.to(self.dead, 2.0)), strict=True)
        )
        return loud[0], loud[1]

    def liar(self) -> int:
        """A gate that closes where its feature is large; beside it one that may close."""
        direction, sizes = self.feature(0.2)
        lying = self.component(direction, self.to(), (sizes > 0) & (sizes < _LARGE))
        for neuron in self.joint:
            one, other = self.feature(0.3), self.feature(0.3)
            fires = 1.2 * (one[1] + other[1]) > -_WAITS  # one alone comes to 2.4 at the most
            for read, _ in (one, other):
                self.component(read, self.to(neuron, 1.2), fires)
        return lying

    def idle(self) -> int:
        """A component that writes to neurons that never fire; beside it a small one that counts."""
        direction, sizes = self.feature()
        found = self.component(direction, self.to(self.dead, 1.5), sizes > 0)
        direction, sizes = self.feature()
        self.component(direction, self.to(self.amplified, 0.05), sizes > 0)
        return found


def build(seed: int) -> Planted:
    """Build the model of a seed, and the account of its matrix.

    Returns:
        ``beside`` holds "U" [n_neurons, C], "V" [C, d_model] (U V is the matrix ``fc_in``) and "g"
        [sample, C], the gates. ``truth`` is {"split": two components, "pact": two components, both
        in ascending order, "liar": component, "idle": component}.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    made = _Account(draw)
    plain = [made.reads[made.mechanism()] for _ in range(_PLAIN)]
    split, liar, idle = made.split(), made.liar(), made.idle()
    reads = torch.stack([one / one.norm() for one in plain[:4]])
    pact = made.pact((reads[::2] + reads[1::2]) / math.sqrt(2))
    for direction in made.spaces.take(_UNUSED):
        made.component(direction, made.to(), torch.zeros(SAMPLES, dtype=torch.bool))

    order = torch.randperm(len(made.reads), generator=draw)
    place = order.argsort().tolist()
    account = {
        "U": torch.stack(made.writes)[order].mT.float().contiguous(),
        "V": torch.stack(made.reads)[order].float(),
        "g": torch.stack(made.gates)[order].mT.float().contiguous(),
    }
    truth: Truth = {
        "split": _ascending(place[i] for i in split),
        "pact": _ascending(place[i] for i in pact),
        "liar": place[liar],
        "idle": place[idle],
    }
    x = made.x + 0.002 * torch.randn(made.x.shape, generator=draw, dtype=torch.float64)
    model = _bridge(x, account["U"] @ account["V"], made, draw)
    samples = _FIRST + torch.arange(SAMPLES)
    tokens = torch.stack([torch.zeros_like(samples), samples], dim=1)
    with torch.no_grad():
        answers = model(tokens)[:, -1].argmax(-1)
    return Planted(model, tokens, answers, truth, account)


def _ascending(pair: Iterable[int]) -> tuple[int, int]:
    low, high = sorted(pair)
    return low, high


def _bridge(x: Tensor, W: Tensor, made: _Account, draw: torch.Generator) -> TransformerBridge:
    """Return a block whose MLP reads by W; the embeddings are x, attention is nothing."""
    config: native.Config = {
        "n_layers": 1, "d_model": D_MODEL, "n_heads": 1, "d_head": 2, "d_mlp": len(W),
        "n_ctx": 2, "d_vocab": _FIRST + SAMPLES, "act_fn": "relu", "normalization_type": None,
    }  # fmt: skip
    model = native.boot(config)
    weights = {name: torch.zeros_like(p) for name, p in native.parameters(model).items()}
    out = torch.randn(D_MODEL, len(W), generator=draw, dtype=torch.float64) / math.sqrt(D_MODEL)
    out[:, made.amplified] *= 30
    weights["tok_embed.weight"] = torch.cat([torch.zeros(_FIRST, D_MODEL).double(), x])
    weights["layers.0.mlp.fc_in.weight"] = W
    weights["layers.0.mlp.fc_in.bias"] = made.bias
    weights["layers.0.mlp.fc_out.weight"] = out
    weights["head.weight"] = torch.randn(
        _FIRST + SAMPLES, D_MODEL, generator=draw, dtype=torch.float64
    )
    native.load(model, weights)
    return model
