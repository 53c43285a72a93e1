"""Other right ways to write effect_against_random."""

import numpy as np
import torch


def sorted_search(effects, random):
    """The sizes are sorted (numpy puts nan last); a binary search counts."""
    sizes = np.sort(np.max(np.abs(random.numpy()), axis=1))
    below = np.searchsorted(sizes, np.abs(effects.numpy()), side="left")
    return torch.from_numpy((len(sizes) - below + 1) / (len(sizes) + 1))


def by_loops(effects, random):
    """Plain loops: a control is beaten only if each of its effects is smaller."""
    result = []
    for effect in effects.abs().tolist():
        unbeaten = 1 + sum(
            not all(value < effect for value in row) for row in random.abs().tolist()
        )
        result.append(unbeaten / (1 + len(random)))
    return torch.tensor(result)
