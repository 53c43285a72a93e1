"""Wrong tests of minimality that students write."""

import torch


def _need(score, circuit, subsets, *, change=None, collect=None, heads=None, start=None):
    """The right measure, with a place for each mistake."""
    change = change or (lambda kept, without: abs(score(kept) - score(without)))
    collect = collect or max
    start = start or (lambda k: circuit & ~k)
    heads = circuit if heads is None else heads
    need = torch.zeros(circuit.shape, dtype=torch.float64)
    for layer, head in heads.nonzero().tolist():
        values = []
        for k in subsets:
            kept = start(k)
            without = kept.clone()
            without[layer, head] = False
            values.append(float(change(kept, without)))
        need[layer, head] = collect(values)
    return need


def without_any_subset(score, circuit, subsets):
    """You take each head out of the whole circuit only: a head with a spare then seems superfluous.
    Try every K."""
    return _need(score, circuit, torch.zeros_like(subsets[:1]))


def first_subset_only(score, circuit, subsets):
    """You use the first K only: take the maximum over all."""
    return _need(score, circuit, subsets, collect=lambda values: values[0])


def last_subset_only(score, circuit, subsets):
    """Each K overwrites the one before: keep the largest change."""
    return _need(score, circuit, subsets, collect=lambda values: values[-1])


def mean_over_subsets(score, circuit, subsets):
    """You take the mean over the K: the best case of each head counts, the maximum."""
    return _need(score, circuit, subsets, collect=lambda values: sum(values) / len(values))


def sum_over_subsets(score, circuit, subsets):
    """You add up over the K: take the maximum."""
    return _need(score, circuit, subsets, collect=sum)


def smallest(score, circuit, subsets):
    """You take the smallest change: the best case of each head counts, the maximum."""
    return _need(score, circuit, subsets, collect=min)


def signed(score, circuit, subsets):
    """You keep the sign of the change: a head that works against the others is needed as well.
    Take the absolute value."""
    return _need(score, circuit, subsets, change=lambda kept, without: score(kept) - score(without))


def out_of_the_model(score, circuit, subsets):
    """You take the heads out of the whole model: they leave the circuit."""
    return _need(score, circuit, subsets, start=lambda k: ~k)


def against_the_whole_circuit(score, circuit, subsets):
    """You compare with the undamaged circuit: what K costs is then put down to the head. Compare
    with the circuit without K."""
    base = float(score(circuit))
    return _need(score, circuit, subsets, change=lambda kept, without: abs(base - score(without)))


def k_kept(score, circuit, subsets):
    """You keep the heads in K and take the others away: K is taken away."""
    return _need(score, circuit, subsets, start=lambda k: circuit & k)


def all_heads(score, circuit, subsets):
    """You also measure heads outside of the circuit, by letting them in: they get 0."""
    need = torch.zeros(circuit.shape, dtype=torch.float64)
    for layer, head in torch.ones_like(circuit).nonzero().tolist():
        for k in subsets:
            with_it, without = circuit & ~k, circuit & ~k
            with_it[layer, head], without[layer, head] = True, False
            change = abs(float(score(with_it)) - float(score(without)))
            need[layer, head] = max(need[layer, head].item(), change)
    return need


def head_alone(score, circuit, subsets):
    """You score each head alone: take it out of the circuit."""
    need = torch.zeros(circuit.shape, dtype=torch.float64)
    nothing = float(score(torch.zeros_like(circuit)))
    for layer, head in circuit.nonzero().tolist():
        one = torch.zeros_like(circuit)
        one[layer, head] = True
        need[layer, head] = abs(float(score(one)) - nothing)
    return need


def taken_out_for_good(score, circuit, subsets):
    """You never put a head back before you take out the next: start afresh for each."""
    need = torch.zeros(circuit.shape, dtype=torch.float64)
    for k in subsets:
        kept = circuit & ~k
        for layer, head in kept.nonzero().tolist():
            base = float(score(kept))
            kept[layer, head] = False
            need[layer, head] = max(need[layer, head].item(), abs(base - float(score(kept))))
    return need


def relative(score, circuit, subsets):
    """You divide by the score: the change itself is asked for."""

    def change(kept, without):
        base = score(kept)
        return abs(base - score(without)) / (abs(base) + 1e-9)

    return _need(score, circuit, subsets, change=change)
