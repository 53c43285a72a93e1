"""Which layer the dictionary belongs to: the one where the probing features are read best.

A logistic probe for each feature of `labkit.probing` and each layer, judged on templates that it
never saw. Different features peak at different layers, and a dictionary is to serve all of them:
so a layer counts as much as the feature that it shows worst.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from labkit import probing

_PAIRS, _FOLDS, _SEED = 14, 5, 0  # pairs a template: `truth` has no more
_PLACES = 700  # of a feature with a label for each token


def reading_table(model: TransformerBridge) -> tuple[list[str], Float[Tensor, "feature layer"]]:
    """Return the features and the accuracy of their probes on held-out templates, by layer.

    Layer l is the residual stream after l blocks, as in `labkit.probing.activations`.
    """
    rows = []
    for feature in probing.FEATURES:
        data = probing.labelled(feature, pairs=_PAIRS, seed=_SEED)
        places = probing.examples(model, data)
        if len(places) > _PLACES:
            generator = torch.Generator().manual_seed(_SEED)
            places = places.where(torch.randperm(len(places), generator=generator)[:_PLACES])
        acts = probing.activations(model, places).numpy()
        labels, groups = places.labels.numpy(), places.groups.numpy()
        rows.append([_held_out_accuracy(layer, labels, groups) for layer in acts])
    return list(probing.FEATURES), torch.tensor(rows)


def best_layer(table: Float[Tensor, "feature layer"]) -> int:
    """Return the layer whose worst-read feature is read best; the first of several."""
    return int(table.min(dim=0).values.argmax())


def print_table() -> None:
    """Measure and print the table, and the layer that it chooses."""
    from labkit import models

    features, table = reading_table(models.load("smollm2"))
    print("layer  " + "  ".join(f"{name:>9}" for name in features) + "      mean     worst")
    for layer, column in enumerate(table.T):
        cells = "  ".join(f"{value:9.3f}" for value in column.tolist())
        print(f"{layer:5}  {cells} {column.mean():9.3f} {column.min():9.3f}")
    print(f"read best after {best_layer(table)} blocks")


def _held_out_accuracy(
    acts: np.ndarray, labels: np.ndarray, groups: np.ndarray
) -> float:  # acts [example, d_model]
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    right = []
    for train, test in GroupKFold(_FOLDS).split(acts, labels, groups):
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        right.append(probe.fit(acts[train], labels[train]).score(acts[test], labels[test]))
    return float(np.mean(right))
