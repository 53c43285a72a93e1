"""Hidden checks for minimality: made-up models with spares, with ballast, and additive ones."""

import torch
from torch import Tensor

from grader.assertions import close, holds, unchanged

SHAPE = (3, 4)


def _places(rng: torch.Generator, count: int) -> list[tuple[int, int]]:
    order = torch.randperm(SHAPE[0] * SHAPE[1], generator=rng)[:count].tolist()
    return [divmod(i, SHAPE[1]) for i in order]


def _only(*heads: tuple[int, int]) -> Tensor:
    mask = torch.zeros(SHAPE, dtype=torch.bool)
    for head in heads:
        mask[head] = True
    return mask


def _table(need: dict) -> Tensor:
    table = torch.zeros(SHAPE, dtype=torch.float64)
    for place, value in need.items():
        table[place] = value
    return table


def test_a_spare_is_needed_when_the_other_is_out(student, seed, rng):
    """Where either of two heads is enough, neither seems needed with K empty, and both are once
    some K takes the other away; a head that does nothing is never needed."""
    one, spare, idle, outside = _places(rng, 4)
    low, high = (torch.rand(2, generator=rng) + torch.tensor([0.5, 3.0])).tolist()
    score = lambda mask: high if bool(mask[one]) or bool(mask[spare]) else low  # noqa: E731
    circuit = _only(one, spare, idle)
    need = student.minimality(score, circuit, _only()[None])
    close(need, torch.zeros(SHAPE), because="the needs with K empty")
    subsets = torch.stack([_only(outside), _only(one), _only(idle), _only(spare)])
    need = student.minimality(score, circuit, subsets)
    truth = _table({one: high - low, spare: high - low})
    close(need, truth, because="the needs with K one or the other")


def test_needs_of_a_model_that_adds_up_its_heads(student, seed, rng):
    """Where every head adds its own worth, positive or negative, a head's need is the size of its
    worth if some K leaves it in, and 0 if every K takes it away; heads outside of the circuit
    get 0."""
    worth = torch.randn(SHAPE, generator=rng, dtype=torch.float64)
    floor = 2 + float(torch.rand((), generator=rng))
    circuit = torch.rand(SHAPE, generator=rng) < 0.6
    subsets = torch.rand((4, *SHAPE), generator=rng) < 0.3
    always, never = _places(rng, 2)
    circuit[always] = circuit[never] = True
    subsets[(slice(None), *always)], subsets[(slice(None), *never)] = True, False
    score = lambda mask: floor + float((worth * mask).sum())  # noqa: E731
    result, after = student.after("minimality", score, circuit, subsets)
    left_in = circuit & ~subsets.all(0)
    close(result, worth.abs() * left_in, because="the needs")
    unchanged(after[1:], (circuit, subsets))


def test_is_the_most_over_the_subsets(student, seed, rng):
    """The need is the largest change over all K, in either direction: neither the mean, nor the
    last, nor that of the first K."""
    head, *others = _places(rng, 5)
    sizes = (torch.randperm(4, generator=rng) + 1 + torch.rand(4, generator=rng)).tolist()
    signs = [1 if x else -1 for x in torch.randint(2, (4,), generator=rng).tolist()]

    def score(mask: Tensor) -> float:
        # With exactly one of the others out, the head is worth that one's size.
        out = [size * sign for o, size, sign in zip(others, sizes, signs, strict=True)
               if not bool(mask[o])]  # fmt: skip
        return 5.0 + (out[0] if len(out) == 1 and bool(mask[head]) else 0.0)

    subsets = torch.stack([_only(o) for o in others])
    need = student.minimality(score, _only(head, *others), subsets)
    # Another one leaving after K, or with K, ends the head's bonus: that is a change as well.
    circuit, truth = _only(head, *others), {}
    for v in (head, *others):
        truth[v] = max(abs(score(circuit & ~k) - score(circuit & ~(k | _only(v)))) for k in subsets)
    close(need, _table(truth), because="the needs")


def test_works_within_the_circuit(student, seed, rng):
    """Only masks within the circuit are scored: heads outside of it never work here."""
    circuit = torch.rand(SHAPE, generator=rng) < 0.5
    circuit[0, 1], circuit[2, 2] = True, False
    subsets = torch.rand((3, *SHAPE), generator=rng) < 0.3
    subsets[:, 0, 1] = False
    asked = []

    def score(mask: Tensor) -> float:
        asked.append(mask.clone())
        return 1.0 + float(mask.double().sum())

    need = student.minimality(score, circuit, subsets)
    inside = all(bool((mask.bool() & ~circuit).sum() == 0) for mask in asked)
    holds(bool(asked) and inside, "A mask is scored with a head that is not in the circuit.")
    close(need, (circuit & ~subsets.all(0)).double(), because="the needs where each head counts 1")
