"""Hidden checks for components: outer products, their sum, their rank, the gauge."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# A product of two numbers of about 1, in float32.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-4}
OUT, C, IN = 4, 7, 5


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    return (torch.randn(OUT, C, generator=rng, dtype=torch.float64),
            torch.randn(C, IN, generator=rng, dtype=torch.float64))  # fmt: skip


def test_each_is_an_outer_product(student, rng):
    """Component c is column c of U times row c of V, a matrix [out, in]; U and V stay as they
    are."""
    U, V = _drawn(rng)
    result, after = student.after("components", U, V)
    P = tensor(result, (C, OUT, IN), "the components")
    for c in range(C):
        close(P[c], torch.outer(U[:, c], V[c]), **FLOAT32, because=f"component {c}")
    unchanged(after, (U, V))


def test_they_sum_to_uv(student, rng):
    """Together the components are the matrix UV, and each of them has rank one."""
    U, V = _drawn(rng)
    P = tensor(student.components(U, V), (C, OUT, IN), "the components")
    close(P.sum(0), U @ V, atol=1e-4, because="their sum")
    for c in range(C):
        sizes = torch.linalg.svdvals(P[c])
        holds(bool(sizes[0] > 1e-3), f"Component {c} is all but empty.")
        holds(bool(sizes[1] < 1e-5 * sizes[0] + 1e-6), f"Component {c} is not of rank one.")


def test_size_and_sign_wander(student, rng):
    """Multiplying a column of U and dividing the row of V by the same number leaves the component
    as it is."""
    U, V = _drawn(rng)
    scale = (0.2 + torch.rand(C, generator=rng)) * torch.tensor([1, -1, 1, -1, 1, -1, 1])
    P = tensor(student.components(U, V), (C, OUT, IN), "the components")
    moved = student.components(U * scale, V / scale[:, None])
    close(moved, P, atol=1e-4, because="components with the sizes moved over")


def test_one_component_and_one_row(student, rng):
    """A matrix of a single row, and a single component, are matrices as others are."""
    U, V = _drawn(rng)
    one = student.components(U[:1], V)
    close(one, (U[:1].mT * V)[:, None], **FLOAT32, because="a single row")
    alone = student.components(U[:, :1], V[:1])
    close(alone, (U[:, :1] @ V[:1])[None], **FLOAT32, because="a single component")
