"""Given code of lab 05, part II: the days of the week in a model, their plane and their order.

Nothing here answers an exercise.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from labkit import dictionary
from labkit.plots.figure import BLUE, Figure, drawing
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COLOURS = ("blue", "green", "orange", "pink", "purple", "red", "yellow")
"""By the alphabet: the rainbow's order would be one that a model may well hold."""

TOOLS = ("hammer", "saw", "drill", "knife", "shovel", "rope", "ladder")

DAY_TEMPLATES = (
    "We meet every", "The shop is closed on", "See you next", "It happened last",
    "The letter came on", "Nothing ever happens on a", "They left early on", "I was born on a",
)  # fmt: skip
COLOUR_TEMPLATES = (
    "The door was painted", "She wore a dress that was", "My favourite colour is", "The sky turned",
    "He bought a car in", "The flowers were all", "The old wall had been", "The flag is mostly",
)  # fmt: skip
TOOL_TEMPLATES = (
    "He went to fetch the", "She could not find the", "My father lent me a", "They sold me a",
    "All we need is a", "Do not forget the", "On the bench lay a", "I broke the",
)  # fmt: skip


def word_stream(
    model: TransformerBridge, words: Sequence[str], templates: Sequence[str]
) -> Float[Tensor, "template word d_model"]:
    """Return the stream at the dictionary's layer on each word at the end of each template.

    Each word must be one token: the sentences of a template run together.
    """
    rows = []
    for template in templates:
        tokens = torch.cat([model.to_tokens(f"{template} {word}") for word in words])
        with torch.no_grad():
            _, cache = model.run_with_cache(
                tokens, names_filter=dictionary.HOOK, stop_at_layer=dictionary.LAYER
            )
        rows.append(cache[dictionary.HOOK][:, -1].float())
    return torch.stack(rows)


def plane_of_means(
    stream: Float[Tensor, "template word d_model"],
) -> Float[Tensor, "template word 2"]:
    """Project onto the plane in which the words' means differ most; templates are taken out.

    Principal components of the means: no label and no order goes into the choice of the plane.
    """
    words = stream - stream.mean(dim=1, keepdim=True)
    means = words.mean(dim=0)
    axes = torch.linalg.svd(means, full_matrices=False).Vh[:2]
    return words @ axes.mT


def order_rank(points: Float[Tensor, "word 2"]) -> tuple[int, int]:
    """Return how many closed tours through all points are as short as the one in their order.

    Returns:
        That rank, 1 being the shortest, and how many tours there are: (n - 1)! / 2.
    """
    n = len(points)
    distance = torch.cdist(points, points)
    rest = torch.tensor([p for p in itertools.permutations(range(1, n)) if p[0] < p[-1]])
    tours = torch.cat([torch.zeros(len(rest), 1, dtype=torch.int64), rest], dim=1)
    lengths = distance[tours, tours.roll(-1, dims=1)].sum(dim=1)
    own = distance[torch.arange(n), torch.arange(n).roll(-1)].sum()
    return int((lengths <= own + 1e-6 * own).sum()), len(tours)


def circle_fit(
    stream: Float[Tensor, "template word d_model"], order: Sequence[int]
) -> tuple[float, float]:
    """Fit a plane in which the words stand on a circle in a given order; score it.

    The fit sees the first half of the templates (smallest least squares solution).

    Returns:
        The share of the variance of cosine and sine that is explained, on the templates that the
        fit saw and on the others.
    """
    words = stream - stream.mean(dim=1, keepdim=True)
    angle = 2 * torch.pi * torch.tensor(order) / len(order)
    target = torch.stack([angle.cos(), angle.sin()], dim=1)
    half = len(words) // 2
    seen = words[:half].flatten(0, 1).double()
    weights = torch.linalg.pinv(seen, rtol=1e-6) @ target.repeat(half, 1).double()
    shares = []
    for part in (words[:half], words[half:]):
        error = part.flatten(0, 1).double() @ weights - target.repeat(len(part), 1)
        shares.append(1 - float(error.square().sum() / len(part) / target.square().sum()))
    return shares[0], shares[1]


def name_points(axes: Any, points: Float[Tensor, "word 2"], words: Sequence[str]) -> None:
    """Write each word beside its point, on the side away from the middle, with room around."""
    outward = torch.nn.functional.normalize(points - points.mean(dim=0), dim=1).tolist()
    for word, place, (x, y) in zip(words, points.tolist(), outward, strict=True):
        side = "left" if x > 0 else "right"
        axes.annotate(
            word, place, xytext=(9 * x, 9 * y), textcoords="offset points", ha=side, va="center",
            fontsize=9.5,
        )  # fmt: skip
    axes.margins(0.34, 0.16)


def shapes_figure(shapes: Mapping[str, Float[Tensor, "sample 2"]]) -> Figure:
    """Draw each set of points in a small plot of its own."""
    with drawing(3.0 * len(shapes), 3.2) as fig:
        for number, (name, points) in enumerate(shapes.items(), start=1):
            axes = fig.add_subplot(1, len(shapes), number)
            axes.scatter(*points.mT.tolist(), s=8, color=BLUE)
            axes.set(title=name, aspect="equal", adjustable="datalim")
    fig.alt = "Points in a plane, one plot each: " + "; ".join(
        f"{name}, distance from the middle {float(radius.min()):.2f} to {float(radius.max()):.2f}"
        for name, points in shapes.items()
        for radius in [(points - points.mean(dim=0)).norm(dim=1)]
    )
    return fig


def plane_figure(points: Float[Tensor, "template word 2"], words: Sequence[str]) -> Figure:
    """Draw each word's mean with its name, and each template's point, joined in the given order."""
    means = points.mean(dim=0)
    closed = torch.cat([means, means[:1]])
    with drawing(4.6, 4.4) as fig:
        axes = fig.add_subplot()
        axes.scatter(*points.flatten(0, 1).mT.tolist(), s=12, color="#8a929b", label="one sentence")
        axes.plot(*closed.mT.tolist(), "-o", color=BLUE, label="mean, joined in order")
        name_points(axes, means, words)
        axes.set(title="Seven words in their plane", aspect="equal")
        axes.legend(loc="best", fontsize=8)
    places = ", ".join(
        f"{w} ({x:.1f}, {y:.1f})" for w, (x, y) in zip(words, means.tolist(), strict=True)
    )
    fig.alt = f"Points in a plane, joined in the order given. Means: {places}."
    return fig
