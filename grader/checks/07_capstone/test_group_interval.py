"""Hidden checks for group_interval: binomials and small enumerations are the truth."""

import itertools

import torch
from scipy.stats import binom
from torch import Tensor

from grader.assertions import close, holds, items, number, unchanged

EXACT = {"atol": 1e-5, "rtol": 0.0}  # shares of whole numbers, once in float32


def _below(n: int, rng: torch.Generator, least: int = 0) -> int:
    return int(torch.randint(least, n, (), generator=rng))


def _ends(result: object) -> tuple[float, float]:
    low, high = items(result, 2, "the result")
    return number(low, "the low end"), number(high, "the high end")


def _firm(n: int, p: float, level: float) -> bool:
    """Whether both quantiles are far from a step, for 3,000 draws: 5 standard deviations, .045."""
    for tail in ((1 - level) / 2, (1 + level) / 2):
        at = int(binom.ppf(tail, n, p))
        if tail - binom.cdf(at - 1, n, p) < 0.03 or binom.cdf(at, n, p) - tail < 0.03:
            return False
    return True


def _whole(rng: torch.Generator) -> tuple[Tensor, Tensor, int, float, float]:
    """Groups of one size, each all right or all wrong: right, groups, count, share, level."""
    while True:
        count, level = _below(16, rng, least=8), 0.5 + 0.35 * float(torch.rand((), generator=rng))
        good = _below(count - 2, rng, least=2)
        if _firm(count, good / count, level):
            break
    size = _below(7, rng, least=3)
    names = torch.randperm(90, generator=rng)[:count] - 45
    right = (torch.arange(count) < good).repeat_interleave(size)
    groups = names.repeat_interleave(size)
    order = torch.randperm(len(right), generator=rng)
    return right[order], groups[order], count, good / count, level


def test_whole_groups_are_a_binomial(student, rng):
    """Where each group is right or wrong as a whole, the number of right groups in a draw is
    binomial, and the ends are its quantiles, whatever the groups are called and however many texts
    they have. What you are given is left as it is."""
    for _ in range(2):
        right, groups, count, share, level = _whole(rng)
        result, after = student.after("group_interval", right, groups, level, 3000, _below(99, rng))
        ends = [
            float(binom.ppf(q, count, share)) / count for q in ((1 - level) / 2, (1 + level) / 2)
        ]
        close(torch.tensor(_ends(result)), torch.tensor(ends, dtype=torch.float64), atol=1e-4,
              rtol=0.0, because="the ends")  # fmt: skip
        unchanged(after[:2], (right, groups))


def test_groups_that_are_alike(student, rng):
    """If every group has the same share of right texts, another draw of groups changes nothing: the
    interval is a point."""
    size, count = _below(8, rng, least=4), _below(12, rng, least=5)
    good = _below(size, rng, least=1)
    right = (torch.arange(size) < good).repeat(count)
    groups = torch.arange(count).repeat_interleave(size) * 3
    low, high = _ends(student.group_interval(right, groups, 0.9, 300, 1))
    close(torch.tensor([low, high]), torch.full((2,), good / size), **EXACT, because="the ends")


def test_groups_of_different_sizes(student, rng):
    """Large groups count by their texts: with three groups all 27 draws can be listed, and the ends
    are quantiles of that list."""
    while True:
        sizes = (torch.randperm(14, generator=rng)[:3] + 2).tolist()
        good = [_below(size + 1, rng) for size in sizes]
        shares = sorted(
            sum(good[i] for i in draw) / sum(sizes[i] for i in draw)
            for draw in itertools.product(range(3), repeat=3)
        )
        level = 0.5 + 0.3 * float(torch.rand((), generator=rng))
        places = [27 * q for q in ((1 - level) / 2, (1 + level) / 2)]
        # An end is firm if a place and a half to either side in the list of 27 holds its value.
        near = [
            {round(shares[max(0, min(26, int(p + d)))], 9) for d in (-1.3, 0, 1.3)} for p in places
        ]
        by_group = sum(g / s for g, s in zip(good, sizes, strict=True)) / 3
        apart = abs(by_group - sum(good) / sum(sizes)) > 0.05
        if all(len(values) == 1 for values in near) and shares[0] < shares[-1] and apart:
            break
    right = torch.cat([torch.arange(s) < g for s, g in zip(sizes, good, strict=True)])
    groups = torch.tensor([5, -2, 40]).repeat_interleave(torch.tensor(sizes))
    low, high = _ends(student.group_interval(right, groups, level, 4000, _below(99, rng)))
    expected = torch.tensor([next(iter(values)) for values in near], dtype=torch.float64)
    close(torch.tensor([low, high], dtype=torch.float64), expected, atol=1e-4, rtol=0.0,
          because="the ends")  # fmt: skip


def test_the_level(student, rng):
    """A higher level gives a wider interval around a lower one's, both ends move, and the share in
    the data lies between."""
    count = 40
    good = torch.randint(1, 8, (count,), generator=rng)
    right = (torch.arange(8).repeat(count)) < good.repeat_interleave(8)
    groups = torch.arange(count).repeat_interleave(8)
    wide = _ends(student.group_interval(right, groups, 0.95, 1500, 3))
    narrow = _ends(student.group_interval(right, groups, 0.5, 1500, 3))
    share = float(right.double().mean())
    inside = wide[0] < narrow[0] <= share <= narrow[1] < wide[1]
    holds(inside, "The interval of the higher level does not lie around that of the lower one.")
    # Normal: 1.96 and .674 standard errors of a mean of 40 groups; 15% for 1,500 resamples.
    error = float((good.double() / 8).std(correction=0)) / count**0.5
    widths = torch.tensor([wide[1] - wide[0], narrow[1] - narrow[0]], dtype=torch.float64)
    expected = torch.tensor([3.92, 1.349], dtype=torch.float64) * error
    close(widths, expected, atol=0.006, rtol=0.15, because="the widths")


def test_the_seed_decides(student, rng):
    """The same seed gives the same ends; another seed gives other draws."""
    # Groups of many sizes, few draws: other draws hardly ever have both ends in common.
    groups = torch.arange(50).repeat_interleave(torch.randint(1, 12, (50,), generator=rng))
    right = torch.rand(len(groups), generator=rng) < 0.6
    seeds = torch.randint(1 << 20, (3,), generator=rng).tolist()
    first = [_ends(student.group_interval(right, groups, 0.73, 40, seed)) for seed in seeds]
    again = [_ends(student.group_interval(right, groups, 0.73, 40, seed)) for seed in seeds]
    holds(again == first, "The same seed gives another interval.")
    holds(len({*first}) > 1, "The seed changes nothing.")
