"""Hidden checks for effect_against_random: counts over hand-made tables are the truth."""

import torch
from torch import Tensor

from grader.assertions import close, unchanged

EXACT = {"atol": 1e-5, "rtol": 0.0}  # whole numbers over a whole number, once in float32


def _signs(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.where(torch.rand(shape, generator=rng) < 0.5, -1.0, 1.0).double()


def _table(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Control effects whose largest sizes are 1, 2, ..., n in some order, and those sizes."""
    n = int(torch.randint(15, 30, (), generator=rng))
    k = int(torch.randint(3, 6, (), generator=rng))
    best = (torch.randperm(n, generator=rng) + 1).double()
    table = best[:, None] * (0.1 + 0.8 * torch.rand(n, k, generator=rng, dtype=torch.float64))
    table[torch.arange(n), torch.randint(k, (n,), generator=rng)] = best
    return table * _signs(rng, n, k), best


def test_the_largest_of_each_control(student, rng):
    """Each control direction counts by the largest of its effects, in whatever measurement and of
    whatever sign, and so do yours. What you are given is left as it is."""
    for _ in range(2):
        table, best = _table(rng)
        n, k = table.shape
        sizes = torch.randint(1, n, (k,), generator=rng).double() + 0.5
        effects = sizes * _signs(rng, k)
        result, after = student.after("effect_against_random", effects, table)
        expected = torch.stack([(1 + (best > size).sum()) / (1 + n) for size in sizes])
        close(result, expected, **EXACT, because="the p-values")
        unchanged(after, (effects, table))


def test_one_measurement(student, rng):
    """With one measurement it is the plain share of controls that are as large, your own direction
    counted with them."""
    n = int(torch.randint(10, 40, (), generator=rng))
    table = (torch.randperm(n, generator=rng) + 1).double()[:, None] * _signs(rng, n, 1)
    size = int(torch.randint(2, n, (), generator=rng))
    p = student.effect_against_random(torch.tensor([size + 0.25]).double(), table)
    close(p, torch.tensor([(1 + n - size) / (1 + n)]), **EXACT, because="the p-value")


def test_as_large_counts(student, rng):
    """A control that is exactly as large counts; p is never 0, and with nothing at all it is 1."""
    table, _ = _table(rng)
    n, k = table.shape
    level = int(torch.randint(2, n, (), generator=rng))
    effects = torch.full((k,), float(n + 7), dtype=torch.float64)
    effects[0], effects[1] = -float(level), 0.0
    expected = torch.full((k,), 1 / (1 + n), dtype=torch.float64)
    expected[0], expected[1] = (2 + n - level) / (1 + n), 1.0
    close(student.effect_against_random(effects, table), expected, **EXACT, because="the p-values")


def test_not_a_number_counts_against_you(student, rng):
    """A control with an effect that is not a number, or infinite, counts as larger than anything,
    even if its other effects are small."""
    table, best = _table(rng)
    n, k = table.shape
    small = best.argsort()[:3]
    table[small[0], 0], table[small[1], k - 1] = torch.nan, -torch.inf
    size = n - 3.5
    effects = torch.full((k,), size, dtype=torch.float64)
    expected = torch.full((k,), (1 + 4 + 2) / (1 + n), dtype=torch.float64)
    close(student.effect_against_random(effects, table), expected, **EXACT, because="the p-values")


def test_order_does_not_matter(student, rng):
    """The order of the controls and of the measurements does not matter, nor does the unit."""
    table, _ = _table(rng)
    n, k = table.shape
    effects = (1 + (n - 2) * torch.rand(k, generator=rng, dtype=torch.float64)) + 0.123
    rows, columns = torch.randperm(n, generator=rng), torch.randperm(k, generator=rng)
    first = student.effect_against_random(effects, table)
    again = student.effect_against_random(0.01 * effects[columns], 0.01 * table[rows][:, columns])
    sizes = table.abs().amax(1)
    expected = torch.stack([(1 + (sizes >= e).sum()) / (1 + n) for e in effects])
    close(first, expected, **EXACT, because="the p-values")
    close(again, expected[columns], **EXACT, because="the p-values in another order")
