"""Given code of lab 06, part II: where a run begins, what it is fed, and pictures of it.

Nothing here answers an exercise. Parts and gates are dictionaries by layer, as in the notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Float
from labkit.plots.figure import BLUE, VERMILION, Figure, drawing
from torch import Tensor
from tqdm.auto import tqdm

Parts = dict[str, tuple[Tensor, Tensor]]
Gates = dict[str, tuple[Tensor, Tensor, Tensor, Tensor]]
Open = Callable[[Parts, Gates], dict[str, Tensor]]

_LIVE = 0.1  # a gate above this counts as open
_TRUE = "#9aa2ab"


def random_start(
    weights: Mapping[str, Float[Tensor, "out in"]],
    count: int,
    generator: torch.Generator,
    hidden: int = 4,
) -> tuple[Parts, Gates]:
    """Draw components and gates to begin with.

    Args:
        weights: the target's matrices.
        count: how many components each of them gets.
        hidden: units of each gate's network.
    """
    parts, gates = {}, {}
    for name, W in weights.items():
        parts[name] = (
            torch.randn(W.shape[0], count, generator=generator) / count**0.5,
            torch.randn(count, W.shape[1], generator=generator) / W.shape[1] ** 0.5,
        )
        gates[name] = (
            2**0.5 * torch.randn(count, hidden, generator=generator),
            torch.zeros(count, hidden),
            torch.randn(count, hidden, generator=generator) / hidden**0.5,
            torch.zeros(count),
        )
    return parts, gates


def sparse_batches(
    count: int, size: int, features: int, p: float, generator: torch.Generator
) -> list[Float[Tensor, "size features"]]:
    """Draw samples whose features are active with probability p, then uniform in [0, 1].

    Every sample has at least one active feature: where the coin gives none, one is drawn.
    """
    active = torch.rand(count * size, features, generator=generator) < p
    first = torch.randint(features, (count * size,), generator=generator)
    empty = ~active.any(dim=1)
    active[empty, first[empty]] = True
    return list((active * torch.rand(active.shape, generator=generator)).split(size))


def small_case(seed: int) -> tuple[dict[str, Tensor], Parts]:
    """Two matrices that fit one another (4 -> 5 -> 3), and components that do not add up to them.

    They have 6 and 8 components.
    """
    rng = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=rng)

    weights = {"first": draw(5, 4), "second": draw(3, 5)}
    return weights, {"first": (draw(5, 6), draw(6, 4)), "second": (draw(3, 8), draw(8, 5))}


def open_wide(count: int, seed: int, hidden: int = 4) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw gates whose networks answer about 3, whatever comes in: open, and a little different."""
    rng = torch.Generator().manual_seed(seed)
    first, second = torch.randn(2, count, hidden, generator=rng)
    third = 0.02 * torch.randn(count, hidden, generator=rng)
    return first, second, third, torch.full((count,), 3.0)


