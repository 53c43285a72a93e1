"""Other right ways to list the live components."""

import torch


def by_the_largest(g, threshold=0.1):
    """The largest gate of each component decides; `where` gives the indices."""
    return {name: torch.where(gate.amax(0) > threshold)[0] for name, gate in g.items()}


def one_by_one(g, threshold=0.1):
    """Loops."""
    live = {}
    for name, gate in g.items():
        found = []
        for c in range(gate.shape[1]):
            if any(float(value) > threshold for value in gate[:, c]):
                found.append(c)
        live[name] = torch.tensor(found, dtype=torch.int64)
    return live
