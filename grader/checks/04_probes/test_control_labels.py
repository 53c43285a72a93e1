"""Hidden checks for control_labels: one coin a type, wherever and beside whatever it stands."""

import torch
from torch import Tensor

from grader.assertions import close, holds, unchanged


def _draw(rng: torch.Generator) -> tuple[Tensor, float, int, int]:
    """Draw token ids with repeats out of a vocabulary, a share, and a seed."""
    vocab = int(torch.randint(150, 260, (), generator=rng))
    ids = torch.randint(vocab, (600,), generator=rng)
    share = float(0.3 + 0.15 * torch.rand((), generator=rng))
    return ids, share, vocab, int(torch.randint(1 << 30, (), generator=rng))


def _labels(actual: object, n: int) -> Tensor:
    right = isinstance(actual, Tensor) and actual.dtype == torch.bool
    holds(right and tuple(actual.shape) == (n,), "Not one True or False for each token.")
    return actual


def _both_kinds(labels: Tensor) -> None:
    holds(bool(labels.any()) and not bool(labels.all()), "All tokens have the same label.")


def test_one_label_a_type(student, rng):
    """A token id has the same label wherever it occurs; both labels are there."""
    ids, share, vocab, seed = _draw(rng)
    result, after = student.after("control_labels", ids, share, vocab, seed)
    labels = _labels(result, len(ids))
    _both_kinds(labels)
    per_type = torch.zeros(vocab).index_add_(0, ids, labels.float())
    counts = torch.bincount(ids, minlength=vocab)
    mixed = ((per_type > 0) & (per_type < counts)).any()
    holds(not bool(mixed), "A token has one label here and another one there.")
    unchanged(after[:1], (ids,))


def test_nothing_but_token_and_seed(student, rng):
    """A token keeps its label in another order, beside other tokens, in a list of its own, and
    whatever else is random: training and test rows labelled apart agree."""
    ids, share, vocab, seed = _draw(rng)
    labels = _labels(student.control_labels(ids, share, vocab, seed), len(ids))
    _both_kinds(labels)
    order = torch.randperm(len(ids), generator=rng)
    student.seed = student.seed + 1  # the worker's own random state: must not matter
    for rows in (order, order[:250], order[250:], order[:37]):
        some = _labels(student.control_labels(ids[rows], share, vocab, seed), len(rows))
        same = torch.equal(some, labels[rows])
        holds(same, "A token's label depends on what stands beside it, or on chance.")


def test_share_of_the_types(student, rng):
    """Of all types of a vocabulary about the given share is True, a small one as well as a large
    one; neighbouring ids are no more alike than distant ones."""
    vocab = 6000
    everything = torch.arange(vocab)
    for share in (0.15, 0.72):
        seed = int(torch.randint(1 << 30, (), generator=rng))
        labels = _labels(student.control_labels(everything, share, vocab, seed), vocab).double()
        # Five standard deviations of a mean of 6000 coins.
        spread = (share * (1 - share) / vocab) ** 0.5
        close(labels.mean(), share, 5 * spread, 0, because="the share of True types")
        for step in (1, 2, 3, 7):
            both = (labels[:-step] * labels[step:]).mean()
            close(both, share**2, 0.05, 0, because="how often two ids are both True")


def test_another_seed_other_coins(student, rng):
    """Other seeds give other labels, and knowing one set of them tells nothing of another."""
    vocab, share = 4000, 0.4
    everything = torch.arange(vocab)
    first = int(torch.randint(1 << 30, (), generator=rng))
    sets = [
        _labels(student.control_labels(everything, share, vocab, first + step), vocab).double()
        for step in (0, 1, 2)
    ]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        both = (sets[one] * sets[other]).mean()
        # Independent coins: .16, with a standard deviation of .006.
        close(both, share**2, 0.035, 0, because="how often two seeds both say True")
