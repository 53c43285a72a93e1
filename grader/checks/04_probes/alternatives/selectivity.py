"""Other right ways to write selectivity."""

import torch


def control_first_in_numpy(fit, X, task, control, train, test):
    """The control before the task; the counting in numpy."""
    import numpy as np

    errors = {}
    for name, labels in (("control", control), ("task", task)):
        w, b = fit(X[train.nonzero()[:, 0]], labels[train.nonzero()[:, 0]])
        scores = X[test].numpy() @ w.numpy() + float(b)
        errors[name] = np.mean((scores > 0) != labels[test].numpy())
    return float(errors["control"] - errors["task"])


def example_by_example(fit, X, task, control, train, test):
    """A loop over the test examples; a 0-dimensional tensor comes back."""
    rows = test.nonzero().flatten().tolist()
    probes = [fit(X[train], labels[train]) for labels in (task, control)]
    total = 0
    for (w, b), labels, sign in zip(probes, (task, control), (1, -1), strict=True):
        for row in rows:
            said = bool((X[row] * w).sum() + b > 0)
            total += sign * (said == bool(labels[row]))
    return torch.tensor(total / len(rows))


def scores_of_all_rows(fit, X, task, control, train, test):
    """Scores for every row in one go, masked at the end; double precision."""
    both = torch.stack([task, control])
    fitted = [fit(X[train], labels[train]) for labels in both]
    W = torch.stack([w for w, _ in fitted]).double()
    b = torch.stack([torch.as_tensor(bias) for _, bias in fitted]).double()
    right = (both == (X.double() @ W.T + b > 0).T)[:, test].double().mean(dim=1)
    return right[0] - right[1]
