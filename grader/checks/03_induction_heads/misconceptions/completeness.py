"""Wrong tests of completeness that students write."""

import torch


def _gaps(score, circuit, subsets, left=None, right=None, join=None):
    left = left or (lambda k: score(circuit & ~k))
    right = right or (lambda k: score(~k))
    join = join or (lambda a, b: abs(a - b))
    values = [join(left(k), right(k)) for k in subsets]
    return torch.tensor(values, dtype=torch.float64)


def complement_only(score, circuit, subsets):
    """You test whether the rest of the model fails without the circuit: that is one number,
    F(M without C). Completeness takes the same K from circuit and model."""
    return _gaps(score, circuit, subsets, lambda k: score(~circuit), lambda k: score(k | ~k))


def faithful_only(score, circuit, subsets):
    """You compare the whole circuit with the whole model: take K away from both."""
    return _gaps(score, circuit, subsets, lambda k: score(circuit), lambda k: score(k | ~k))


def model_not_damaged(score, circuit, subsets):
    """You take K away from the circuit and not from the model: from both."""
    return _gaps(score, circuit, subsets, right=lambda k: score(k | ~k))


def circuit_not_damaged(score, circuit, subsets):
    """You take K away from the model and not from the circuit: from both."""
    return _gaps(score, circuit, subsets, left=lambda k: score(circuit))


def undamaged_circuit_as_the_measure(score, circuit, subsets):
    """You compare the damaged circuit with the whole circuit: compare it with the damaged model."""
    return _gaps(score, circuit, subsets, right=lambda k: score(circuit))


def signed(score, circuit, subsets):
    """You return circuit minus model with its sign: gaps of both signs would cancel. Take the
    absolute value."""
    return _gaps(score, circuit, subsets, join=lambda a, b: a - b)


def squared(score, circuit, subsets):
    """You square the differences: take absolute values, in the unit of the score."""
    return _gaps(score, circuit, subsets, join=lambda a, b: (a - b) ** 2)


def relative(score, circuit, subsets):
    """You divide by the damaged model's score: the difference itself is asked for."""
    return _gaps(score, circuit, subsets, join=lambda a, b: abs(a - b) / (abs(b) + 1e-9))


def k_is_what_is_kept(score, circuit, subsets):
    """You keep the heads in K and take the others away: K is taken away."""
    return _gaps(score, circuit, subsets, lambda k: score(circuit & k), lambda k: score(k))


def k_added(score, circuit, subsets):
    """You add K to the circuit: take it away, `circuit & ~subset`."""
    return _gaps(score, circuit, subsets, lambda k: score(circuit | k))


def difference_by_exclusive_or(score, circuit, subsets):
    """You flip the heads in K (`^`): a head of K that was not in the circuit then joins it. Use
    `circuit & ~subset`."""
    return _gaps(score, circuit, subsets, lambda k: score(circuit ^ k))


def averaged(score, circuit, subsets):
    """You return the mean over the K: one gap for each is asked for."""
    gaps = _gaps(score, circuit, subsets)
    return gaps.mean().expand(len(subsets))


def largest_everywhere(score, circuit, subsets):
    """You return the largest gap: one for each K is asked for."""
    gaps = _gaps(score, circuit, subsets)
    return gaps.max().expand(len(subsets))


def k_within_the_circuit_only(score, circuit, subsets):
    """You take from the model only those heads of K that are in the circuit: take K as it is."""
    return _gaps(score, circuit, subsets, right=lambda k: score(~(k & circuit)))


def damage_piles_up(score, circuit, subsets):
    """You take each K away from what the last one left: start from the whole circuit and the whole
    model for each K."""
    gone, values = torch.zeros_like(circuit), []
    for k in subsets:
        gone = gone | k
        values.append(abs(score(circuit & ~gone) - score(~gone)))
    return torch.tensor(values)
