"""Other right ways to write completeness."""

import torch


def by_where(score, circuit, subsets):
    """`torch.where` in place of the operators, and a tensor filled entry by entry, in float64."""
    gaps = torch.empty(len(subsets), dtype=torch.float64)
    off = torch.zeros_like(circuit)
    for i in range(subsets.shape[0]):
        of_circuit = score(torch.where(subsets[i], off, circuit))
        of_model = score(torch.where(subsets[i], off, torch.ones_like(circuit)))
        gaps[i] = of_circuit - of_model if of_circuit > of_model else of_model - of_circuit
    return gaps


def on_lists_of_heads(score, circuit, subsets):
    """Sets of pairs, turned into masks again to be scored."""

    def mask(heads):
        made = torch.zeros(circuit.shape, dtype=torch.bool)
        for layer, head in heads:
            made[layer, head] = True
        return made

    everything = {(i, j) for i in range(circuit.shape[0]) for j in range(circuit.shape[1])}
    mine = {tuple(place) for place in circuit.nonzero().tolist()}
    gaps = []
    for subset in subsets:
        gone = {tuple(place) for place in subset.nonzero().tolist()}
        gaps.append(abs(score(mask(mine - gone)) - score(mask(everything - gone))))
    return torch.tensor(gaps)
