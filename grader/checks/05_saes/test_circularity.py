"""Hidden checks for circularity: rings, blobs, and what must not matter."""

import math

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged
from grader.judging.lines import StudentError

# float32 will do; and whoever divides by n - 1 is off by less with 400 points or more.
ROUNDED = {"atol": 4e-3, "rtol": 0}
BLOB = math.sqrt(4 / math.pi - 1)  # the radius of a Gaussian: standard deviation over mean


def _bent(rng: torch.Generator, points: Tensor) -> Tensor:
    """Stretch, shear, turn and shift points: an affine map of condition 2 to 10 or so."""
    turns = [2 * math.pi * float(torch.rand((), generator=rng)) for _ in range(2)]
    one, other = (
        torch.tensor([[math.cos(t), -math.sin(t)], [math.sin(t), math.cos(t)]]).double()
        for t in turns
    )
    ratio = 2 + 5 * float(torch.rand((), generator=rng))
    shift = 5 * torch.randn(2, generator=rng, dtype=torch.float64)
    return points @ one @ torch.diag(torch.tensor([1.0, ratio]).double()) @ other + shift


def _corners(rng: torch.Generator, n: int, radius: float = 1.0) -> Tensor:
    angle = 2 * math.pi * (torch.arange(n).double() / n + float(torch.rand((), generator=rng)))
    return radius * torch.stack([angle.cos(), angle.sin()], 1)


def _shuffled(rng: torch.Generator, points: Tensor) -> Tensor:
    return points[torch.randperm(len(points), generator=rng)]


def test_a_ring_is_one(student, rng):
    """Points at equal distances around a circle score 1, wherever the circle lies, however large
    it is, and also when it is stretched into an ellipse; the points are left as they are."""
    n = int(torch.randint(5, 10, (), generator=rng))
    for points in (
        3 * _corners(rng, n).repeat(60, 1) + 7,
        _bent(rng, _corners(rng, n).repeat(60, 1)),
    ):
        points = _shuffled(rng, points)
        result, after = student.after("circularity", points)
        close(result, 1.0, **ROUNDED, because="a ring's circularity")
        unchanged(after, (points,))
    two = torch.cat([_corners(rng, n), _corners(rng, n, 2.0)]).repeat(40, 1)
    holds(number(student.circularity(two), "the score") < 0.9, "Two rings score as one does.")


def test_a_blob_is_zero(student, rng):
    """A Gaussian blob scores 0, also a stretched one: its radius varies as chance alone lets it."""
    points = _bent(rng, torch.randn(6000, 2, generator=rng, dtype=torch.float64))
    ring = number(student.circularity(_bent(rng, _corners(rng, 60))), "the score")
    holds(ring > 0.9, "A ring of 60 points does not score more than a blob.")
    # The standard error at 6,000 points is .01.
    close(student.circularity(points), 0.0, atol=0.05, rtol=0, because="a blob's circularity")


def test_between_ring_and_blob(student, rng):
    """In between it is one minus the radius's variation, its standard deviation over its mean, in
    units of a blob's. Two rings around one centre have a mean radius and a deviation that can be
    worked out by hand; what is heavier in its tails than a blob is below 0."""
    n = int(torch.randint(5, 10, (), generator=rng))
    for outer in (1.6 + float(torch.rand((), generator=rng)), 6.0):
        rings = torch.cat([_corners(rng, n), _corners(rng, n, outer)]).repeat(40, 1)
        variation = (outer - 1) / (outer + 1)
        points = _shuffled(rng, _bent(rng, rings))
        close(student.circularity(points), 1 - variation / BLOB, **ROUNDED,
              because="the circularity of two rings")  # fmt: skip
    heavy = _shuffled(rng, torch.cat([_corners(rng, n).repeat(60, 1), _corners(rng, n, 12.0)]))
    radius = torch.tensor([1.0] * 60 + [12.0], dtype=torch.float64)
    variation = float(radius.std(correction=0) / radius.mean())
    close(student.circularity(heavy), 1 - variation / BLOB, atol=0.02, rtol=0,
          because="the circularity of heavy tails")  # fmt: skip


def test_no_axis_is_special(student, rng):
    """Turning, stretching, shearing or moving all points changes nothing, whatever their shape."""
    points = torch.rand(420, 2, generator=rng, dtype=torch.float64) ** 2
    points[:, 1] += 0.8 * points[:, 0]
    score = student.circularity(points)
    close(student.circularity(_bent(rng, points)), float(score), **ROUNDED,
          because="the circularity of bent points")  # fmt: skip
    # The same by another road: the radius in units of the covariance (Mahalanobis).
    centred = points - points.mean(0)
    covariance = centred.mT @ centred / len(points)
    radius = (centred * torch.linalg.lstsq(covariance, centred.mT).solution.mT).sum(1).sqrt()
    expected = 1 - float(radius.std(correction=0) / radius.mean()) / BLOB
    close(score, expected, **ROUNDED, because="the circularity of a crooked square")


def test_points_on_a_line_are_an_error(student, rng):
    """Points on a line have no plane to be round in: that is an error, not a number."""
    n = int(torch.randint(5, 10, (), generator=rng))
    close(student.circularity(_corners(rng, n).repeat(60, 1)), 1.0, **ROUNDED, because="a ring")
    steps = torch.randint(-8, 9, (40, 1), generator=rng).double()
    for direction in ([1.0, 2.0], [0.0, 1.0], [4.0, -2.0]):
        try:
            student.circularity(steps * torch.tensor(direction).double() + 3)
        except StudentError as error:
            kind = getattr(error, "kind", "")
            holds(kind not in ("", "limit", "NotImplementedError", "StudentFault"), str(error))
        else:
            holds(False, "With all points on a line it returned something.")
