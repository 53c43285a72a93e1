"""Hidden checks for corrected_p_values: closed forms, and the closed testing behind Holm's way."""

from itertools import combinations

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# Whole numbers divided and multiplied; once in float32.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-5}


def _null(rng: torch.Generator, n: int) -> Tensor:
    """Effects of random directions: off centre, so that sizes and signed values differ."""
    return 0.4 + torch.randn(n, generator=rng, dtype=torch.float64)


def _plain(found: Tensor, null: Tensor) -> Tensor:
    """p-values of each effect by itself."""
    larger = (null.abs()[None] >= found.abs()[:, None]).sum(1)
    return (1 + larger) / (1 + len(null))


def _corrected(student, found: Tensor, null: Tensor) -> Tensor:
    return tensor(student.corrected_p_values(found, null), tuple(found.shape), "the p-values")


def test_one_direction(student, rng):
    """With a single direction nothing has to be corrected: its p-value is the share of effects at
    least as large in size, its own counted with the random ones. So it is never 0."""
    null = _null(rng, 49)
    order = null.abs().sort(descending=True).values
    rank = int(torch.randint(3, 40, (), generator=rng))
    between = (order[rank - 1] + order[rank]) / 2
    for sign in (1, -1):
        close(_corrected(student, sign * between[None], null), torch.tensor([(1 + rank) / 50]),
              **FLOAT32, because="the p-value")  # fmt: skip
    close(_corrected(student, order[:1] + 1, null), torch.tensor([1 / 50]), **FLOAT32,
          because="the p-value of the largest effect of all")  # fmt: skip
    close(_corrected(student, order[rank - 1 : rank], null), torch.tensor([(1 + rank) / 50]),
          **FLOAT32, because="the p-value of a random direction's own effect")  # fmt: skip


def test_closed_testing(student, rng):
    """The correction is Holm's: a direction counts when every set of directions that holds it is
    unlikely as a whole, the set by its smallest p-value times its size. (Here all the sets are
    gone through.)"""
    null = _null(rng, 199)
    sizes = torch.tensor([3.2, 2.6, 2.1, 1.3, 0.7], dtype=torch.float64)
    jitter = 0.2 * torch.rand(5, generator=rng, dtype=torch.float64)
    signs = torch.where(torch.rand(5, generator=rng) < 0.5, 1.0, -1.0)
    signs[int(torch.randint(2, (), generator=rng))] = -1.0
    order = torch.randperm(5, generator=rng)
    while bool((order == torch.arange(5)).all()):
        order = torch.randperm(5, generator=rng)
    found = ((sizes + jitter) * signs)[order]
    p = _plain(found, null)
    wanted = torch.zeros(5, dtype=torch.float64)
    for size in range(1, 6):
        for chosen in combinations(range(5), size):
            whole = min(1.0, size * float(p[list(chosen)].min()))
            for one in chosen:
                wanted[one] = max(float(wanted[one]), whole)
    result, after = student.after("corrected_p_values", found, null)
    close(result, wanted, **FLOAT32, because="the corrected p-values")
    unchanged(after, (found, null))


def test_many_directions(student, rng):
    """The order of the directions does not matter, nor the signs. The smallest p-value is
    multiplied by the number of directions, none is above 1, and a larger effect never has a larger
    p-value."""
    m = int(torch.randint(6, 12, (), generator=rng))
    null = _null(rng, 399)
    found = torch.linspace(1.2, 3.0, m, dtype=torch.float64)
    found = found + 0.1 * torch.rand(m, generator=rng, dtype=torch.float64)
    p, plain = _corrected(student, found, null), _plain(found, null)
    close(p[-1], m * plain[-1], **FLOAT32, because="the p-value of the largest effect")
    holds(bool((p <= 1 + 1e-6).all() and (p >= plain - 1e-6).all()), "A p-value is above 1, or "
          "below what it was before the correction.")  # fmt: skip
    holds(bool((p.diff() <= 1e-6).all()), "A larger effect has a larger p-value.")
    small = torch.linspace(0.02, 0.3, m, dtype=torch.float64)
    close(_corrected(student, small, null), torch.ones(m), **FLOAT32, because="of small effects")
    order = torch.randperm(m, generator=rng)
    signs = torch.where(torch.rand(m, generator=rng) < 0.5, 1.0, -1.0)
    close(_corrected(student, (found * signs)[order], null), p[order], **FLOAT32,
          because="the p-values in another order")  # fmt: skip


def test_chance_is_held_back(student, rng):
    """Where all directions are random, some effect seems rare in most families of ten; corrected,
    hardly ever. And what is large beside all random ones is still found."""
    null = _null(rng, 999)
    claims = 0
    for _ in range(25):
        p = _corrected(student, _null(rng, 10), null)
        claims += int((p <= 0.05).any())
    # Uncorrected: 1 - .95^10 = .4 of the families. At .05, 8 of 25 or more has chance 2e-5.
    holds(claims < 8, "In too many families of random directions one counts as found.")
    found = torch.cat([_null(rng, 9), torch.tensor([9.0], dtype=torch.float64)])
    p = _corrected(student, found, null)
    close(p[-1], 10 / 1000, **FLOAT32, because="an effect far larger than all random ones")
