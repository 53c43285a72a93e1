"""Hidden checks for rank_correlation: orders, sizes that do not count, ties."""

import statistics

import torch
from torch import Tensor

from grader.assertions import close, holds, number

EXACT = {"atol": 1e-5, "rtol": 0}  # ranks are small whole numbers; float32 is good enough


def _values(rng: torch.Generator, n: int) -> Tensor:
    """Draw n different values of both signs, of very different sizes."""
    values = torch.randn(n, generator=rng, dtype=torch.float64)
    return values * (1 + 20 * (torch.rand(n, generator=rng) < 0.2))


def _mean_ranks(values: Tensor) -> list[float]:
    """Ranks from 1, read off the sorted list: the mean of the places that a value takes up."""
    places = sorted(values.tolist())
    return [
        statistics.mean(i for i, there in enumerate(places, start=1) if there == value)
        for value in values.tolist()
    ]


def test_agrees_with_the_definition(student, rng):
    """Without ties Spearman's rho is 1 - 6 sum d^2 / (n (n^2 - 1)), with d the differences of the
    ranks; large values count no more than their rank."""
    n = int(torch.randint(8, 14, (), generator=rng))
    one, other = _values(rng, n), _values(rng, n)
    d = one.argsort().argsort() - other.argsort().argsort()
    rho = 1 - 6 * float(d.square().sum()) / (n * (n**2 - 1))
    found = number(student.rank_correlation(one, other), "the correlation")
    close(found, rho, **EXACT, because="the rank correlation")


def test_only_the_order_counts(student, rng):
    """A map and any increasing function of it have correlation 1, a map and its negative -1; and
    it does not matter which of the two maps comes first."""
    n = int(torch.randint(8, 14, (), generator=rng))
    one, other = _values(rng, n), _values(rng, n)
    close(student.rank_correlation(one, one.exp()), 1.0, **EXACT, because="the same order")
    close(student.rank_correlation(one, -one), -1.0, **EXACT, because="the opposite order")
    forth = number(student.rank_correlation(one, other), "the correlation")
    back = number(student.rank_correlation(other.exp(), one), "the correlation")
    close(back, forth, **EXACT, because="the maps exchanged, and one stretched")


def test_ties_share_their_mean_rank(student, rng):
    """Equal values share the mean of the ranks they take together, so the order in which they
    happen to stand does not matter."""
    n = int(torch.randint(10, 14, (), generator=rng))
    one = torch.randint(0, 4, (n,), generator=rng).double()
    other = torch.randint(0, 5, (n,), generator=rng).double() - 2
    one[:2], other[:2] = torch.tensor([0.0, 3.0]), torch.tensor([-2.0, 2.0])
    rho = statistics.correlation(_mean_ranks(one), _mean_ranks(other))
    close(student.rank_correlation(one, other), rho, **EXACT, because="with ties")
    order = torch.randperm(n, generator=rng)
    shuffled = student.rank_correlation(one[order], other[order])
    close(shuffled, rho, **EXACT, because="with ties, in another order")


def test_a_constant_map(student, rng):
    """A map in which all values are equal ranks nothing: the correlation with it is 0, not NaN. A
    map with a single value apart from the rest does rank."""
    n = int(torch.randint(8, 14, (), generator=rng))
    flat = torch.full((n,), 2.5, dtype=torch.float64)
    other = _values(rng, n)
    spike = flat.clone()
    spike[other.argmax()] = 9.0
    rho = number(student.rank_correlation(spike, other), "the correlation")
    expected = (3 / (n + 1)) ** 0.5  # worked out by hand: the top rank alone against all ranks
    close(rho, expected, **EXACT, because="a map with one value apart")
    holds(rho > 0, "The top value of both maps is at the same place.")
    close(student.rank_correlation(flat, other), 0.0, **EXACT, because="a constant map")
    close(student.rank_correlation(other, flat), 0.0, **EXACT, because="a constant second map")
