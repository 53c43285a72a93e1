"""Other right ways to write minimality_loss."""

import torch


def side_by_side(g, p):
    """All components beside one another, then one einsum."""
    powers = torch.cat([gate**p for gate in g.values()], dim=-1)
    return torch.einsum("bc->", powers) / len(powers)


def sample_by_sample(g, p):
    """Loops, with p-norms."""
    samples = len(next(iter(g.values())))
    total = torch.zeros(())
    for gate in g.values():
        for row in gate:
            total = total + torch.sum(torch.pow(row, p)) / samples
    return total
