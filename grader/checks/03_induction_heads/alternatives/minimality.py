"""Other right ways to write minimality."""

import torch


def head_by_head(score, circuit, subsets):
    """Heads outside, subsets inside, a mask of the one head; heads in K are measured too (0)."""
    need = torch.zeros_like(circuit, dtype=torch.float64)
    for layer in range(circuit.shape[0]):
        for head in range(circuit.shape[1]):
            if circuit[layer, head]:
                v = torch.zeros_like(circuit)
                v[layer, head] = True
                changes = [abs(score(circuit & ~k) - score(circuit & ~(k | v))) for k in subsets]
                need[layer, head] = max(changes)
    return need


def table_and_amax(score, circuit, subsets):
    """A table [subset, head] of changes, then its maximum, scattered back by the mask."""
    places = circuit.nonzero()
    table = torch.zeros(len(subsets), len(places))
    for row, subset in enumerate(subsets):
        kept = torch.logical_and(circuit, torch.logical_not(subset))
        base = score(kept)
        for column, (layer, head) in enumerate(places.tolist()):
            mask = kept.clone()
            mask[layer, head] = False
            table[row, column] = base - score(mask)
    need = torch.zeros(circuit.shape)
    need[circuit] = table.abs().amax(dim=0)
    return need
