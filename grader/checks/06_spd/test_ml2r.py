"""Hidden checks for ml2r: exact answers, who wins, what must not matter."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, unchanged

# Ratios of about 1, in float32.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
OUT, C, IN = 6, 7, 4


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """W, U, V in which every column of W has a clear winner, in float32 as well."""
    while True:
        sizes = torch.tensor([0.1, 1.0, 4.0, 15.0])[torch.randperm(IN, generator=rng)]
        W = torch.randn(OUT, IN, generator=rng) * sizes
        U, V = torch.randn(OUT, C, generator=rng), torch.randn(C, IN, generator=rng)
        first, second = _cosines(W, U, V).topk(2, dim=0).values
        if float((first - second).min()) > 1e-3:
            return W, U, V


def _cosines(W: Tensor, U: Tensor, V: Tensor) -> Tensor:
    made = torch.stack([torch.outer(U[:, c], V[c]) for c in range(U.shape[1])])
    return functional.cosine_similarity(made, W[None], dim=1)


def test_the_right_size_is_1(student, rng):
    """Components that write the columns of W, each for its own input, have a ratio of 1, in any
    order, and also with U ten times and V a tenth, or with both signs turned; at twice the size
    it is 2."""
    W = _drawn(rng)[0]
    close(student.ml2r(W, W, torch.eye(IN)), 1.0, **FLOAT32, because="the columns of W")
    order = torch.randperm(IN, generator=rng)
    given = W, -10 * W[:, order], -0.1 * torch.eye(IN)[order]
    result, after = student.after("ml2r", *given)
    close(result, 1.0, **FLOAT32, because="in another order, scale and sign")
    unchanged(after, given)
    twice = student.ml2r(W, -10 * W[:, order], -0.2 * torch.eye(IN)[order])
    close(twice, 2.0, **FLOAT32, because="the same at twice the size")


def test_shrunk_components_show(student, rng):
    """Components of three tenths of the size score .3; of different shares, the mean of these
    shares, however long the columns are."""
    W = _drawn(rng)[0]
    close(student.ml2r(W, 0.3 * W, torch.eye(IN)), 0.3, **FLOAT32, because="all at .3")
    shares = 0.2 + 2 * torch.rand(IN, generator=rng)
    close(student.ml2r(W, W, torch.diag(shares)), shares.mean(), **FLOAT32, because="different")


def test_the_best_direction_wins_not_the_longest(student, rng):
    """The winner of a column is the component with the best cosine, even if another is a hundred
    times as long and nearly as good, and even if what wins is a speck of dust."""
    W = torch.randn(OUT, IN, generator=rng)
    long = 100 * (W + 0.4 * W.norm(dim=0) * functional.normalize(
        torch.randn(OUT, IN, generator=rng), dim=0))  # fmt: skip
    eye = torch.eye(IN)
    for share in (1.0, 0.01):
        both = torch.cat([long, share * W], 1), torch.cat([eye, eye])
        close(student.ml2r(W, *both), share, **FLOAT32, because="the ratio of the winners")


def test_against_the_column_does_not_win(student, rng):
    """A component that writes against a column loses it to one that fits less well but in the
    right direction."""
    W = torch.randn(OUT, IN, generator=rng)
    side = functional.normalize(torch.randn(OUT, IN, generator=rng), dim=0)
    # A cosine of about .7, and a known length.
    fits = functional.normalize(functional.normalize(W, dim=0) + 0.9 * side, dim=0) * W.norm(dim=0)
    eye = torch.eye(IN)
    both = torch.cat([-3 * W, 0.6 * fits], 1), torch.cat([eye, eye])
    close(student.ml2r(W, *both), 0.6, **FLOAT32, because="beside components against W")


def test_it_is_a_mean_over_columns(student, rng):
    """For each column the winner's length over that of W's column, then the mean: counted by hand
    for random components."""
    for _ in range(3):
        W, U, V = _drawn(rng)
        winners = _cosines(W, U, V).argmax(0)
        ratios = [float((U[:, c] * V[c, j]).norm() / W[:, j].norm()) for j, c in enumerate(winners)]
        close(student.ml2r(W, U, V), sum(ratios) / IN, atol=1e-3, rtol=1e-3, because="by hand")
