"""Hidden checks for project_grad: orthogonal to each row, and nothing else taken away."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# The student may work in float32; a projection on the wrong vector misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
D_IN, N = 5, 8


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Rows of lengths from about 0.3 to 4, and a gradient that has nothing to do with them."""
    W_dec, grad = torch.randn(2, N, D_IN, generator=rng, dtype=torch.float64)
    W_dec = torch.nn.functional.normalize(W_dec, dim=1)
    length = torch.linspace(-1.2, 1.4, N, dtype=torch.float64).exp()
    return W_dec * length[torch.randperm(N, generator=rng)][:, None], grad


def test_is_orthogonal_to_each_row(student, rng):
    """What is left of each row's gradient is orthogonal to that row, and is not nothing; the
    arguments are left as they are."""
    W_dec, grad = _drawn(rng)
    result, after = student.after("project_grad", W_dec, grad)
    left = tensor(result, (N, D_IN), "the gradient")
    close((left * W_dec).sum(1), torch.zeros(N), atol=1e-3, because="its products with the rows")
    holds(bool((left.norm(dim=1) > 1e-6).all()), "Nothing is left of some row's gradient.")
    unchanged(after, (W_dec, grad))


def test_takes_nothing_else_away(student, rng):
    """A gradient that is orthogonal to its row already comes back as it was, and one that lies
    along its row vanishes."""
    W_dec, grad = _drawn(rng)
    along = torch.randn(N, 1, generator=rng, dtype=torch.float64) * W_dec
    # Gram and Schmidt by torch's QR: the second column is orthogonal to the row.
    pairs = torch.stack([W_dec, grad], dim=2)
    across = torch.linalg.qr(pairs).Q[:, :, 1]
    close(student.project_grad(W_dec, across), across, **FLOAT32, because="what was orthogonal")
    close(student.project_grad(W_dec, along), torch.zeros(N, D_IN), **FLOAT32, because="the rest")
    both = student.project_grad(W_dec, across + along)
    close(both, across, **FLOAT32, because="what is left of a sum")


def test_is_linear_and_done_once(student, rng):
    """Doing it twice changes nothing more, twice the gradient gives twice the result, and the
    length of the rows does not matter."""
    W_dec, grad = _drawn(rng)
    left = tensor(student.project_grad(W_dec, grad), (N, D_IN), "the gradient")
    close(student.project_grad(W_dec, left), left, **FLOAT32, because="done twice")
    close(student.project_grad(W_dec, -2 * grad), -2 * left, **FLOAT32, because="of -2 gradients")
    scale = (torch.rand(N, 1, generator=rng, dtype=torch.float64) * 2 - 1).exp()
    close(student.project_grad(scale * W_dec, grad), left, **FLOAT32, because="with other lengths")
    holds(bool((left - grad).abs().max() > 1e-3), "The gradient is returned as it was.")
    truth = grad - torch.stack(
        [row * (row @ g) / (row @ row) for row, g in zip(W_dec, grad, strict=True)]
    )
    close(left, truth, **FLOAT32, because="the gradient")
