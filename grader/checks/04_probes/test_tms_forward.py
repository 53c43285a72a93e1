"""Hidden checks for tms_forward: one matrix down, the same one up, a bias, a ReLU."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# Two products over at most 9 numbers, in float64 or once in float32.
FLOAT32 = {"atol": 2e-4, "rtol": 1e-4}


def _draw(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw inputs, a matrix of 3 rows and 7 columns, and a bias with both signs."""
    x = torch.rand(6, 7, generator=rng, dtype=torch.float64)
    W = torch.randn(3, 7, generator=rng, dtype=torch.float64)
    b = 0.5 + torch.rand(7, generator=rng, dtype=torch.float64)
    return x, W, torch.where(torch.randperm(7, generator=rng) < 4, b, -b)


def _out(student, x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return tensor(student.tms_forward(x, W, b), tuple(x.shape), "the output")


def test_orthonormal_columns(student, rng):
    """With as many dimensions as features, at right angles, every input comes back: plus the bias,
    and nothing below 0. So what is lost comes from sharing dimensions."""
    q = torch.linalg.qr(torch.randn(7, 7, generator=rng, dtype=torch.float64))[0]
    x, _, b = _draw(rng)
    close(_out(student, x, q, 0 * b), x, **FLOAT32, because="the output without a bias")
    shifted = torch.maximum(x + b, torch.zeros(()))
    close(_out(student, x, q, b), shifted, **FLOAT32, because="the output with a bias")
    wide = torch.cat([torch.eye(3), torch.zeros(3, 4)], 1).double()
    kept = torch.cat([x[:, :3], torch.zeros(6, 4)], 1)
    close(_out(student, x, wide, 0 * b), kept, **FLOAT32, because="with three of seven features")


def test_what_one_feature_does_to_the_others(student, rng):
    """A single active feature i gives feature j the product of their two columns, and the bias of
    j; below 0 that counts as 0. Negative interference is cut off, positive is not."""
    _, W, b = _draw(rng)
    seen = _out(student, torch.eye(7, dtype=torch.float64), W, b)
    for i in range(7):
        for j in range(7):
            product = sum(float(W[row, i]) * float(W[row, j]) for row in range(3)) + float(b[j])
            close(
                seen[i, j], max(product, 0.0), **FLOAT32, because="what feature i gives feature j"
            )


def test_one_linear_map_and_a_bend(student, rng):
    """Before the bend all is linear: with a bias that keeps everything positive, two inputs add up,
    and the output for nothing is the bias. A single ReLU stands at the end, none in the middle."""
    x, W, b = _draw(rng)
    high = b.abs() + 60.0
    nothing = _out(student, torch.zeros_like(x), W, high)
    close(nothing, high.expand(6, 7), **FLOAT32, because="the output for nothing")
    both = _out(student, x + x.flip(0), W, high) - high
    each = _out(student, x, W, high) + _out(student, x.flip(0), W, high) - 2 * high
    close(both, each, atol=2e-3, rtol=1e-4, because="two inputs together")
    close(both, torch.linalg.multi_dot([x + x.flip(0), W.mT, W]), atol=2e-3, rtol=1e-4,
          because="the linear part")  # fmt: skip
    holds(bool((_out(student, x, W, b) >= 0).all()), "Some output is negative.")
    low = _out(student, x, W, -high)
    close(low, torch.zeros(6, 7), **FLOAT32, because="the output far below 0")


def test_gradients_and_shapes(student, rng):
    """It works for any leading axes, changes nothing in place, and gradients reach the matrix, by
    both of its uses, and the bias: otherwise nothing could be trained."""
    x, W, b = _draw(rng)
    result, after = student.after("tms_forward", x, W, b)
    unchanged(after, (x, W, b))
    flat = tensor(result, (6, 7))
    close(_out(student, x.reshape(2, 3, 7), W, b), flat.reshape(2, 3, 7), **FLOAT32,
          because="with two leading axes")  # fmt: skip
    # One input, one feature: the output is relu(x |W|^2 + b), a single number above 0.
    one, column, bias = x[0, :1], W[:, :1], b.abs()[:1]
    _, (to_W, to_b) = student.gradients("tms_forward", one, column, bias, wrt=[1, 2])
    for what, gradient, wanted in (("matrix", to_W, 2 * one * column), ("bias", to_b, [1.0])):
        holds(gradient is not None, f"No gradient reaches the {what}.")
        close(gradient, torch.as_tensor(wanted), **FLOAT32, because=f"the gradient of the {what}")
