"""Hidden checks for faithfulness: scores made up here, whole, empty, additive and with a floor."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged

SHAPE = (3, 4)


def _mask(rng: torch.Generator) -> Tensor:
    """Some heads in, some out."""
    mask = torch.rand(SHAPE, generator=rng) < 0.5
    mask[0, 0], mask[2, 3] = True, False
    return mask


def _worth(rng: torch.Generator) -> tuple[Tensor, float]:
    worth = torch.rand(SHAPE, generator=rng, dtype=torch.float64) + 0.2
    return worth, 1 + 3 * float(torch.rand((), generator=rng))


def test_one_for_everything_and_zero_for_nothing(student, seed, rng):
    """The whole model has faithfulness 1 and the empty circuit 0, whatever the scores; half way
    between nothing and everything is 0.5."""
    values = torch.rand(3, generator=rng, dtype=torch.float64) + 1
    nothing, everything = -float(values[0]), float(values[1] + values[2])
    half = _mask(rng)

    def score(mask: Tensor) -> float:
        if bool(mask.all()):
            return everything
        return (nothing + everything) / 2 if bool(mask.any()) else nothing

    for circuit, truth in ((torch.ones(SHAPE), 1.0), (torch.zeros(SHAPE), 0.0), (half, 0.5)):
        close(student.faithfulness(score, circuit.bool()), truth, because="the faithfulness")


def test_shares_of_a_model_that_adds_up_its_heads(student, seed, rng):
    """Where every head adds its own worth to a floor, the faithfulness is the circuit's share of
    all worths: the floor, which no head makes, does not count."""
    worth, floor = _worth(rng)
    circuit = _mask(rng)
    score = lambda mask: floor + float((worth * mask).sum())  # noqa: E731
    result, after = student.after("faithfulness", score, circuit)
    close(result, float(worth[circuit].sum() / worth.sum()), because="the faithfulness")
    unchanged(after[1], circuit)


def test_can_be_above_one_or_below_zero(student, seed, rng):
    """A circuit that leaves out what works against the behaviour has more than 1, one that holds
    nothing else less than 0: nothing is clipped, and no absolute value is taken."""
    worth, floor = _worth(rng)
    against = (1, int(torch.randint(SHAPE[1], (), generator=rng)))
    worth[against] = -1.5
    score = lambda mask: floor + float((worth * mask).sum())  # noqa: E731
    for circuit in (worth > 0, worth < 0):
        truth = float(worth[circuit].sum() / worth.sum())
        close(student.faithfulness(score, circuit), truth, because="the faithfulness")


def test_does_not_depend_on_the_unit_of_the_score(student, seed, rng):
    """Another zero and another unit of the score change nothing, also where the sign turns."""
    table = {}

    def score(mask: Tensor) -> float:
        key = tuple(mask.flatten().tolist())
        if key not in table:
            table[key] = float(torch.randn((), generator=rng, dtype=torch.float64)) + sum(key)
        return table[key]

    circuit = _mask(rng)
    first = number(student.faithfulness(score, circuit), "the faithfulness")
    holds(len(table) == 3, "It needs the scores of the circuit, of nothing and of everything.")
    low = float(torch.rand((), generator=rng)) + 0.5
    again = student.faithfulness(lambda mask: low - 3 * score(mask), circuit)
    close(again, first, because="the faithfulness by another scale")
