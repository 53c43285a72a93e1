"""Given code of lab 06, part III: larger targets a piece at a time, and what they show.

Nothing here answers an exercise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float, Int
from labkit.plots.figure import BLUE, VERMILION, Figure, drawing
from labkit.targets import Decomposition, Target
from labkit.targets.induction import second_half_loss
from torch import Tensor

__all__ = ["second_half_loss"]

Layers = dict[str, Callable[[Tensor], Tensor]]
Forward = Callable[[Tensor, Layers], Tensor]
Masks = dict[str, Tensor]


def piece(target: Target, *names: str) -> tuple[Forward, dict[str, Tensor]]:
    """Return a target as a function of some of its layers, and their matrices.

    The other layers are as fixed as a bias is. A layer is always given a matrix [n, in]: where the
    target has more axes (sequences, positions), these are joined, and so masks and gates have a
    row for each position of each sequence.
    """

    def rows(layer: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        return lambda a: layer(a.flatten(0, -2)).unflatten(0, a.shape[:-1])

    def forward(x: Tensor, layers: Layers) -> Tensor:
        return target.forward(x, {**target.layers(), **{n: rows(layers[n]) for n in layers}})

    return forward, {name: target.weights[name] for name in names or target.weights}


def in_order(g: Float[Tensor, "input C"], threshold: float = 0.1) -> Int[Tensor, " live"]:
    """Return the live components, sorted by the input that opens each of them most."""
    live = (g.amax(dim=0) > threshold).nonzero()[:, 0]
    return live[g[:, live].argmax(dim=0).argsort(stable=True)]


def gate_maps(gates: Mapping[str, Float[Tensor, "input C"]], title: str) -> Figure:
    """Draw the gates of live components, one panel a layer: an input a row, a component a column.

    Components stand in the order of the inputs that open them.
    """
    with drawing(1.0 + 4.6 * len(gates), 4.6) as fig:
        panels = fig.subplots(1, len(gates), squeeze=False)[0]
        for axes, (name, g) in zip(panels, gates.items(), strict=True):
            shown = g[:, in_order(g)]
            image = axes.imshow(shown.numpy(), cmap="viridis", vmin=0, vmax=1, aspect="auto",
                                interpolation="nearest")  # fmt: skip
            axes.set_title(f"{name}: {shown.shape[1]} of {g.shape[1]} live", fontsize=11)
            axes.set(xlabel="live component", ylabel="feature alone")
            for axis in (axes.xaxis, axes.yaxis):
                axis.get_major_locator().set_params(integer=True)
        fig.colorbar(image, ax=panels, label="gate", shrink=0.8)
        fig.suptitle(title, x=0.01, ha="left", fontsize=12)
    fig.alt = f"{title}. " + " ".join(
        f"{name}: {len(in_order(g))} of {g.shape[1]} components are live; a feature alone opens "
        f"{(g > 0.1).sum(dim=1).double().mean():.1f} of them in the mean."
        for name, g in gates.items()
    )
    return fig


def head_shares(
    z: Float[Tensor, "row in"], V: Float[Tensor, "C in"], heads: int = 4
) -> Float[Tensor, "C head"]:
    """Return how much of each component's variance comes from each head, as shares.

    The inner activation V z is a sum over the heads' slices of z; the slices' variances are
    compared as if they did not hang together.
    """
    width = z.shape[1] // heads
    parts = [slice(h * width, (h + 1) * width) for h in range(heads)]
    variance = torch.stack([(z[:, part] @ V[:, part].mT).var(dim=0) for part in parts], dim=1)
    return variance / variance.sum(dim=1, keepdim=True)


def carriers_figure(
    often: Float[Tensor, " C"], share: Float[Tensor, " C"], by_position: Float[Tensor, " pos"]
) -> Figure:
    """Draw how often components are open and what they read, and how many are open where.

    Args:
        often: of each component, the share of positions at which its gate is open.
        share: of each component, the share of its variance that comes from head 0.
        by_position: the number of open gates at each position, in the mean.
    """
    order = often.argsort(descending=True)
    half = len(by_position) // 2
    with drawing(10.4, 4.2) as fig:
        left, right = fig.subplots(1, 2)
        left.plot(often[order], "o-", color=BLUE, markersize=3.5, label="how often open")
        left.plot(share[order], "s", color=VERMILION, markersize=3.5,
                  label="share that comes from head 0")  # fmt: skip
        left.set(xlabel="component, most often open first", ylabel="share", ylim=(0, 1))
        left.legend(frameon=False)
        right.plot(by_position, color=BLUE)
        right.axvline(half + 0.5, color="#9aa2ab", linestyle="--")
        right.annotate("the second half begins", (half + 1, 0.5), fontsize=9)
        right.set(xlabel="position", ylabel="open gates", ylim=(0, None))
        fig.suptitle("Components of o0: what they read, and where they matter", x=0.01, ha="left")
    first, second = by_position[2 : half + 1].mean(), by_position[-10:].mean()
    fig.alt = (
        f"Left: the ten components that are most often open read head 0 for "
        f"{share[order[:10]].mean():.2f} of their variance, the others for "
        f"{share[order[10:]].mean():.2f}. Right: {first:.1f} gates are open in the first half, "
        f"{second:.1f} at the last ten positions."
    )
    return fig


def worst_so_far(errors: Float[Tensor, "draw sample"]) -> Float[Tensor, " draw"]:
    """Return the sum over samples of the largest error within the first 1, 2, ... draws."""
    return errors.cummax(dim=0).values.sum(dim=1)


def mask_search_figure(
    found: Mapping[str, tuple[Float[Tensor, " draw"], float]],
) -> Figure:
    """Draw what random masks find, by the number of draws, beside what an adversary finds.

    Args:
        found: name -> (relative error of the worst of the first n draws, the adversary's).
    """
    with drawing(8.6, 4.0) as fig:
        axes = fig.subplots()
        for (name, (random, worst)), colour in zip(found.items(), (BLUE, VERMILION), strict=False):
            axes.plot(range(1, len(random) + 1), random, color=colour, label=f"{name}: random")
            axes.axhline(worst, color=colour, linestyle="--", label=f"{name}: adversary")
        axes.set(xscale="log", yscale="log", xlabel="random masks tried for each sample",
                 ylabel="relative error of the worst")  # fmt: skip
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
        axes.set_title("Random masks and an adversary", loc="left", fontsize=12)
    fig.alt = "The worst of n random masks. " + " ".join(
        f"{name}: {float(random[0]):.3g} with one, {float(random[-1]):.3g} with {len(random)}; "
        f"the adversary finds {worst:.3g}."
        for name, (random, worst) in found.items()
    )
    return fig


def next_day(plane: Float[Tensor, "2 d_in"], values: int = 7) -> Float[Tensor, "d_in d_in"]:
    """Return the matrix that turns a plane by one of ``values`` steps and drops the rest."""
    angle = 2 * math.pi / values
    turn = torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    ).to(plane)
    return plane.mT @ turn @ plane


def one_latent_each(latents: int, samples: int = 3600) -> float:
    """Return the FVU of the best dictionary of a circle in which one latent is active at a time.

    The latents stand at equal angles; a sample is said by the nearest one, with the size that suits
    it best.
    """
    angle = 2 * math.pi * (torch.arange(samples, dtype=torch.float64) + 0.5) / samples
    spots = 2 * math.pi * torch.arange(latents, dtype=torch.float64) / latents
    cosine = torch.cos(angle[:, None] - spots).amax(dim=1).clamp(min=0)
    return float((1 - cosine.square()).mean())


def size(made: Decomposition) -> tuple[int, int]:
    """Return how many numbers the decomposed matrices hold, and how many the decomposition."""
    before = sum(U.shape[0] * V.shape[1] for U, V in made.parts.values())
    after = sum(t.numel() for pair in made.parts.values() for t in pair)
    return before, after + sum(t.numel() for gate in made.gates.values() for t in gate)
