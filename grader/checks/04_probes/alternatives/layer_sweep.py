"""Other right ways to write layer_sweep."""

import numpy as np
import torch


def all_layers_in_one_product(fit, acts, labels, columns, train, test):
    """Probes first, then all scores by einsum; the columns by scatter."""
    probes = [fit(layer[train], labels[train]) for layer in acts]
    W = torch.stack([w for w, _ in probes])
    b = torch.stack([torch.as_tensor(bias) for _, bias in probes])
    scores = torch.einsum("lnd,ld->ln", acts[:, test], W.to(acts.dtype)) + b[:, None]
    right = ((scores > 0) == labels[test]).double()
    n_columns = int(columns.max()) + 1
    sums = torch.zeros(len(acts), n_columns, dtype=torch.float64)
    sums.index_add_(1, columns[test], right)
    return sums / torch.bincount(columns[test], minlength=n_columns)


def numpy_and_loops(fit, acts, labels, columns, train, test):
    """Entry by entry, a grid of nan that is filled where something was measured."""
    grid = np.full((acts.shape[0], columns.max().item() + 1), np.nan)
    for layer in range(acts.shape[0]):
        w, b = fit(acts[layer][train], labels[train])
        for c in range(grid.shape[1]):
            rows = [i for i in range(len(labels)) if test[i] and columns[i] == c]
            if rows:
                hits = [bool(acts[layer, i] @ w + b > 0) == bool(labels[i]) for i in rows]
                grid[layer, c] = sum(hits) / len(hits)
    return torch.from_numpy(grid)


def one_hot_average(fit, acts, labels, columns, train, test):
    """A matrix of which row belongs to which column; float32."""
    membership = torch.nn.functional.one_hot(columns, int(columns.max()) + 1).float()
    membership = membership * test[:, None]
    lines = []
    for rows in acts.float().unbind():
        w, b = fit(rows[train], labels[train])
        right = torch.eq(torch.gt(rows @ w + b, 0), labels).float()
        lines.append(right @ membership / membership.sum(dim=0))
    return torch.stack(lines)
