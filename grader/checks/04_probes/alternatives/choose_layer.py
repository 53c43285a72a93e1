"""Other right ways to write choose_layer."""

import torch


def python_lists(valid, test):
    """`index` finds the first of several."""
    shares = valid.tolist()
    layer = shares.index(max(shares))
    return layer, test.tolist()[layer]


def one_pass(valid, test):
    """Goes through the layers and keeps one that is better than all before; a tensor comes
    back."""
    best = 0
    for layer in range(1, len(valid)):
        if valid[layer] > valid[best]:
            best = layer
    return best, test[best]


def stable_sort(valid, test):
    """A stable sort keeps equal layers in their order."""
    order = torch.sort(valid, descending=True, stable=True).indices
    return order[0].item(), test[order][0].item()
