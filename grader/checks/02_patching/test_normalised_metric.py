"""Hidden checks for normalised_metric: two points fix a straight line."""

import torch

from grader.assertions import close, holds, unchanged
from grader.judging.lines import StudentError


def _ends(rng: torch.Generator) -> tuple[float, float]:
    """Clean and corrupted, of any sign and order, at least 1 apart."""
    corrupted = float(6 * torch.randn((), generator=rng, dtype=torch.float64))
    gap = float(1 + 5 * torch.rand((), generator=rng, dtype=torch.float64))
    sign = 1 if torch.rand((), generator=rng) < 0.5 else -1
    return corrupted + sign * gap, corrupted


def test_the_two_ends(student, rng):
    """The clean run's own value becomes 1, the corrupted run's becomes 0, and the point half way
    between them one half."""
    for clean, corrupted in (_ends(rng), _ends(rng)[::-1]):
        x = torch.tensor([clean, corrupted, (clean + corrupted) / 2], dtype=torch.float64)
        expected = torch.tensor([1.0, 0.0, 0.5])
        close(student.normalised_metric(x, clean, corrupted), expected, because="the three points")


def test_a_straight_line(student, rng):
    """The scale is linear and goes on beyond both ends, also where clean is the smaller number:
    what is put on it at any place comes back as that place."""
    for turn in (1, -1):
        clean, corrupted = _ends(rng)[::turn]
        places = 4 * torch.randn(2, 3, 5, generator=rng, dtype=torch.float64)
        x = corrupted + places * (clean - corrupted)
        close(student.normalised_metric(x, clean, corrupted), places, because="places on the scale")


def test_units_do_not_matter(student, rng):
    """Measure in other units from another zero, and nothing changes on the scale; the argument is
    left as it was."""
    clean, corrupted = _ends(rng)
    places = torch.randn(7, generator=rng, dtype=torch.float64)
    x = corrupted + places * (clean - corrupted)
    factor, shift = 3.7, -11.0
    moved = factor * x + shift
    arguments = moved, factor * clean + shift, factor * corrupted + shift
    result, after = student.after("normalised_metric", *arguments)
    close(result, places, because="places on the scale")
    unchanged(after, arguments)


def test_equal_ends_are_an_error(student, rng):
    """Where both runs have the same value there is nothing to divide by: that is an error, not an
    infinite or missing number."""
    clean, corrupted = _ends(rng)
    x = torch.tensor([clean, corrupted], dtype=torch.float64)
    close(student.normalised_metric(x, clean, corrupted), torch.tensor([1.0, 0.0]))
    try:
        student.normalised_metric(x, clean, clean)
    except StudentError as error:
        kind = getattr(error, "kind", "")
        holds(kind not in ("", "limit", "NotImplementedError", "StudentFault"), str(error))
    else:
        holds(False, "With equal ends it returned something.")
