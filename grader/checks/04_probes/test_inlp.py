"""Hidden checks for inlp: what each round's fit is shown, and what comes out."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# Projections of projections, in float64 or once in float32, on numbers of size 1 to 10.
FLOAT32 = {"atol": 2e-3, "rtol": 1e-3}
N, D, K = 14, 9, 4


def _randn(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def _data(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw activations off the origin, and labels that are not balanced."""
    y = torch.randperm(N, generator=rng) < 5
    return 2 * _randn(rng, N, D) + _randn(rng, D) + y[:, None] * _randn(rng, D), y


def _ridge(X: Tensor, y: Tensor) -> Tensor:
    """Stands for any linear probe: what it returns lies in the span of what it was shown."""
    X, y = X.double(), y.double() - y.double().mean()
    return torch.linalg.solve(X.mT @ X + 0.1 * torch.eye(X.shape[1]), X.mT @ y)


def _found(student, X: Tensor, y: Tensor, k: int, fit) -> Tensor:
    return tensor(student.inlp(X, y, k, fit), (k, D), "the directions")


def test_each_round_sees_what_is_left(student, rng):
    """The first probe is fitted to the activations as they are; every later one to activations from
    which all the directions found so far are gone, and nothing else. The labels stay the same."""
    X, y = _data(rng)
    shown: list[tuple[Tensor, Tensor]] = []

    def fit(seen: Tensor, labels: Tensor) -> Tensor:
        shown.append((seen.double(), labels.double()))
        return _ridge(seen, labels)

    found = _found(student, X, y, K, fit)
    holds(len(shown) >= K, "There are fewer fits than directions.")
    for number, (seen, labels) in enumerate(shown[:K]):
        gone = found[:number]
        close(seen, X - X @ gone.mT @ gone, **FLOAT32,
              because=f"the activations of fit number {number + 1}")  # fmt: skip
        close(labels, y.double(), because=f"the labels of fit number {number + 1}")


def test_orthonormal(student, rng):
    """The directions are unit vectors at right angles to each other, in the order in which they
    were found; the first one is the first probe's. Activations and labels are left as they were."""
    X, y = _data(rng)
    result, after = student.after("inlp", X, y, K, _ridge)
    found = tensor(result, (K, D), "the directions")
    close(found @ found.mT, torch.eye(K), **FLOAT32, because="the products of the directions")
    first = _ridge(X, y)
    close(found[0], first / first.norm(), **FLOAT32, because="the first direction")
    unchanged(after[:2], (X, y))


def test_probes_that_repeat_themselves(student, rng):
    """A probe may have a part along what is gone already, since nothing in the data speaks against
    it. That part is taken off: what comes out is Gram and Schmidt's basis of the probes (torch's QR
    gives it as well)."""
    X, y = _data(rng)
    probes = _randn(rng, K, D)
    probes[1:] += 2.5 * probes[:1]
    turn = iter(probes)
    found = _found(student, X, y, K, lambda seen, labels: next(turn))
    q, r = torch.linalg.qr(probes.mT)
    close(found, (q * r.diagonal().sign()).mT, **FLOAT32, because="the directions")


def test_in_the_end_nothing_is_left(student, rng):
    """As many rounds as the data have dimensions leave nothing to read; half of the rounds leave
    half of the dimensions, and there the probe of the next round is at right angles to all."""
    X, y = _data(rng)
    basis = torch.linalg.qr(_randn(rng, D, 3))[0].mT
    flat = X @ basis.mT @ basis  # of rank 3
    rows = iter(range(3))  # an activation of what is left, taken for a probe: never a tiny one
    found = _found(student, flat, y, 3, lambda seen, labels: seen.double()[next(rows)])
    close(flat - flat @ found.mT @ found, torch.zeros(N, D), **FLOAT32, because="what is left")
    half = _found(student, X, y, 2, _ridge)
    rest = X - X @ half.mT @ half
    # A projection has eigenvalues 0 and 1: the rank is their sum.
    holds(int(torch.linalg.matrix_rank(rest, atol=1e-2)) == D - 2, "Not two dimensions are gone.")
    close(half @ _ridge(rest, y), torch.zeros(2), **FLOAT32, because="the next probe")
