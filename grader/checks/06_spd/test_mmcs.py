"""Hidden checks for mmcs: exact answers, what must not matter, a count by hand."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, number, unchanged

# A mean of a few cosines, in float32.
FLOAT32 = {"atol": 1e-4, "rtol": 0}
OUT, C, IN = 6, 7, 4


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """W, U, V, with the columns of W of very different lengths."""
    sizes = torch.tensor([0.1, 1.0, 4.0, 15.0])[torch.randperm(IN, generator=rng)]
    W = torch.randn(OUT, IN, generator=rng) * sizes
    return W, torch.randn(OUT, C, generator=rng), torch.randn(C, IN, generator=rng)


def _by_hand(W: Tensor, U: Tensor, V: Tensor) -> float:
    best = [
        max(float(functional.cosine_similarity(U[:, c] * V[c, j], W[:, j], 0))
            for c in range(U.shape[1]))
        for j in range(W.shape[1])
    ]  # fmt: skip
    return sum(best) / len(best)


def test_the_columns_themselves_score_1(student, rng):
    """Components that write the columns of W, each for its own input, score 1: in any order, at
    any size, and with the signs of U and V both turned. Where one column alone is written, the
    others count 0."""
    W = _drawn(rng)[0]
    close(student.mmcs(W, W, torch.eye(IN)), 1.0, **FLOAT32, because="the columns of W")
    order = torch.randperm(IN, generator=rng)
    sizes = 0.05 + torch.rand(IN, generator=rng)
    given = W, -(W * sizes)[:, order], -torch.eye(IN)[order]
    result, after = student.after("mmcs", *given)
    close(result, 1.0, **FLOAT32, because="the same in another order, size and sign")
    unchanged(after, given)
    one = student.mmcs(W, W[:, :1], torch.eye(IN)[:1])
    close(one, 1 / IN, **FLOAT32, because="the first column alone, the others not written at all")


def test_it_is_the_mean_of_the_best_cosines(student, rng):
    """For each column of W the best cosine that any component's column has with it, then the
    mean; every column counts the same, however long it is."""
    for _ in range(3):
        W, U, V = _drawn(rng)
        close(student.mmcs(W, U, V), _by_hand(W, U, V), **FLOAT32, because="random components")


def test_writing_against_a_column_is_no_match(student, rng):
    """A component whose column points the opposite way has a cosine of -1 with it, and is the
    best only where there is no other."""
    W = _drawn(rng)[0]
    close(student.mmcs(W, -W, torch.eye(IN)), 0.0, **FLOAT32, because="all against W")
    one = W[:, :1]
    value = student.mmcs(one.expand(OUT, IN), one, -torch.ones(1, IN))
    close(value, -1.0, **FLOAT32, because="one component, against every column")


def test_a_component_counts_where_it_reads(student, rng):
    """A component that does not read an input has no direction in that column: its cosine there
    is 0, whatever its U points at."""
    W, _, _ = _drawn(rng)
    reads = torch.zeros(1, IN)
    reads[0, 2] = 3.0
    cosine = functional.cosine_similarity(W[:, 1], W[:, 2], 0) / IN
    close(student.mmcs(W, W[:, 1:2], reads), cosine, **FLOAT32, because="one that reads input 2")


def test_one_component_may_win_twice(student, rng):
    """The winners need not be different components: one that writes the direction of several
    columns matches them all."""
    direction = torch.randn(OUT, 1, generator=rng)
    V = 0.5 + torch.rand(1, IN, generator=rng)
    W = direction @ (1 + torch.rand(1, IN, generator=rng))
    close(student.mmcs(W, direction, V), 1.0, **FLOAT32, because="one for all columns")
    more = torch.cat([direction, torch.randn(OUT, 3, generator=rng)], 1)
    V = torch.cat([V, torch.randn(3, IN, generator=rng)])
    close(student.mmcs(W, more, V), 1.0, **FLOAT32, because="with three others beside it")
    other = torch.randn(OUT, IN, generator=rng)
    close(student.mmcs(other, more, V), _by_hand(other, more, V), **FLOAT32,
          because="the same components beside another matrix")  # fmt: skip


def test_dice_look_good_in_the_plane(student, rng):
    """In two dimensions, fifty random components all but reach 1; one alone does not."""
    W = torch.randn(2, 5, generator=rng)
    U, V = torch.randn(2, 50, generator=rng), torch.randn(50, 5, generator=rng)
    holds(number(student.mmcs(W, U, V)) > 0.97, "Fifty random directions miss a direction.")
    close(student.mmcs(W, U[:, :1], V[:1]), _by_hand(W, U[:, :1], V[:1]), **FLOAT32,
          because="one random component")  # fmt: skip
