"""Given code of lab 06, part I: pictures, tables, and what a prediction is held against.

Nothing here answers an exercise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from labkit.plots.figure import BLUE, CYCLE, VERMILION, Figure, drawing
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

OUT = Path(os.environ.get("INTERP_LABS_OUT", "figures"))
"""The folder that the notebook writes into."""

HEADLINE = OUT / "headline.png"
"""Where the last cell of the notebook saves its figure."""

CHALLENGE = "decomposition"
"""The kind of planted model that this lab's challenge uses."""

_DASHES = ("-", "--", "-.", ":")


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")


def arrows(matrices: Mapping[str, Float[Tensor, "2 features"]], title: str) -> Figure:
    """Draw the columns of 2 x n matrices as numbered arrows in the plane, a panel for each."""
    with drawing(3.3 * len(matrices) + 0.4, 3.7) as fig:
        panels = fig.subplots(1, len(matrices), sharex=True, sharey=True, squeeze=False)[0]
        reach = 1.2 * max(1.0, *(float(W.abs().max()) for W in matrices.values()))
        for axes, (name, W) in zip(panels, matrices.items(), strict=True):
            for number, (x, y) in enumerate(W.T.tolist()):
                axes.plot([0, x], [0, y], color=BLUE, linewidth=1.8)
                axes.plot([x], [y], "o", color=VERMILION, markersize=5)
                axes.annotate(str(number), (x, y), xytext=(4, 3), fontsize=9,
                              textcoords="offset points")  # fmt: skip
            axes.set(title=name, xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
            axes.grid(True, linewidth=0.4)
        fig.suptitle(title, x=0.01, ha="left")
    fig.alt = f"{title}. " + " ".join(
        f"{name}: " + ", ".join(f"({x:.1f}, {y:.1f})" for x, y in W.T.tolist()) + "."
        for name, W in matrices.items()
    )
    return fig


def random_scores(numbers: Sequence[int], scores: Mapping[str, Sequence[float]]) -> Figure:
    """Draw what random components score, against how many they are, on a logarithmic axis."""
    with drawing(6.0, 3.6) as fig:
        axes = fig.add_subplot()
        for place, (name, values) in enumerate(scores.items()):
            axes.plot(numbers, values, color=CYCLE[place], linestyle=_DASHES[place],
                      marker="os"[place % 2], label=name)  # fmt: skip
        axes.axhline(1, color="#8a929b", linewidth=1.2, linestyle=":", label="a right answer")
        axes.set_xscale("log")
        axes.set_xticks(list(numbers), [str(n) for n in numbers])
        axes.minorticks_off()
        axes.set(title="What dice score", xlabel="random components", ylim=(0, None))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend()
    ends = ", ".join(f"{name} {v[0]:.2f} to {v[-1]:.2f}" for name, v in scores.items())
    fig.alt = f"Scores of {numbers[0]} to {numbers[-1]} random components: {ends}."
    return fig


def leaks(
    z: Float[Tensor, " point"],
    values: Mapping[str, Float[Tensor, " point"]],
    slopes: Mapping[str, Float[Tensor, " point"]],
) -> Figure:
    """Draw the two gate functions, and beside them their slopes on a logarithmic axis."""
    with drawing(8.2, 3.4) as fig:
        left, right = fig.subplots(1, 2)
        for axes, curves in ((left, values), (right, slopes)):
            for place, (name, curve) in enumerate(curves.items()):
                shown = curve.detach().where(curve != 0, torch.nan) if axes is right else curve
                axes.plot(z.tolist(), shown.detach().tolist(), color=CYCLE[place],
                          linestyle=_DASHES[place], label=name)  # fmt: skip
            axes.set_xlabel("z")
            axes.spines[["top", "right"]].set_visible(False)
        left.set_title("value")
        right.set_title("slope (none drawn: 0)")
        right.set_yscale("log")
        left.legend()
    fig.alt = (
        "Two gate functions. Both are 0 below 0 and equal z up to 1; upper-leaky goes on rising "
        "slowly. Slopes: 1 inside; lower-leaky 0.01 below 0, upper-leaky 0.01 above 1."
    )
    return fig


def clouds(g: Float[Tensor, "batch C"], masks: Mapping[str, Float[Tensor, "batch C"]]) -> Figure:
    """Draw masks against their gates, a panel for each way of drawing them."""
    with drawing(3.4 * len(masks), 3.3) as fig:
        panels = fig.subplots(1, len(masks), sharey=True, squeeze=False)[0]
        for axes, (name, drawn) in zip(panels, masks.items(), strict=True):
            axes.scatter(g.flatten().tolist(), drawn.flatten().tolist(), s=3, color=BLUE)
            axes.plot([0, 1], [0, 1], color=VERMILION, linestyle="--", linewidth=1.4)
            axes.set(title=name, xlabel="gate", aspect="equal")
            axes.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("mask")
    fig.alt = "Masks against gates: evenly between the gate (dashed) and 1, or at either end."
    return fig


def written(W: Float[Tensor, "2 features"], answers: Mapping[str, tuple[Tensor, Tensor]]) -> Figure:
    """Draw what each component writes for each feature, over the true columns in grey."""
    with drawing(2.6 * len(answers), 3.0) as fig:
        panels = fig.subplots(1, len(answers), sharex=True, sharey=True)
        reach = 1.15 * max(1.0, float(W.abs().max()))
        for axes, (name, (U, V)) in zip(panels, answers.items(), strict=True):
            for x, y in W.T.tolist():
                axes.plot([0, x], [0, y], color="#b5bcc4", linewidth=5, solid_capstyle="round")
            made = torch.einsum("oc,ci->cio", U, V).flatten(0, 1)
            for x, y in made[made.norm(dim=1) > 1e-6].tolist():
                axes.plot([0, x], [0, y], color=BLUE, linewidth=1.4)
                axes.plot([x], [y], "o", color=VERMILION, markersize=3.5)
            axes.set(title=name, xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
            axes.grid(True, linewidth=0.4)
    fig.alt = "What components write in the plane, beside the true columns: " + ", ".join(
        f"{name} ({U.shape[1]} components)" for name, (U, _) in answers.items()
    )
    return fig


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their headings; numbers with three digits, small ones as powers of ten."""
    shown = [list(head), *([str(row[0]), *map(_short, row[1:])] for row in rows)]
    widths = [max(map(len, column)) + 2 for column in zip(*shown, strict=True)]
    for name, *cells in shown:
        ends = (f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
        print(f"{name:{widths[0]}}" + "".join(ends))


def _short(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if value != 0 and abs(value) < 1e-3:
        return f"{value:.0e}"
    return f"{value:.3f}"


def largest_tensor(function: Callable[..., object], *args: object) -> int:
    """Call a function and return how many numbers the largest tensor holds that is made in it."""
    with _Watch() as watch:
        function(*args)
    return watch.most


class _Watch(TorchDispatchMode):
    """Looks at whatever an operation of torch's returns; views of expanded tensors count, too."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for made in out if isinstance(out, tuple | list) else [out]:
            if isinstance(made, Tensor):
                self.most = max(self.most, made.numel())
        return out
