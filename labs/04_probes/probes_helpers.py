"""Given code of lab 04: what the notebook uses and nobody has to write.

Probes by scikit-learn, coins, places in a text, maps side by side. Nothing here answers an
exercise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from labkit import plots
from labkit.plots.figure import Figure, drawing
from labkit.probing import Examples, Labelled
from labkit.probing.quotes import spans
from torch import Tensor
from tqdm.auto import tqdm

Fit = Callable[
    [Float[Tensor, "n d"], Bool[Tensor, " n"]], tuple[Float[Tensor, " d"], Float[Tensor, ""]]
]
"""Takes rows and their labels, returns weights and a bias: True where ``x @ w + b > 0``."""

CHALLENGE = "readout"
"""The kind of planted model that this lab's challenge uses."""

HEADLINE = Path(os.environ.get("INTERP_LABS_OUT", "figures")) / "headline.png"
"""Where the notebook's headline cell saves its figure."""

CORES = min(2, torch.get_num_threads())
"""Threads for the sweeps over the real model; the tiny ones do not gain by more.

On a machine that others use too, start Jupyter with ``OMP_NUM_THREADS=1``: threads that have to
wait for each other's core make everything slower.
"""

_FEW = 12  # steps that need no progress bar
_WINDOW = (-6, 5)  # places before and after the mark that a map shows


def sklearn_logistic(
    X: Float[Tensor, "n d"], y: Bool[Tensor, " n"], l2: float
) -> tuple[Float[Tensor, " d"], Float[Tensor, ""]]:
    """Fit scikit-learn's LogisticRegression, its C set so that ``l2`` means what it does here.

    Theirs is a sum over examples and C stands before it; ours is a mean, and l2 stands before the
    penalty: C = 1 / (n * l2).
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / (len(X) * l2), max_iter=2000, tol=1e-5)
    model.fit(X.numpy(), y.numpy())
    return torch.from_numpy(model.coef_[0]).to(X), torch.tensor(model.intercept_[0]).to(X)


def on_raw(
    fit: Callable[..., tuple[Tensor, Tensor]], X: Float[Tensor, "n d"], y: Bool[Tensor, " n"],
    l2: float,
) -> tuple[Float[Tensor, " d"], Float[Tensor, ""]]:  # fmt: skip
    """Fit on standardised rows, and return weights and bias for the rows as they were."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(X.numpy())
    w, b = fit(torch.from_numpy(scaler.transform(X.numpy())), y, l2)
    w = w / torch.from_numpy(scaler.scale_).to(X)
    return w, b - w @ torch.from_numpy(scaler.mean_).to(X)


def logistic(l2: float) -> Fit:
    """Return a probe: standardise, fit scikit-learn's logistic regression, undo the scaling."""
    return lambda X, y: on_raw(sklearn_logistic, X, y, l2)


def ridge(l2: float) -> Fit:
    """Return a probe: standardise, fit scikit-learn's Ridge to targets +1 and -1, undo the scaling.

    Theirs is a sum of squares, ours a mean: alpha = n * l2.
    """
    from sklearn.linear_model import Ridge

    def fit(Z: Tensor, y: Tensor, strength: float) -> tuple[Tensor, Tensor]:
        model = Ridge(alpha=len(Z) * strength).fit(Z.numpy(), 2.0 * y.numpy() - 1)
        return torch.from_numpy(model.coef_).to(Z), torch.tensor(model.intercept_).to(Z)

    return lambda X, y: on_raw(fit, X, y, l2)


def nearest_mean(
    X: Float[Tensor, "n d"], y: Bool[Tensor, " n"]
) -> tuple[Float[Tensor, " d"], Float[Tensor, ""]]:
    """Fit the probe that says the class whose mean is nearer: for checks, where speed counts."""
    yes, no = X[y].mean(0), X[~y].mean(0)
    return 2 * (yes - no), no @ no - yes @ yes


def as_double(probe: tuple[Tensor, Tensor | float]) -> tuple[Tensor, Tensor]:
    """Return a probe's weights and bias as float64, whatever they came as: for checks."""
    w, b = probe
    return w.double(), torch.as_tensor(b, dtype=torch.float64)


