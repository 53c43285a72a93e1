"""Other right ways to write commit_layer."""

import torch


def walk_back(ranks):
    """From the last layer down, for as long as the answer is on top."""
    commits = []
    for trajectory in ranks.t().tolist():
        layer = len(trajectory)
        while layer > 0 and trajectory[layer - 1] == 0:
            layer -= 1
        commits.append(layer)
    return torch.tensor(commits)


def flip_and_accumulate(ranks):
    """Layers minus the length of the last stretch of zeros, in int32."""
    stay = ranks.eq(0).flip(0).to(torch.int32).cumprod(0)
    return (len(ranks) - stay.sum(0)).to(torch.int32)


def largest_so_far_from_the_end(ranks):
    """The worst rank from here on; count the layers where it is above 0."""
    worst_to_come = ranks.flip(0).cummax(0).values.flip(0)
    return (worst_to_come > 0).sum(dim=0)
