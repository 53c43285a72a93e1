"""Other right ways to write faithfulness."""

import torch


def one_minus_what_is_lost(score, circuit):
    """1 minus the lost share, as a tensor of no axes."""
    whole = score(torch.full(circuit.shape, True))
    none = score(circuit & ~circuit)
    return torch.tensor(1 - (whole - score(circuit)) / (whole - none), dtype=torch.float64)


def stacked(score, circuit):
    """All three scores in one tensor."""
    masks = torch.stack([circuit, circuit | ~circuit, torch.zeros_like(circuit)])
    part, whole, none = torch.tensor([score(mask) for mask in masks], dtype=torch.float64)
    return ((part - none) / (whole - none)).item()
