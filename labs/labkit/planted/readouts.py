"""Two features, equally easy to read, of which the output uses one (lab 04).

    r = readouts.build(seed)
    r.x          activations [sample, d_model]; r.labels["used"], r.labels["unused"]
    r.output(x)  what comes out, [sample]: any activations can be put in

An activation is a sum: each feature's own direction with a sign for its label, noise in all other
directions, an offset. The labels of the two features agree in most samples, so both go along with
the output over the data, and a probe for either has hardly an error. The output reads one of the
two directions: only stepping into the activations shows which. The names "used" and "unused" are
the truth; a notebook that wants to ask gives its students other ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from labkit.planted.subspaces import rotation

SAMPLES, D_MODEL = 400, 24
_AGREE = 0.85  # of the samples have both labels equal: a correlation of .7
_NOISE = 0.35


@dataclass(frozen=True, eq=False)
class Readouts:
    """Activations with two labels, and what is made of them.

    Attributes:
        x: [sample, d_model], float64.
        labels: [sample] for "used" and for "unused".
        directions: [d_model], the unit vector along which each is written; at right angles.
        sizes: half of what a label moves the activation by, along its direction.
        gain: how much the output rises for each unit along the used direction.
        offset: [d_model], the mean activation, what the labels do aside.
    """

    x: Float[Tensor, "sample d_model"] = field(repr=False)
    labels: Mapping[str, Bool[Tensor, " sample"]] = field(repr=False)
    directions: Mapping[str, Float[Tensor, " d_model"]] = field(repr=False)
    sizes: Mapping[str, float]
    gain: float
    offset: Float[Tensor, " d_model"] = field(repr=False)

    def output(self, x: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch"]:
        """Return the logit that is made of activations, whoever made them: linear in them."""
        part: Tensor = (x.double() - self.offset) @ self.directions["used"]
        return self.gain * part


def build(seed: int, *, samples: int = SAMPLES, d_model: int = D_MODEL) -> Readouts:
    """Draw a pair of features, which of them is written more strongly included.

    Args:
        seed: any integer.
        samples: how many activations; a fifth of the labels at least is of either kind.
        d_model: the dimensions, 3 or more.

    Raises:
        ValueError: too few samples or dimensions.
    """
    if samples < 20 or d_model < 3:
        raise ValueError("a planted pair needs 20 samples and 3 dimensions at least")
    draw = torch.Generator().manual_seed(seed % (1 << 63))

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=draw, dtype=torch.float64))

    basis = rotation(d_model, draw)
    directions = {"used": basis[0], "unused": basis[1]}
    sizes = {name: uniform(1.1, 1.9) for name in directions}
    used = torch.randperm(samples, generator=draw) < samples // 2
    differ = torch.randperm(samples, generator=draw) >= round(_AGREE * samples)
    labels = {"used": used, "unused": used ^ differ}

    offset = torch.randn(d_model, generator=draw, dtype=torch.float64)
    # Noise of its own size in every other direction, the same in both that matter.
    spread = 0.3 * 8 ** torch.rand(d_model, generator=draw, dtype=torch.float64)
    spread[:2] = _NOISE
    noise = torch.randn(samples, d_model, generator=draw, dtype=torch.float64) * spread
    x = offset + noise @ basis
    for name, direction in directions.items():
        sign = 2 * labels[name].double() - 1
        x = x + sizes[name] * sign[:, None] * direction
    gain = uniform(1.5, 3.0) * (1 if torch.rand((), generator=draw) < 0.5 else -1)
    return Readouts(x, labels, directions, sizes, gain, offset)
