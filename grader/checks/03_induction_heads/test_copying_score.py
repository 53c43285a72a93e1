"""Hidden checks for copying_score: matrices whose eigenvalues were chosen beforehand."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged

# Eigenvalues of a well-conditioned matrix of this size, perhaps in float32.
FLOAT32 = {"atol": 2e-3, "rtol": 2e-3}


def _with_spectrum(rng: torch.Generator, real: Tensor, pairs: Tensor) -> Tensor:
    """A matrix with these real eigenvalues and complex pairs a + bi, a - bi, in a skew basis."""
    blocks = [value.view(1, 1) for value in real]
    blocks += [torch.stack([torch.stack([a, b]), torch.stack([-b, a])]) for a, b in pairs]
    inner = torch.block_diag(*blocks)
    size = len(inner)
    # A skew basis, well-conditioned by construction: a rotation, a stretch of 1 to 3, a rotation.
    first, then = (
        torch.linalg.qr(torch.randn(size, size, generator=rng, dtype=torch.float64))[0]
        for _ in range(2)
    )
    basis = first @ torch.diag(torch.linspace(1, 3, size, dtype=torch.float64)) @ then
    return basis @ inner @ torch.linalg.inv(basis)


def _draw(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw a matrix, and its real and complex eigenvalues; its score is well away from 0."""
    real = 0.5 + 2 * torch.rand(6, generator=rng, dtype=torch.float64)
    real[torch.randperm(6, generator=rng)[:2]] *= -1
    pairs = 0.4 + torch.rand(2, 2, generator=rng, dtype=torch.float64)
    pairs[1, 0] *= -1
    if abs(_score(real, pairs)) < 0.1:
        return _draw(rng)
    return _with_spectrum(rng, real, pairs), real, pairs


def _score(real: Tensor, pairs: Tensor) -> float:
    above = real.sum() + 2 * pairs[:, 0].sum()
    return float(above / (real.abs().sum() + 2 * pairs.norm(dim=1).sum()))


def test_a_chosen_spectrum(student, rng):
    """For a matrix whose eigenvalues were chosen, real ones and complex pairs, the score is the
    sum of their real parts over the sum of their absolute values, in whatever basis the matrix
    stands."""
    matrix, real, pairs = _draw(rng)
    result, after = student.after("copying_score", matrix)
    close(number(result, "your score"), _score(real, pairs), **FLOAT32, because="your score")
    unchanged(after, (matrix,))


def test_copying_and_its_opposite(student, rng):
    """A head that returns each token by itself scores 1, whatever its strength; the negative of a
    matrix scores the negative; a quarter turn scores 0."""
    size = int(torch.randint(5, 9, (), generator=rng))
    strengths = 0.3 + 3 * torch.rand(size, generator=rng, dtype=torch.float64)
    close(number(student.copying_score(torch.diag(strengths))), 1.0, **FLOAT32, because="copying")
    close(number(student.copying_score(-torch.diag(strengths))), -1.0, **FLOAT32, because="erasing")
    matrix, _, _ = _draw(rng)
    plus = number(student.copying_score(matrix), "your score")
    minus = number(student.copying_score(-matrix), "your score")
    close(minus, -plus, **FLOAT32, because="the score of the negative")
    turn = torch.block_diag(*[torch.tensor([[0.0, 1], [-1, 0]], dtype=torch.float64) * 2] * 3)
    close(number(student.copying_score(turn)), 0.0, **FLOAT32, because="a quarter turn")


def test_the_basis_and_the_size_do_not_matter(student, rng):
    """The score is the same in another basis, for the transposed matrix, and for a matrix several
    times as large; it is no larger than 1."""
    matrix, _, _ = _draw(rng)
    size = len(matrix)
    score = number(student.copying_score(matrix), "your score")
    holds(0.02 < abs(score) < 1, "The score of a mixed matrix is out of bounds.")
    turn, _ = torch.linalg.qr(torch.randn(size, size, generator=rng, dtype=torch.float64))
    basis = turn * torch.linspace(1, 2, size, dtype=torch.float64)
    for name, other in (
        ("in another basis", basis @ matrix @ torch.linalg.inv(basis)),
        ("of the transposed matrix", matrix.T.contiguous()),
        ("of a larger matrix", 40 * matrix),
    ):
        close(number(student.copying_score(other)), score, **FLOAT32, because=f"the score {name}")


def test_a_product_read_from_either_side(student, rng):
    """A head's table is a product AB through a narrow middle; BA, which is small, has the same
    eigenvalues but for zeros, and so the same score."""
    size, narrow = 14, 5
    A = torch.randn(size, narrow, generator=rng, dtype=torch.float64)
    A, _ = torch.linalg.qr(A)
    middle = _with_spectrum(
        rng,
        torch.tensor([2.0, 1.2, -0.7], dtype=torch.float64),
        torch.tensor([[0.8, 1.1]], dtype=torch.float64),
    )
    B = middle @ A.T
    truth = (2.0 + 1.2 - 0.7 + 1.6) / (2.0 + 1.2 + 0.7 + 2 * (0.8**2 + 1.1**2) ** 0.5)
    wide = number(student.copying_score(A @ B), "the score of AB")
    small = number(student.copying_score(B @ A), "the score of BA")
    close(wide, small, **FLOAT32, because="the scores of AB and BA")
    close(small, truth, **FLOAT32, because="the score of BA")
