"""Hidden checks for edit_scores: shares that were drawn beforehand, and one mean of the three."""

import statistics

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged

EXACT = {"atol": 1e-5, "rtol": 0}  # shares of a few prompts; float32 is good enough


def _group(rng: torch.Generator, n: int, wins: int, new: int, old: int, ties: int = 0) -> Tensor:
    """Draw logits of n prompts, [n, 11]: in ``wins`` of them new beats old, in ``ties`` neither.

    Every row has its own level, and other tokens are on top of both.
    """
    logits = torch.randn(n, 11, generator=rng, dtype=torch.float64)
    low, high = -1 - torch.rand(2, n, generator=rng, dtype=torch.float64)
    low = low - 1.5
    logits[:, new] = torch.where(torch.arange(n) < wins, high, low)
    logits[:, old] = torch.where(torch.arange(n) < wins, low, high)
    logits[wins : wins + ties, old] = logits[wins : wins + ties, new]
    level = 4 * torch.randn(n, 1, generator=rng, dtype=torch.float64)
    return (logits + level)[torch.randperm(n, generator=rng)]


def _entry(result: object, name: str) -> float:
    holds(isinstance(result, dict) and name in result, f"There is no entry {name!r}.")
    return number(result[name], name)


def _ids(rng: torch.Generator) -> tuple[int, int]:
    return tuple(torch.randperm(11, generator=rng)[:2].tolist())


def test_shares_of_the_three_groups(student, rng):
    """Efficacy and paraphrase count the prompts on which the new answer is likelier than the old,
    neighbourhood those on which the old one is; each is a share of its own group, whatever third
    token is likelier still, and the arguments are not changed."""
    new, old = _ids(rng)
    wins = [int(torch.randint(1, n, (), generator=rng)) for n in (4, 7, 9)]
    groups = [
        _group(rng, n, won, new, old) for n, won in zip((4, 7, 9), wins, strict=True)
    ]  # fmt: skip
    result, after = student.after("edit_scores", *groups, new, old)
    close(_entry(result, "efficacy"), wins[0] / 4, **EXACT, because="efficacy")
    close(_entry(result, "paraphrase"), wins[1] / 7, **EXACT, because="paraphrase")
    close(_entry(result, "neighbourhood"), 1 - wins[2] / 9, **EXACT, because="neighbourhood")
    unchanged(after, (*groups, new, old))


def test_the_score_is_the_harmonic_mean(student, rng):
    """The score is the harmonic mean of the three shares: a poor one pulls it down further than
    the other two can lift it."""
    new, old = _ids(rng)
    shares = [(5, 5), (6, 1 + int(torch.randint(2, (), generator=rng))), (7, 3)]
    groups = [_group(rng, n, won, new, old) for n, won in shares]
    result = student.edit_scores(*groups, new, old)
    parts = [1.0, shares[1][1] / 6, 4 / 7]
    close(_entry(result, "score"), statistics.harmonic_mean(parts), **EXACT, because="the score")


def test_one_failure_is_enough(student, rng):
    """When one of the three shares is 0 the score is 0, not an error and not NaN: a model that
    says the new answer to everything has no neighbourhood left."""
    new, old = _ids(rng)
    groups = [_group(rng, n, n, new, old) for n in (3, 4, 6)]
    broken = student.edit_scores(*groups, new, old)
    close(_entry(broken, "efficacy"), 1.0, **EXACT, because="efficacy")
    close(_entry(broken, "score"), 0.0, **EXACT, because="the score without neighbours")
    groups = [_group(rng, 3, 2, new, old), _group(rng, 4, 0, new, old), _group(rng, 6, 1, new, old)]
    stiff = student.edit_scores(*groups, new, old)
    close(_entry(stiff, "neighbourhood"), 5 / 6, **EXACT, because="neighbourhood")
    close(_entry(stiff, "score"), 0.0, **EXACT, because="the score without paraphrases")


def test_ties_are_no_success(student, rng):
    """Where both answers are equally likely neither side has succeeded: the prompt counts against
    all three shares."""
    new, old = _ids(rng)
    groups = [_group(rng, n, 2, new, old, ties=2) for n in (5, 6, 8)]
    result = student.edit_scores(*groups, new, old)
    for name, share in (("efficacy", 2 / 5), ("paraphrase", 2 / 6), ("neighbourhood", 4 / 8)):
        close(_entry(result, name), share, **EXACT, because=name)
