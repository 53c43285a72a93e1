"""Given code of lab 06, part II: pictures of a decomposition.

Nothing here answers an exercise. Parts and gates are dictionaries by layer, as in the notebook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jaxtyping import Float
from labkit.plots.figure import BLUE, VERMILION, Figure, drawing
from torch import Tensor

Parts = dict[str, tuple[Tensor, Tensor]]

_LIVE = 0.1  # a gate above this counts as open
_TRUE = "#9aa2ab"


def picture(
    weights: Mapping[str, Tensor], parts: Parts, gates: Mapping[str, Tensor], title: str = ""
) -> Figure:
    """Draw a decomposition of a toy model with two dimensions: its arrows, and its gates.

    Args:
        weights: ``embed`` [2, features] and ``unembed`` [features, 2].
        gates: each layer's gates [features, C] on each feature alone.
    """
    with drawing(10.4, 6.4) as fig:
        grid = fig.add_gridspec(2, 2, width_ratios=(1.0, 1.9))
        for row, (name, W) in enumerate(weights.items()):
            left, right = (fig.add_subplot(grid[row, column]) for column in (0, 1))
            arrows(left, W, parts[name], gates[name])
            of, does = ("columns", "write") if W.shape[0] == 2 else ("rows", "read")
            left.set_title(f"{name}: true {of} (grey),\nwhat components {does} (blue)",
                           fontsize=11)  # fmt: skip
            left.set(xlabel="hidden 0", ylabel="hidden 1")
            image = _gates(right, gates[name], name)
            fig.colorbar(image, ax=right, label="gate")
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
    longest, lengths = float(truth.norm(dim=1).max()), []
    for c in (strength > _LIVE).nonzero()[:, 0].tolist():
        x, y = (plane[c] * size[c, feature[c]]).tolist()
        lengths.append((x * x + y * y) ** 0.5)
        seen = float(strength[c])
        axes.plot([0, x], [0, y], color=BLUE, linewidth=1.8, alpha=seen)
        axes.plot([x], [y], "o", color=VERMILION, markersize=5, alpha=seen)
    reach = 1.25 * min(max([longest, *lengths]), 2.5 * longest)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.grid(True, linewidth=0.4)


def _gates(axes: Any, gates: Float[Tensor, "features C"], name: str) -> Any:
    live = int((gates > _LIVE).any(dim=0).sum())
    image = axes.imshow(gates.numpy(), cmap="viridis", vmin=0, vmax=1, aspect="auto",
                        interpolation="nearest")  # fmt: skip
    axes.set_title(f"{name}: {live} of {gates.shape[1]} open for some feature", fontsize=11)
    axes.set(ylabel="feature alone", xlabel="component")
    axes.set_yticks(range(len(gates)))
    return image


def sweep(
    coefficients: Sequence[float], counts: Sequence[int], errors: Sequence[float], truth: int
) -> Figure:
    """Draw live components and the adversarial error against the price of a gate."""
    with drawing(8.4, 3.8) as fig:
        axes = fig.add_subplot()
        right = axes.twinx()
        (live,) = axes.plot(coefficients, counts, "-o", color=BLUE)
        (wrong,) = right.plot(coefficients, errors, "--s", color=VERMILION)
        level = axes.axhline(truth, color=_TRUE, linestyle=":")
        axes.set_xscale("log")
        axes.set_yscale("symlog", linthresh=1)
        axes.set_yticks([0, 1, 5, 10, 50, 100], ["0", "1", "5", "10", "50", "100"])
        right.set_yscale("log")
        axes.set(title="What a gate may cost", xlabel="coefficient of minimality",
                 ylabel="live components of embed", ylim=(-0.1, 110))  # fmt: skip
        right.set_ylabel("error with the worst masks")
        for side in (axes, right):
            side.spines["top"].set_visible(False)
        names = ("live (left)", "worst masks (right)", f"{truth} features")
        right.legend([live, wrong, level], names, loc="center left", bbox_to_anchor=(1.16, 0.5))
    fig.alt = "Price of a gate. " + " ".join(
        f"At {c:g}: {n} live, error {e:.3f}."
        for c, n, e in zip(coefficients, counts, errors, strict=True)
    )
    return fig


def headline(
    weights: Mapping[str, Tensor],
    parts: Parts,
    gates: Mapping[str, Tensor],
    scores: Mapping[str, tuple[float, float]],
    worst: float,
) -> Figure:
    """Draw the live components beside the truth, and their gates in order."""
    with drawing(12.4, 3.9) as fig:
        panels = fig.subplots(1, 4, gridspec_kw={"width_ratios": (1.0, 0.95, 1.0, 0.95)})
        for place, (name, W) in enumerate(weights.items()):
            left, right = panels[2 * place : 2 * place + 2]
            arrows(left, W, parts[name], gates[name])
            of = "columns" if W.shape[0] == 2 else "rows"
            left.set_title(f"{name}: true {of} (grey),\nlive components (arrows)", fontsize=11)
            strength, feature = gates[name].max(dim=0)
            live = (strength > _LIVE).nonzero()[:, 0]
            live = live[(feature[live] - 0.5 * strength[live]).argsort()]
            image = right.imshow(gates[name][:, live].numpy(), cmap="viridis", vmin=0, vmax=1)
            right.set_xticks(range(len(live)), labels=[f"#{c}" for c in live.tolist()], fontsize=9)
            right.set_yticks(range(len(gates[name])))
            right.set(ylabel="feature alone", xlabel="live component")
            likeness, size = scores[name]
            many = f"{len(live)} of {gates[name].shape[1]} are live:"
            right.set_title(f"{many}\nMMCS {likeness:.3f}, ML2R {size:.3f}", fontsize=11)
        fig.colorbar(image, ax=panels[-1], label="gate", shrink=0.8)
        fig.suptitle(f"A pentagon, taken apart (worst masks: error {worst:.3f})", x=0.01, ha="left")
    fig.alt = "Live components beside the true directions, and their gates. " + " ".join(
        f"{name}: {int((g > _LIVE).any(dim=0).sum())} of {g.shape[1]} live, MMCS "
        f"{scores[name][0]:.3f}, ML2R {scores[name][1]:.3f}."
        for name, g in gates.items()
    )
    return fig