def step_gates(threshold: Float[Tensor, " C"]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Write gates that are shut below a threshold and open above it."""
    count = len(threshold)
    steep = torch.full((count, 1), 1000.0)
    return steep, -1000.0 * threshold[:, None], torch.ones(count, 1), torch.zeros(count)


def fixed_gate(
    gates: tuple[Tensor, Tensor, Tensor, Tensor], c: int, z: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the gates with component c's value held at z, whatever comes in."""
    w_in, b_in, w_out, b_out = (t.clone() for t in gates)
    w_out[c], b_out[c] = 0.0, z
    return w_in, b_in, w_out, b_out


class Watching:
    """A progress bar and a picture that is drawn anew while a run trains; give it as ``look``.

    Args:
        open_gates: (parts, gates) -> the gates on each feature alone, by layer.
        weights: the target's matrices, ``embed`` first.
        steps: how many there will be.
        pictures: how many pictures; 0 outside a notebook, where there is only the bar.
    """

    def __init__(
        self, open_gates: Open, weights: Mapping[str, Tensor], steps: int, pictures: int = 12
    ) -> None:
        from IPython.display import HTML, display

        self._open, self._weights, self._steps = open_gates, weights, steps
        # Most of it happens early: the pictures stand closer there.
        self._when = {round(steps * (k / pictures) ** 1.5) for k in range(1, pictures)}
        self._shown: Any = display(HTML("<p>before the first step</p>"), display_id=True)
        self._bar = tqdm(total=steps, desc="decomposing", leave=False, mininterval=0.5)

    def __call__(self, step: int, parts: Parts, gates: Gates) -> None:
        """Take notice of a step that is done."""
        self._bar.update()
        last = step + 1 == self._steps
        # None outside a notebook.
        if self._shown is not None and (step + 1 in self._when or last):
            from IPython.display import HTML

            title = f"After {step + 1:,} of {self._steps:,} steps"
            figure = picture(self._weights, parts, self._open(parts, gates), title)
            self._shown.update(HTML(figure.to_html()))
        if last:
            self._bar.close()


def picture(
    weights: Mapping[str, Tensor], parts: Parts, gates: Mapping[str, Tensor], title: str = ""
) -> Figure:
    """Draw a decomposition of a toy model with two dimensions: its arrows, and its gates.

    Args:
        weights: ``embed`` [2, features] and ``unembed`` [features, 2].
        gates: each layer's gates [features, C] on each feature alone.
    """
    with drawing(10.4, 5.4) as fig:
        grid = fig.add_gridspec(2, 2, width_ratios=(1.0, 1.9))
        for row, (name, W) in enumerate(weights.items()):
            arrows(fig.add_subplot(grid[row, 0]), W, parts[name], gates[name])
            _gates(fig.add_subplot(grid[row, 1]), gates[name], name)
        fig.suptitle(title, x=0.01, ha="left", fontsize=12)
    fig.alt = f"{title}. " + " ".join(
        f"{name}: {int((g > _LIVE).any(dim=0).sum())} of {g.shape[1]} components are open for "
        f"some feature alone; {int((g > _LIVE).sum())} gates are open."
        for name, g in gates.items()
    )
    return fig


def arrows(
    axes: Any, W: Tensor, pair: tuple[Tensor, Tensor], gates: Float[Tensor, "features C"]
) -> None:
    """Draw what each feature's open components write (or read), beside the true columns or rows.

    A matrix [2, features] has columns, a matrix [features, 2] has rows; of a component, the column
    or row of the feature is drawn that opens it most, fainter where that gate is less open.
    """
    U, V = (t.detach() for t in pair)
    truth, plane, size = (W.mT, U.mT, V) if W.shape[0] == 2 else (W, V, U.mT)
    for x, y in truth.tolist():
        axes.plot([0, x], [0, y], color=_TRUE, linewidth=6, alpha=0.55, solid_capstyle="round")
    strength, feature = gates.max(dim=0)
    for c in (strength > _LIVE).nonzero()[:, 0].tolist():
        x, y = (plane[c] * size[c, feature[c]]).tolist()
        seen = float(strength[c])
        axes.plot([0, x], [0, y], color=BLUE, linewidth=1.8, alpha=seen)
        axes.plot([x], [y], "o", color=VERMILION, markersize=5, alpha=seen)
    reach = 1.25 * float(truth.norm(dim=1).max())
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.grid(True, linewidth=0.4)


def _gates(axes: Any, gates: Float[Tensor, "features C"], name: str) -> None:
    live = int((gates > _LIVE).any(dim=0).sum())
    axes.imshow(gates.numpy(), cmap="viridis", vmin=0, vmax=1, aspect="auto",
                interpolation="nearest")  # fmt: skip
    axes.set_title(f"{name}: {live} of {gates.shape[1]} open for some feature", fontsize=11)
    axes.set(ylabel="feature alone", xlabel="component")
    axes.set_yticks(range(len(gates)))
