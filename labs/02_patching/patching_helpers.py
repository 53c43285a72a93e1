"""Given code of lab 02: what the notebook uses and nobody has to write.

Names of sites, a progress bar, a counter of forward passes, maps side by side, the headline figure.
Nothing here answers an exercise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from labkit import plots
from labkit.planted.sites import Sites
from labkit.plots.figure import Figure, drawing
from torch import Tensor
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

Metric = Callable[[Float[Tensor, "batch pos vocab"]], Float[Tensor, " batch"]]
"""Turns logits into one number for each row of the batch."""

CHALLENGE = "gate"
"""The kind of planted model that this lab's challenge uses."""

HEADLINE = Path(os.environ.get("INTERP_LABS_OUT", "figures")) / "headline.png"
"""Where the notebook's headline cell saves its figure."""

CORES = min(2, torch.get_num_threads())
"""Threads for the sweeps over the real model; the tiny ones do not gain by more.

On a machine that others use too, start Jupyter with ``OMP_NUM_THREADS=1``: threads that have to
wait for each other's core make everything slower.
"""

_NAMES = {"resid": "hook_resid_pre", "attn": "hook_attn_out", "mlp": "hook_mlp_out"}
_FEW = 12  # steps that need no progress bar


def site(kind: str, layer: int) -> str:
    """Return the hook name of a site: "resid" (stream before the block), "attn", "mlp" or "z".

    Raises:
        ValueError: no such kind.
    """
    if kind == "z":
        return f"blocks.{layer}.attn.hook_z"
    if kind not in _NAMES:
        raise ValueError(f"there is no kind of site {kind!r}: resid, attn, mlp or z")
    return f"blocks.{layer}.{_NAMES[kind]}"


def progress(steps: Sequence[int]) -> Iterator[int]:
    """Go through steps with a progress bar, where there are many."""
    return iter(tqdm(steps, unit="layer", leave=False, disable=len(steps) <= _FEW))


@contextmanager
def counting_passes(model: TransformerBridge) -> Iterator[list[int]]:
    """Count the forward passes of a model: the list gets the number of rows of each."""
    passes: list[int] = []

    def note(module: object, args: tuple[Tensor, ...], output: Tensor) -> None:
        passes.append(len(output))

    handle = model.original_model.register_forward_hook(note)
    try:
        yield passes
    finally:
        handle.remove()


def yes_minus_no(planted: Sites) -> Metric:
    """Return the metric of a planted model: 1 where it is as sure of yes as on the clean prompt."""

    def gap(logits: Float[Tensor, "batch pos vocab"]) -> Float[Tensor, " batch"]:
        return logits[:, -1, planted.yes] - logits[:, -1, planted.no]

    with torch.no_grad():
        clean, corrupted = gap(planted.model(torch.stack([planted.clean, planted.corrupted])))
    return lambda logits: (gap(logits) - corrupted) / (clean - corrupted)


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")


def maps(
    grids: Mapping[str, Float[Tensor, "layer column"]],
    *,
    columns: int = 2,
    x: Sequence[str] | None = None,
    xlabel: str = "position",
    limits: tuple[float, float] = (0, 1),
    unit: str = "0: corrupted, 1: clean",
) -> Figure:
    """Draw several maps of one shape with one scale of colours, layer 0 at the bottom."""
    names, tensors = list(grids), [grid.detach().float() for grid in grids.values()]
    rows = -(-len(names) // columns)
    layers, width = tensors[0].shape
    size = (min(5.8, 2.2 + 0.45 * width) * columns, (1.5 + 0.17 * max(layers, 8)) * rows)
    with drawing(*size) as fig:
        panels = np.atleast_1d(fig.subplots(rows, columns, sharex=True, sharey=True)).flatten()
        image: Any = None
        for axes, name, grid in zip(panels, names, tensors, strict=False):
            image = axes.imshow(
                grid.numpy(), cmap="viridis", vmin=limits[0], vmax=limits[1], aspect="auto",
                origin="lower", interpolation="nearest",
            )  # fmt: skip
            axes.set(title=name, xlabel=xlabel, ylabel="layer")
            axes.label_outer()
            if x is not None:
                axes.set_xticks(range(width), labels=plots.labels(x), rotation=90)
        for axes in panels[len(names) :]:
            axes.set_visible(False)
        fig.colorbar(image, ax=list(panels), fraction=0.04, pad=0.02, label=unit)
    fig.alt = f"{len(names)} maps, layer by {xlabel}. " + " ".join(
        f"{name}: {_where(grid)}." for name, grid in zip(names, tensors, strict=True)
    )
    return fig


def _where(grid: Tensor) -> str:
    """Say where a map is lowest and highest."""
    low, high = divmod(int(grid.argmin()), grid.shape[1]), divmod(int(grid.argmax()), grid.shape[1])
    return (
        f"lowest {grid.min():.2f} at layer {low[0]}, column {low[1]}; "
        f"highest {grid.max():.2f} at layer {high[0]}, column {high[1]}"
    )
