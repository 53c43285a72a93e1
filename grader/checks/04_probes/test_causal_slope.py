"""Hidden checks for causal_slope: what moves the output, not what goes along with it."""

import torch
from torch import Tensor

from grader.assertions import close, number, unchanged

# Differences of outputs of size 1 to 20, divided by a step of about 1; once in float32.
FLOAT32 = {"atol": 2e-3, "rtol": 1e-3}


def _randn(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def _draw(rng: torch.Generator) -> tuple[Tensor, Tensor, float]:
    """Draw activations off the origin, a direction of some length, and a step."""
    w = _randn(rng, 8)
    longer = bool(torch.randint(2, (), generator=rng))
    size = (1.7 if longer else 0.5) + 0.2 * float(torch.rand((), generator=rng))
    alpha = 0.6 + 0.8 * float(torch.rand((), generator=rng))
    return _randn(rng, 12, 8) + 0.7, w / w.norm() * size, alpha


def _slope(student, output, x: Tensor, w: Tensor, alpha: float) -> float:
    return number(student.causal_slope(output, x, w, alpha), "the slope")


def test_a_linear_output(student, rng):
    """An output that reads the activation along u moves by u . w / (w . w) for each unit of the
    probe's score: whatever the step, whatever constant is added, with its sign. The activations
    are left as they were."""
    x, w, alpha = _draw(rng)
    u = _randn(rng, 8)
    u = u + (2.5 - u @ w) / (w @ w) * w  # so that the truth is not small
    truth = float(u @ w / (w @ w))

    def output(points: Tensor) -> Tensor:
        return points.double() @ u + 11.0

    for step in (alpha, 3.1 * alpha):
        close(_slope(student, output, x, w, step), truth, **FLOAT32, because="the slope")
    result, after = student.after("causal_slope", output, x, -w, alpha)
    close(number(result), -truth, **FLOAT32, because="against the direction")
    unchanged(after[1:], (x, -w, alpha))


def test_correlated_and_unused(student, rng):
    """Two features go hand in hand, and the output reads one of them. The slope along the other
    one is 0, though its probe's score goes up and down with the output over the data; the slope
    along the used one is what the output makes of it."""
    _, _, alpha = _draw(rng)
    basis = torch.linalg.qr(_randn(rng, 8, 8))[0]
    used, unused = 1.7 * basis[0], 0.6 * basis[1]
    common = _randn(rng, 40, 1)
    x = common * (basis[0] + basis[1]) + 0.3 * _randn(rng, 40, 8)
    gain = 1.5 + float(torch.rand((), generator=rng))

    def output(points: Tensor) -> Tensor:
        return gain * (points.double() @ basis[0])

    close(_slope(student, output, x, used, alpha), gain / 1.7, **FLOAT32, because="the used one")
    close(_slope(student, output, x, unused, alpha), 0.0, **FLOAT32, because="the unused one")


def test_the_mean_over_all_activations(student, rng):
    """Where the output bends, every activation has an effect of its own: the slope is their mean,
    and it is taken symmetrically, so that a bend which is the same on both sides cancels."""
    x, w, alpha = _draw(rng)
    u = _randn(rng, 8)
    u = u + (2.0 - u @ w) / (w @ w) * w

    # Below the bottom of the parabola the effect has the other sign: there are some of both.
    bottom = float((x @ u).quantile(0.3))

    def output(points: Tensor) -> Tensor:
        return 0.5 * (points.double() @ u - bottom).square()

    # The derivative of a parabola, exactly, is its central difference.
    truth = ((x @ u - bottom) * (u @ w) / (w @ w)).mean()
    for step in (alpha, 2.0 * alpha):
        close(_slope(student, output, x, w, step), truth, atol=1e-2, rtol=2e-3,
              because="the mean slope")  # fmt: skip


def test_a_step_of_the_given_size(student, rng):
    """The output is asked a whole step away on either side, not a tiny one: behind a threshold it
    counts how many activations cross it."""
    _, w, alpha = _draw(rng)
    scores = 4 * alpha * (torch.rand(40, generator=rng, dtype=torch.float64) - 0.5)
    # Nobody within a hundredth of a step of the places that decide.
    near = torch.tensor([-alpha, alpha], dtype=torch.float64)
    scores = scores[(scores[:, None] - near).abs().min(1).values > 0.01 * alpha]
    across = _randn(rng, len(scores), 8)
    across = across - (across @ w / (w @ w))[:, None] * w
    x = across + scores[:, None] * w / (w @ w)
    unit = w.clone()

    def output(points: Tensor) -> Tensor:
        return (points.double() @ unit > 0).double()

    crossing = float((scores.abs() < alpha).double().mean())
    close(_slope(student, output, x, w, alpha), crossing / (2 * alpha), **FLOAT32,
          because="behind a threshold")  # fmt: skip