def coins(n: int, seed: int) -> Bool[Tensor, " n"]:
    """Throw n coins of which half, rounded down, fall on heads."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randperm(n, generator=generator) < n // 2


def progress(steps: Sequence[int]) -> Iterator[int]:
    """Go through steps with a progress bar, where there are many."""
    return iter(tqdm(steps, unit="layer", leave=False, disable=len(steps) <= _FEW))


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")


def last_tokens(places: Examples) -> Examples:
    """Keep the last place of each text."""
    last = torch.cat([places.text[1:] != places.text[:-1], torch.tensor([True])])
    return places.where(last)


def around_the_mark(places: Examples) -> tuple[Int[Tensor, " example"], list[str]]:
    """Say how far each token stands from the place at which its text and its twin part.

    That is where a quotation is closed in the one and goes on in the other.

    Args:
        places: every token but the first, of texts 2i and 2i + 1 that are twins.

    Returns:
        A column for each example, 0 for six tokens before that place; -1 outside of the map. And
        the columns' names.
    """
    columns = torch.full((len(places),), -1)
    first, last = _WINDOW
    for text in range(0, len(places.texts), 2):
        twins = [(places.text == number).nonzero()[:, 0] for number in (text, text + 1)]
        one, other = (places.token[rows].tolist() for rows in twins)
        parting = next(
            i for i, pair in enumerate(zip(one, other, strict=False)) if len({*pair}) > 1
        )
        for rows in twins:
            distance = torch.arange(len(rows)) - parting
            shown = (distance >= first) & (distance <= last)
            columns[rows[shown]] = distance[shown] - first
    return columns, [f"{distance:+d}" if distance else "0" for distance in range(first, last + 1)]


def reworded(data: Labelled, groups: Container[int], change: Callable[[str], str]) -> Labelled:
    """Return the texts of some templates of the quotes, changed, with their quotations found anew.

    A change must leave no two texts equal and every text with the number of marks it had.
    """
    rows = [row for row, group in enumerate(data.groups.tolist()) if group in groups]
    texts = tuple(change(data.texts[row]) for row in rows)
    return replace(
        data, texts=texts, labels=data.labels[rows], groups=data.groups[rows],
        fillers=data.fillers[rows], spans=tuple(spans(text) for text in texts),
    )  # fmt: skip


def token_table(
    tokens: Int[Tensor, " example"], labels: Bool[Tensor, " example"],
    train: Bool[Tensor, " example"], test: Bool[Tensor, " example"],
) -> float:  # fmt: skip
    """Return the test accuracy of a table that knows nothing but each token's usual label.

    A token that does not occur in training gets the more frequent label.
    """
    usual = labels[train].double().mean()
    table = {
        token: labels[train & (tokens == token)].double().mean()
        for token in tokens[train].unique().tolist()
    }
    said = torch.stack([table.get(token, usual) for token in tokens[test].tolist()]) > 0.5
    return float((said == labels[test]).double().mean())


def maps(
    grids: Mapping[str, Float[Tensor, "layer column"]], *, x: Sequence[str], xlabel: str,
    limits: tuple[float, float], unit: str,
) -> Figure:  # fmt: skip
    """Draw maps side by side with one scale of colours, layer 0 at the bottom."""
    with drawing(5.2 * len(grids), 5.6) as fig:
        panels = np.atleast_1d(fig.subplots(1, len(grids), sharex=True, sharey=True))
        image: Any = None
        for axes, (name, grid) in zip(panels, grids.items(), strict=True):
            image = axes.imshow(
                grid.detach().float().numpy(), cmap="viridis", vmin=limits[0], vmax=limits[1],
                aspect="auto", origin="lower", interpolation="nearest",
            )  # fmt: skip
            axes.set(title=name, xlabel=xlabel, ylabel="layer")
            axes.label_outer()
            axes.set_xticks(range(len(x)), labels=plots.labels(x))
        fig.colorbar(image, ax=list(panels), fraction=0.04, pad=0.02, label=unit)
    fig.alt = f"{len(grids)} maps, layer by {xlabel}, colour: {unit}. " + " ".join(
        f"{name}: mean {grid.nanmean():.2f}, from {np.nanmin(grid.numpy()):.2f} to "
        f"{np.nanmax(grid.numpy()):.2f}."
        for name, grid in grids.items()
    )
    return fig


def small_curves(
    curves: Mapping[str, Float[Tensor, " layer"]], marked: Mapping[str, int], *, level: float,
    ylabel: str, limits: tuple[float, float], title: str,
) -> Figure:  # fmt: skip
    """Draw one small panel for each curve over layers, with a ring at its marked layer."""
    with drawing(9.0, 4.8) as fig:
        panels = np.atleast_2d(fig.subplots(2, (len(curves) + 1) // 2, sharex=True, sharey=True))
        for axes, (name, curve) in zip(panels.flat, curves.items(), strict=False):
            axes.plot(curve.numpy(), color="#0072b2", marker=".", linewidth=1.2)
            at = marked[name]
            axes.plot(at, curve[at], "o", mfc="none", mec="#d55e00", mew=2, markersize=11)
            axes.axhline(level, color="#4a4f57", linestyle=":", linewidth=1.5)
            axes.set(title=name, xlabel="layer", ylabel=ylabel, ylim=limits)
            axes.label_outer()
        fig.suptitle(title)
    fig.alt = f"{title}. " + " ".join(
        f"{name}: {curve[0]:.2f} at layer 0, {curve[-1]:.2f} at the end, from {curve.min():.2f} to "
        f"{curve.max():.2f}; marked: layer {marked[name]}."
        for name, curve in curves.items()
    )
    return fig
