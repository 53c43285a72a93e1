"""Given code of lab 04's part III: training the toy model, and looking on while it learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from labkit.plots.figure import Figure, drawing
from torch import Tensor
from tqdm.auto import tqdm

Forward = Callable[[Tensor, Tensor, Tensor], Tensor]
Batch = Callable[[int, int, float, int], Tensor]

STEPS = 1500
LOOKS = (*range(0, 200, 20), *range(200, STEPS + 1, 100))
"""After how many steps the columns are looked at: most of it happens early."""


def train(
    forward: Forward,
    batch: Batch,
    *,
    features: int,
    dimensions: int,
    probability: float,
    seed: int,
    decay: float = 1.0,
    watch: bool = False,
) -> list[Float[Tensor, "dimensions features"]]:
    """Train a toy model to give back its sparse input, with Adam and a cosine decay.

    On one thread: the matrices are tiny, and threads would wait for each other.

    Args:
        forward: (x, W, b) -> output, the student's.
        batch: (batch, features, probability, seed) -> x, the student's.
        decay: what each feature counts in the loss, in parts of what the one before it counts.
        watch: show the columns as they move; only a notebook can.

    Returns:
        The matrix after each of ``LOOKS`` steps, from before the first to after the last.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _train(forward, batch, (dimensions, features), probability, seed, decay, watch)
    finally:
        torch.set_num_threads(threads)


def _train(
    forward: Forward, batch: Batch, shape: tuple[int, int], probability: float, seed: int,
    decay: float, watch: bool,
) -> list[Tensor]:  # fmt: skip
    start = torch.Generator().manual_seed(seed)
    W = (0.3 * torch.randn(shape, generator=start)).requires_grad_()
    b = torch.zeros(shape[1], requires_grad=True)
    counts = decay ** torch.arange(shape[1])
    adam = torch.optim.Adam([W, b], lr=1e-2)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
    seen = [W.detach().clone()]
    moving = _Moving(seen[0]) if watch else None
    title = f"{shape[1]} features in {shape[0]} dimensions, p = {probability:g}"
    for step in tqdm(range(STEPS), desc=title, leave=False, mininterval=0.5):
        x = batch(256, shape[1], probability, 100_000 * (seed + 1) + step).float()
        missed = (counts * (forward(x, W, b) - x).square()).sum(dim=1).mean()
        adam.zero_grad()
        missed.backward()
        adam.step()
        decay.step()
        if step + 1 in LOOKS:
            seen.append(W.detach().clone())
            # Drawing takes longer than the steps between two looks: every fourth is shown.
            if moving is not None and len(seen) % 4 == 0:
                moving.show(seen[-1], step + 1)
    return seen


class _Moving:
    """A figure in the notebook's output that is drawn anew while something trains."""

    def __init__(self, W: Tensor) -> None:
        from IPython.display import HTML, display

        self._shown: Any = display(HTML(strip([W], ["step 0"]).to_html()), display_id=True)

    def show(self, W: Tensor, step: int) -> None:
        if self._shown is not None:  # None outside a notebook
            from IPython.display import HTML

            self._shown.update(HTML(strip([W], [f"step {step}"]).to_html()))


def strip(
    matrices: Sequence[Float[Tensor, "2 features"]], titles: Sequence[str], title: str = ""
) -> Figure:
    """Draw the columns of 2 x n matrices as arrows in the plane, one panel for each matrix.

    Columns that are about 0 share one label, beside the origin.
    """
    with drawing(2.5 * len(matrices) + 0.4, 3.5 if title else 3.1) as fig:
        panels = fig.subplots(1, len(matrices), sharex=True, sharey=True, squeeze=False)[0]
        reach = 1.15 * max(1.0, max(float(W.abs().max()) for W in matrices))
        for axes, W, name in zip(panels, matrices, titles, strict=True):
            lost = [str(number) for number, v in enumerate(W.T) if v.norm() < 0.1 * reach]
            if lost:
                axes.annotate(", ".join(lost), (0, 0), xytext=(5, -12), fontsize=9,
                              textcoords="offset points")  # fmt: skip
            for number, (x, y) in enumerate(W.T.tolist()):
                axes.plot([0, x], [0, y], color="#0072B2", linewidth=1.8)
                axes.plot([x], [y], "o", color="#D55E00", markersize=5)
                if str(number) not in lost:
                    axes.annotate(str(number), (x, y), xytext=(4, 3), fontsize=9,
                                  textcoords="offset points")  # fmt: skip
            axes.set(title=name, xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
            axes.grid(True, linewidth=0.4)
        if title:
            fig.suptitle(title, x=0.01, ha="left")
    fig.alt = f"{title} Columns in the plane. " + " ".join(
        f"{name}: " + ", ".join(f"({x:.1f}, {y:.1f})" for x, y in W.T.tolist()) + "."
        for W, name in zip(matrices, titles, strict=True)
    )
    return fig


def corners(k: int, size: float = 1.0) -> Float[Tensor, "2 k"]:
    """Return the corners of a regular k-gon as columns, float64."""
    angle = 2 * torch.pi * torch.arange(k, dtype=torch.float64) / k
    return size * torch.stack([torch.cos(angle), torch.sin(angle)])
