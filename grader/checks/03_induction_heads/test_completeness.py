"""Hidden checks for completeness: made-up models with a spare part, additive ones, and no model."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

SHAPE = (3, 4)
N_SUBSETS = 5


def _subsets(rng: torch.Generator) -> Tensor:
    return torch.rand((N_SUBSETS, *SHAPE), generator=rng) < 0.4


def _two_heads(rng: torch.Generator) -> tuple[tuple[int, int], tuple[int, int]]:
    first, second = torch.randperm(SHAPE[0] * SHAPE[1], generator=rng)[:2].tolist()
    return divmod(first, SHAPE[1]), divmod(second, SHAPE[1])


def _only(*heads: tuple[int, int]) -> Tensor:
    mask = torch.zeros(SHAPE, dtype=torch.bool)
    for head in heads:
        mask[head] = True
    return mask


def test_a_missing_spare_part_shows(student, seed, rng):
    """Where either of two heads is enough, a circuit that holds one of them has a gap just when
    that one is taken away, and a circuit that holds both has none."""
    one, spare = _two_heads(rng)
    low, high = (torch.rand(2, generator=rng) + torch.tensor([0.5, 3.0])).tolist()
    score = lambda mask: high if bool(mask[one]) or bool(mask[spare]) else low  # noqa: E731
    subsets = torch.stack([_only(), _only(spare), _only(one), _only(one, spare)])
    gaps = student.completeness(score, _only(one), subsets)
    expected = torch.tensor([0.0, 0.0, high - low, 0.0])
    close(gaps, expected, because="the gaps of one head alone")
    gaps = student.completeness(score, _only(one, spare), subsets)
    close(gaps, torch.zeros(4), because="the gaps of both heads")


def test_gaps_of_a_model_that_adds_up_its_heads(student, seed, rng):
    """Where every head adds its own worth, positive or negative, the gap is the size of what the
    heads outside of circuit and K are worth together: never negative, one for each K."""
    worth = torch.randn(SHAPE, generator=rng, dtype=torch.float64)
    floor = 2 + float(torch.rand((), generator=rng))
    circuit, subsets = torch.rand(SHAPE, generator=rng) < 0.5, _subsets(rng)
    score = lambda mask: floor + float((worth * mask).sum())  # noqa: E731
    result, after = student.after("completeness", score, circuit, subsets)
    outside = (~circuit & ~subsets) * worth
    close(result, outside.sum((1, 2)).abs(), because="the gaps")
    unchanged(after[1:], (circuit, subsets))


def test_the_whole_model_is_complete(student, seed, rng):
    """The whole model has no gap, whatever the score; the empty circuit's gaps are the distances of
    the damaged models from nothing."""
    table = {}

    def score(mask: Tensor) -> float:
        key = tuple(mask.flatten().tolist())
        if key not in table:
            table[key] = float(torch.randn((), generator=rng, dtype=torch.float64))
        return table[key]

    subsets, everything = _subsets(rng), torch.ones(SHAPE, dtype=torch.bool)
    gaps = tensor(student.completeness(score, everything, subsets), (N_SUBSETS,), "the gaps")
    close(gaps, torch.zeros(N_SUBSETS), because="the gaps of the whole model")
    gaps = student.completeness(score, ~everything, subsets)
    expected = torch.tensor([abs(score(~everything) - score(~s)) for s in subsets])
    close(gaps, expected, because="the gaps of the empty circuit")


def test_circuit_and_model_are_asked_under_the_same_damage(student, seed, rng):
    """Only two kinds of masks are scored: the circuit without K, and the model without K."""
    circuit, subsets = torch.rand(SHAPE, generator=rng) < 0.5, _subsets(rng)
    circuit[0, 0], subsets[:, 0, 0] = True, torch.tensor([True, False, False, True, False])
    asked = []

    def score(mask: Tensor) -> float:
        asked.append(mask.clone())
        return float(mask.double().sum())

    result = student.completeness(score, circuit, subsets)
    allowed = [circuit & ~k for k in subsets] + [~k for k in subsets]
    known = [any(torch.equal(mask.bool(), one) for one in allowed) for mask in asked]
    holds(all(known), "A mask is scored that is neither circuit nor model without one of the K.")
    seen = [any(torch.equal(mask.bool(), one) for mask in asked) for one in allowed]
    holds(all(seen), "For some K the circuit or the model is never asked.")
    outside = (~circuit & ~subsets).sum((1, 2)).double()
    close(result, outside, because="the gaps where every head counts 1")
