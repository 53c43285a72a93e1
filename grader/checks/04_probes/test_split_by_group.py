"""Hidden checks for split_by_group: groups of odd names and sizes, and what a split must keep."""

import torch
from torch import Tensor

from grader.assertions import close, holds, items, unchanged


def _groups(rng: torch.Generator, n_groups: int) -> Tensor:
    """Draw group names that are no 0, 1, 2, ..., in mixed order, each 2 to 7 times."""
    names = torch.randperm(500, generator=rng)[:n_groups] - 100
    sizes = torch.randint(2, 8, (n_groups,), generator=rng)
    rows = names.repeat_interleave(sizes)
    return rows[torch.randperm(len(rows), generator=rng)]


def _masks(result: object, n: int) -> list[Tensor]:
    masks = items(result, 3, "the masks")
    for mask in masks:
        right = isinstance(mask, Tensor) and mask.dtype == torch.bool
        holds(right and tuple(mask.shape) == (n,), "Some mask is not one truth value an example.")
    return masks


def _draw_seed(rng: torch.Generator) -> int:
    return int(torch.randint(1 << 30, (), generator=rng))


def test_no_group_on_two_sides(student, rng):
    """All examples of a group are on the same side, be it train, valid or test."""
    groups = _groups(rng, 14)
    result, after = student.after("split_by_group", groups, 0.2, 0.3, _draw_seed(rng))
    sides = [set(groups[mask].tolist()) for mask in _masks(result, len(groups))]
    holds(all(sides), "Some side has no examples at all.")
    apart = not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    holds(apart, "A group has examples on two sides.")
    unchanged(after[:1], (groups,))


def test_every_example_once(student, rng):
    """Every example is on exactly one side."""
    groups = _groups(rng, 11)
    masks = _masks(student.split_by_group(groups, 0.3, 0.2, _draw_seed(rng)), len(groups))
    how_often = torch.stack(masks).long().sum(dim=0)
    close(how_often, torch.ones(len(groups)), 0, 0, because="the number of sides of an example")


def test_shares_are_of_the_groups(student, rng):
    """Valid and test get their shares of the groups (not of the examples), rounded, and at least
    one group each."""
    for n_groups, valid_share, test_share, expected in (
        (10, 0.2, 0.3, (5, 2, 3)), (13, 0.1, 0.3, (8, 1, 4)), (7, 0.02, 0.4, (3, 1, 3)),
        (8, 0.24, 0.05, (5, 2, 1)),
    ):  # fmt: skip
        groups = _groups(rng, n_groups)
        result = student.split_by_group(groups, valid_share, test_share, _draw_seed(rng))
        masks = _masks(result, len(groups))
        found = torch.tensor([len(groups[mask].unique()) for mask in masks])
        close(found, torch.tensor(expected), 0, 0, because="how many groups are on each side")


def test_all_randomness_is_the_seeds(student, rng):
    """The same seed gives the same split, whatever else is random; over many seeds every group
    comes to be tested, and the splits differ."""
    groups = _groups(rng, 6)
    n, seed = len(groups), _draw_seed(rng)
    first = _masks(student.split_by_group(groups, 0.2, 0.34, seed), n)
    student.seed = student.seed + 1  # the worker's own random state: must not matter
    again = _masks(student.split_by_group(groups, 0.2, 0.34, seed), n)
    same = all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    holds(same, "The same seed gave two different splits.")
    tested: set[int] = set()
    splits: set[tuple[bool, ...]] = set()
    # Of 6 groups 2 are tested: that one is missed 24 times has a chance of (2/3)**24, 6e-5.
    for other in range(seed, seed + 24):
        mask = _masks(student.split_by_group(groups, 0.2, 0.34, other), n)[2]
        tested |= set(groups[mask].tolist())
        splits.add(tuple(mask.tolist()))
    holds(len(splits) > 4, "Different seeds give the same split.")
    holds(len(tested) == 6, "Some group is never tested, whatever the seed.")
