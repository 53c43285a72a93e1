"""Wrong toy models."""

import torch


def no_relu(x, W, b):
    """You leave the ReLU out: then negative interference stays, and superposition does not pay."""
    return x @ W.mT @ W + b


def relu_in_the_middle(x, W, b):
    """You put the ReLU in the middle: the hidden layer is linear, the bend is at the end."""
    return torch.relu(x @ W.mT) @ W + b


def relu_twice(x, W, b):
    """You put a ReLU in the middle, too: the hidden layer is linear."""
    return torch.relu(torch.relu(x @ W.mT) @ W + b)


def bias_forgotten(x, W, b):
    """You leave the bias out: it is what lets the model cut small interference off."""
    return torch.relu(x @ W.mT @ W)


def bias_behind_the_relu(x, W, b):
    """You add the bias behind the ReLU: before it, so that it moves the place of the bend."""
    return torch.relu(x @ W.mT @ W) + b


def bias_subtracted(x, W, b):
    """You subtract the bias: it is added."""
    return torch.relu(x @ W.mT @ W - b)


def bias_on_the_input(x, W, b):
    """You add the bias to the input: it is added to the output."""
    return torch.relu((x + b) @ W.mT @ W)


def absolute_value(x, W, b):
    """You take the absolute value: what is negative becomes 0."""
    return (x @ W.mT @ W + b).abs()


def softplus(x, W, b):
    """You use a smooth bend: the ReLU is 0 below 0 and the identity above."""
    return torch.nn.functional.softplus(x @ W.mT @ W + b)


def sigmoid(x, W, b):
    """You use a sigmoid: a ReLU is meant."""
    return torch.sigmoid(x @ W.mT @ W + b)


def hidden_returned(x, W, b):
    """You return the hidden layer: the output has one entry for each feature."""
    return x @ W.mT


def columns_normalised(x, W, b):
    """You normalise the columns: their lengths say how well a feature is kept."""
    unit = W / W.norm(dim=0).clamp(min=1e-9)
    return torch.relu(x @ unit.mT @ unit + b)


def way_back_by_pseudo_inverse(x, W, b):
    """You go back up by the pseudo-inverse: by the transposed matrix."""
    return torch.relu(x @ W.mT @ torch.linalg.pinv(W).mT + b)


def input_added(x, W, b):
    """You add the input to the output, as a residual stream would: nothing goes around the
    bottleneck."""
    return torch.relu(x + x @ W.mT @ W + b)


def interference_left_out(x, W, b):
    """You multiply each feature by its own squared length: what others give it is left out, and
    that is what superposition is about."""
    return torch.relu(x * W.square().sum(0) + b)


def in_place(x, W, b):
    """You write into the input."""
    x.copy_(torch.relu(x @ W.mT @ W + b))
    return x


def detached(x, W, b):
    """You cut the gradient off: the model could not be trained."""
    with torch.no_grad():
        return torch.relu(x @ W.mT @ W + b)
