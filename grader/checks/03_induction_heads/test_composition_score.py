"""Hidden checks for composition_score: planted subspaces, whose overlap is known."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged

FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
D_MODEL = 12


def _rotation(rng: torch.Generator, size: int) -> Tensor:
    return torch.linalg.qr(torch.randn(size, size, generator=rng, dtype=torch.float64))[0]


def _planted(rng: torch.Generator, writes: list[int], reads: list[int]) -> tuple[Tensor, Tensor]:
    """A head that writes along some directions of a random basis, one that reads along others."""
    stream = _rotation(rng, D_MODEL)
    sizes = [0.5 + 2 * torch.rand(n, generator=rng).double() for n in (len(writes), len(reads))]
    A = _rotation(rng, 7)[:, : len(writes)] * sizes[0] @ stream[writes]
    B = (stream[reads] * sizes[1][:, None]).T @ _rotation(rng, 5)[: len(reads)]
    return A, B


def test_only_what_is_written_and_read_counts(student, rng):
    """Of what the first head writes, each direction counts by how strongly it is written and how
    strongly the second reads it, all squared and added, against everything written and read; the
    arguments stay as they are."""
    stream = _rotation(rng, D_MODEL)
    written, read = torch.zeros(2, D_MODEL, dtype=torch.float64)
    written[:5] = 0.5 + 2 * torch.rand(5, generator=rng).double()
    read[2:6] = 0.5 + 2 * torch.rand(4, generator=rng).double()
    A = _rotation(rng, 7)[:, :5] @ (torch.diag(written) @ stream)[:5]
    B = (stream.T @ torch.diag(read))[:, 2:6] @ _rotation(rng, 4)
    shared = (written * read).square().sum().sqrt()
    truth = shared / (written.square().sum() * read.square().sum()).sqrt()
    result, after = student.after("composition_score", A, B)
    close(number(result, "your score"), float(truth), **FLOAT32, because="your score")
    unchanged(after, (A, B))


def test_from_0_to_1(student, rng):
    """A head that writes along one direction, and one that reads that very direction, score 1;
    where the second reads nothing that the first writes, the score is 0; all else lies between."""
    A, B = _planted(rng, [3], [3])
    close(number(student.composition_score(A, B)), 1.0, **FLOAT32, because="one shared direction")
    A, B = _planted(rng, [0, 1, 2], [3, 4])
    close(number(student.composition_score(A, B)), 0.0, **FLOAT32, because="nothing shared")
    A, B = _planted(rng, [0, 1, 2], [2, 4])
    score = number(student.composition_score(A, B), "your score")
    holds(0.01 < score < 0.99, "A partial overlap gives a score at, or outside of, the bounds.")


def test_the_first_head_stands_on_the_left(student, rng):
    """What counts is what A writes and B reads, not what B writes and A reads: two square heads of
    which the second reads the first score 1 in that order, and 0 in the other."""
    u, v, w = _rotation(rng, D_MODEL)[:3]
    strength = 0.5 + 2 * torch.rand(2, generator=rng).double()
    first, then = strength[0] * torch.outer(u, v), strength[1] * torch.outer(v, w)
    score = number(student.composition_score(first, then), "your score")
    close(score, 1.0, **FLOAT32, because="the second reads the first")
    back = number(student.composition_score(then, first), "your score")
    close(back, 0.0, **FLOAT32, because="the first does not read the second")


def test_the_basis_of_the_stream_does_not_matter(student, rng):
    """Turn the residual stream, for the writing and the reading head alike, or make either of them
    stronger: the score stays the same."""
    A = torch.randn(7, D_MODEL, generator=rng, dtype=torch.float64)
    B = torch.randn(D_MODEL, 5, generator=rng, dtype=torch.float64)
    before = number(student.composition_score(A, B), "your score")
    holds(0.01 < before < 0.99, "The score of two random heads is at, or outside of, the bounds.")
    turn = _rotation(rng, D_MODEL)
    inside, outside = _rotation(rng, 7), _rotation(rng, 5)
    for name, other in (
        ("in a turned stream", (A @ turn, turn.T @ B)),
        ("with the heads turned inside", (inside @ A, B @ outside)),
        ("with stronger heads", (3.5 * A, -0.2 * B)),
    ):
        after = number(student.composition_score(*other), "your score")
        close(after, before, **FLOAT32, because=f"the score {name}")
