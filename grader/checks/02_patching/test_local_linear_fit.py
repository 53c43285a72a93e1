"""Hidden checks for local_linear_fit: planted lines, what a minimum needs, Shapley values."""

import itertools
import math

import torch
from torch import Tensor

from grader.assertions import close, holds, items, number, tensor, unchanged

# Small linear systems; one computation in float32 may come in.
FLOAT32 = {"atol": 2e-4, "rtol": 1e-3}


def _masks(n_features: int) -> Tensor:
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=n_features))).double()


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw masks (each feature on a different share of the time), values and weights."""
    n_features = int(torch.randint(3, 6, (), generator=rng))
    share = torch.linspace(0.3, 0.8, n_features)
    masks = (torch.rand(40, n_features, generator=rng) < share).double()
    values = 3 + torch.randn(40, generator=rng, dtype=torch.float64)
    weights = 0.1 + 2 * torch.rand(40, generator=rng, dtype=torch.float64)
    return masks, values, weights


def _fit(result: object, n_features: int) -> tuple[float, Tensor]:
    intercept, coefficients = items(result, 2, "the result")
    return number(intercept, "the intercept"), tensor(
        coefficients, (n_features,), "the coefficients"
    )


def test_a_planted_line(student, rng):
    """Values that are linear in the masks are fitted exactly, whatever the weights: the intercept
    is the value with every feature off, a coefficient what switching its feature on adds."""
    masks, _, weights = _drawn(rng)
    slopes = 2 * torch.randn(masks.shape[1], generator=rng, dtype=torch.float64)
    offset = 1 + float(torch.rand((), generator=rng))
    values = offset + masks @ slopes
    result, after = student.after("local_linear_fit", masks, values, weights, 0.0)
    intercept, coefficients = _fit(result, masks.shape[1])
    close(intercept, offset, **FLOAT32, because="the intercept")
    close(coefficients, slopes, **FLOAT32, because="the coefficients")
    unchanged(after, (masks, values, weights, 0.0))


def test_conditions_of_the_minimum(student, rng):
    """At the minimum nothing is left to gain: the weighted residuals sum to 0, since the intercept
    is free, and their product with each feature equals the ridge times its coefficient."""
    masks, values, weights = _drawn(rng)
    ridge = 1 + 3 * float(torch.rand((), generator=rng))
    result = student.local_linear_fit(masks, values, weights, ridge)
    intercept, coefficients = _fit(result, masks.shape[1])
    residual = weights * (values - intercept - masks @ coefficients)
    holds(bool(coefficients.abs().max() > 1e-3), "All coefficients are 0.")
    close(residual.sum(), 0.0, atol=2e-3, rtol=0, because="the sum of the weighted residuals")
    left = masks.T @ residual - ridge * coefficients
    close(left, torch.zeros_like(left), atol=2e-3, rtol=0, because="what each feature could gain")


def test_weights_count_like_copies(student, rng):
    """A sample of weight 2 counts like two samples of weight 1, and one of weight 0 not at all,
    however far off it lies."""
    masks, values, _ = _drawn(rng)
    weights = torch.randint(0, 4, (len(values),), generator=rng).double()
    weights[:2] = 0
    values[0] += 50
    copies = weights.long()
    repeated = torch.arange(len(values)).repeat_interleave(copies)
    # Ordinary least squares of the copies, the ridge as further samples of value 0.
    columns = torch.cat([torch.ones(len(repeated), 1).double(), masks[repeated]], dim=1)
    extra = torch.eye(columns.shape[1], dtype=torch.float64)[1:] * 0.8**0.5
    targets = torch.cat([values[repeated], torch.zeros(len(extra)).double()])
    solution = torch.linalg.lstsq(torch.cat([columns, extra]), targets[:, None]).solution[:, 0]
    result = student.local_linear_fit(masks, values, weights, 0.8)
    intercept, coefficients = _fit(result, masks.shape[1])
    close(intercept, solution[0], **FLOAT32, because="the intercept")
    close(coefficients, solution[1:], **FLOAT32, because="the coefficients")


def test_shapley_values(student, rng):
    """With all masks and KernelSHAP's weights, the full and the empty one (all but) infinitely
    heavy, the coefficients are the Shapley values: what each feature adds, averaged over all
    orders; the intercept is the value of the empty mask."""
    n = int(torch.randint(3, 5, (), generator=rng))
    masks = _masks(n)
    values = 2 * torch.randn(2**n, generator=rng, dtype=torch.float64)
    weights = []
    for size in masks.sum(1).int().tolist():
        inside = 0 < size < n
        weights.append((n - 1) / (math.comb(n, size) * size * (n - size)) if inside else 1e5)
    worth = {tuple(mask): value for mask, value in zip(masks.int().tolist(), values, strict=True)}
    shares = torch.zeros(n, dtype=torch.float64)
    orders = list(itertools.permutations(range(n)))
    for order in orders:
        mask = [0] * n
        for feature in order:
            before = worth[tuple(mask)]
            mask[feature] = 1
            shares[feature] += (worth[tuple(mask)] - before) / len(orders)
    result = student.local_linear_fit(masks, values, torch.tensor(weights).double(), 0.0)
    intercept, coefficients = _fit(result, n)
    # The heavy weights are 1e5, not infinite, and may have met float32.
    close(coefficients, shares, atol=5e-3, rtol=1e-3, because="the Shapley values")
    close(intercept, values[0], atol=5e-3, rtol=1e-3, because="the value of the empty mask")
