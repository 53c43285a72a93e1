"""Wrong faithfulness losses that students write."""

import torch


def _off(weights, parts):
    return {name: weights[name] - U @ V for name, (U, V) in parts.items()}


def _entries(weights, parts):
    return sum(weights[name].numel() for name in parts)


def mean_of_layers(weights, parts):
    """You average over layers: an entry of a small layer then counts more than one of a large
    layer. Divide the sum of all squares by the number of all entries."""
    return torch.stack([off.square().mean() for off in _off(weights, parts).values()]).mean()


def sum_of_layer_means(weights, parts):
    """You add the layers' means up: an entry of a small layer then counts more than one of a large
    layer. Divide the sum of all squares by the number of all entries."""
    return torch.stack([off.square().mean() for off in _off(weights, parts).values()]).sum()


def sum_of_squares(weights, parts):
    """You do not divide: the loss would grow with the model."""
    return torch.stack([off.square().sum() for off in _off(weights, parts).values()]).sum()


def root(weights, parts):
    """You take a root: the mean of the squares themselves is asked for."""
    total = torch.stack([off.square().sum() for off in _off(weights, parts).values()]).sum()
    return (total / _entries(weights, parts)).sqrt()


def absolute(weights, parts):
    """You take absolute differences: squares are asked for."""
    total = torch.stack([off.abs().sum() for off in _off(weights, parts).values()]).sum()
    return total / _entries(weights, parts)


def divided_by_the_layers(weights, parts):
    """You divide by the number of layers: the number of all entries belongs there."""
    total = torch.stack([off.square().sum() for off in _off(weights, parts).values()]).sum()
    return total / len(parts)


def divided_by_the_components(weights, parts):
    """You divide by the number of entries of U and V: those of W are meant."""
    total = torch.stack([off.square().sum() for off in _off(weights, parts).values()]).sum()
    return total / sum(U.numel() + V.numel() for U, V in parts.values())


def relative(weights, parts):
    """You divide by the size of W: the number of its entries belongs there."""
    total = torch.stack([off.square().sum() for off in _off(weights, parts).values()]).sum()
    return total / sum(weights[name].square().sum() for name in parts)


def last_layer_only(weights, parts):
    """You return the loss of one layer: a `return` or an `=` inside the loop forgets the others."""
    for off in _off(weights, parts).values():
        loss = off.square().mean()
    return loss


def each_component_against_w(weights, parts):
    """You compare every component with W: their sum is compared."""
    total = sum(
        (weights[name] - torch.einsum("oc,ci->coi", U, V)).square().sum()
        for name, (U, V) in parts.items()
    )
    return total / _entries(weights, parts)


def mean_of_components(weights, parts):
    """You compare W with the mean of the components: it is their sum that has to be W."""
    total = sum(
        (weights[name] - U @ V / U.shape[1]).square().sum() for name, (U, V) in parts.items()
    )
    return total / _entries(weights, parts)


def detached(weights, parts):
    """You cut the components off from their gradient: nothing would be learned."""
    total = sum((weights[name] - (U @ V).detach()).square().sum() for name, (U, V) in parts.items())
    return total / _entries(weights, parts)


def signed(weights, parts):
    """You square after adding up: errors of opposite signs then cancel."""
    total = sum((off.sum() ** 2 for off in _off(weights, parts).values()), torch.tensor(0.0))
    return total / _entries(weights, parts)
