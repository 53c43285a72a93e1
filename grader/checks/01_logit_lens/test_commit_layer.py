"""Hidden checks for commit_layer: trajectories are built around commit layers drawn beforehand."""

import torch
from torch import Tensor

from grader.assertions import close, unchanged

# Layers are whole numbers: nothing but equality will do.
EXACT = {"atol": 0.0, "rtol": 0.0}


def _trajectories(rng: torch.Generator, n_layers: int, commits: list[int]) -> Tensor:
    """Draw one column of ranks for each commit layer.

    Before it ranks are drawn from 0 to 4 and a few thousands, so that the answer comes and goes;
    the rank just before it is not 0, and from it on all are 0.
    """
    ranks = torch.randint(0, 5, (n_layers, len(commits)), generator=rng)
    far = torch.randint(100, 14_000, ranks.shape, generator=rng)
    ranks = torch.where(torch.rand(ranks.shape, generator=rng) < 0.3, far, ranks)
    for column, commit in enumerate(commits):
        if commit > 0:
            ranks[commit - 1, column] = int(torch.randint(1, 9, (), generator=rng))
        if commit > 1:  # an early hit that does not last, in a place of its own
            hit = int(torch.randint(0, commit - 1, (), generator=rng))
            ranks[hit, column] = 0
        ranks[commit:, column] = 0
    return ranks


def _commits(rng: torch.Generator, n_layers: int, n_prompts: int) -> list[int]:
    """Draw commit layers that leave room for an early hit and for a stretch of zeros."""
    return torch.randint(3, n_layers - 2, (n_prompts,), generator=rng).tolist()


def test_an_early_hit_is_not_a_commitment(student, rng):
    """The answer may come out on top early and lose the place again: the commit layer is the
    first layer from which it stays on top to the end."""
    n_layers = int(torch.randint(9, 14, (), generator=rng))
    commits = _commits(rng, n_layers, 5)
    ranks = _trajectories(rng, n_layers, commits)
    result, after = student.after("commit_layer", ranks)
    close(result, torch.tensor(commits), **EXACT, because="the commit layers")
    unchanged(after, (ranks,))


def test_never_on_top_at_the_end(student, rng):
    """Where the answer is not on top at the last layer there was no commitment: the result is
    then the number of layers, however often the answer was on top before."""
    n_layers = int(torch.randint(9, 14, (), generator=rng))
    commits = _commits(rng, n_layers, 6)
    commits[1] = commits[2] = commits[4] = n_layers
    ranks = _trajectories(rng, n_layers, commits)
    ranks[:, 2] += 1  # never on top at all
    ranks[:-1, 4] = 0  # on top all the way, and lost in the last layer
    result = student.commit_layer(ranks)
    close(result, torch.tensor(commits), **EXACT, because="the commit layers")


def test_the_first_and_the_last_layer_count(student, rng):
    """Layers count from 0: an answer on top everywhere is committed at layer 0, one that arrives
    in the last layer at the number of layers minus 1."""
    n_layers = int(torch.randint(9, 14, (), generator=rng))
    commits = [n_layers - 1, 0, 1, n_layers - 1, *_commits(rng, n_layers, 1)]
    ranks = _trajectories(rng, n_layers, commits)
    ranks[:-1, 3] = 7  # never on top before
    result = student.commit_layer(ranks)
    close(result, torch.tensor(commits), **EXACT, because="the commit layers")
    single = student.commit_layer(torch.tensor([[0, 2, 0]]))
    close(single, torch.tensor([0, 1, 0]), **EXACT, because="with a single layer")


def test_only_rank_0_is_on_top(student, rng):
    """Only rank 0 is the top: a long stretch of rank 1 is no commitment, and each prompt of the
    batch has a commit layer of its own."""
    n_layers = int(torch.randint(9, 14, (), generator=rng))
    commits = _commits(rng, n_layers, 4)
    commits[2] = n_layers
    ranks = _trajectories(rng, n_layers, commits)
    for column, commit in enumerate(commits):
        ranks[1:commit, column] = 1
    result = student.commit_layer(ranks)
    close(result, torch.tensor(commits), **EXACT, because="the commit layers")
    alone = student.commit_layer(ranks[:, 1:2])
    close(alone, torch.tensor(commits[1:2]), **EXACT, because="one prompt by itself")
