"""Hidden checks for final_norm: torch's own norms, and what a norm must not notice."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, tensor, unchanged

# One calculation in float32 may come in; every wrong formula misses by more than a per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}


def _inputs(rng: torch.Generator, *leading: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw x with a mean and a size of its own at every position, gamma and beta."""
    d_model = int(torch.randint(20, 30, (), generator=rng))
    x = torch.randn(*leading, d_model, generator=rng, dtype=torch.float64)
    size = 0.5 + 2.5 * torch.rand(*leading, 1, generator=rng, dtype=torch.float64)
    mean = 0.7 + torch.rand(*leading, 1, generator=rng, dtype=torch.float64)
    # Some gammas are negative; none is near 1, so that dropping it always shows.
    sign = torch.where(torch.rand(d_model, generator=rng) < 0.3, -1.0, 1.0)
    gamma = sign * (1.5 + torch.rand(d_model, generator=rng, dtype=torch.float64))
    beta = 0.5 + torch.rand(d_model, generator=rng, dtype=torch.float64)
    return size * (x + mean), gamma, beta


def test_without_beta_it_is_rms_norm(student, rng):
    """Without `beta` it is RMSNorm: divide each position's vector by its root mean square over
    d_model, then multiply by `gamma`. Nothing is subtracted."""
    n_pos = int(torch.randint(5, 9, (), generator=rng))
    for leading in ((3, n_pos), (4, 2, n_pos), ()):
        x, gamma, _ = _inputs(rng, *leading)
        expected = functional.rms_norm(x, gamma.shape, gamma, 1e-5)
        shape = f"x with {len(leading) + 1} axes"
        close(student.final_norm(x, gamma), expected, **FLOAT32, because=shape)


def test_with_beta_it_is_layer_norm(student, rng):
    """With `beta` it is LayerNorm: subtract each position's mean over d_model, divide by the
    standard deviation (over n, not n - 1), multiply by `gamma`, then add `beta`."""
    n_pos = int(torch.randint(5, 9, (), generator=rng))
    for leading in ((3, n_pos), (4, 2, n_pos), ()):
        x, gamma, beta = _inputs(rng, *leading)
        expected = functional.layer_norm(x, gamma.shape, gamma, beta, 1e-5)
        shape = f"x with {len(leading) + 1} axes"
        close(student.final_norm(x, gamma, beta), expected, **FLOAT32, because=shape)


def test_each_position_is_measured_alone(student, rng):
    """A position's result depends on the direction of its own vector: make each position longer
    by a factor of its own and nothing changes (and LayerNorm does not notice a shift either)."""
    n_pos = int(torch.randint(5, 9, (), generator=rng))
    x, gamma, beta = _inputs(rng, 3, n_pos)
    # Only longer: a shorter vector would let eps show.
    factor = 2 + 8 * torch.rand(3, n_pos, 1, generator=rng, dtype=torch.float64)
    shift = torch.randn(3, n_pos, 1, generator=rng, dtype=torch.float64)
    plain = tensor(student.final_norm(x, gamma, None, 1e-6), x.shape, "RMSNorm of x")
    # What no wrong formula can undo: the normalised vector has d_model as its square.
    square = (plain / gamma).square().mean(-1)
    close(square, torch.ones(3, n_pos), **FLOAT32, because="mean square of RMSNorm(x) / gamma")
    longer = student.final_norm(factor * x, gamma, None, 1e-6)
    close(longer, plain, **FLOAT32, because="RMSNorm of a longer x")
    plain = tensor(student.final_norm(x, gamma, beta, 1e-6), x.shape, "LayerNorm of x")
    square = ((plain - beta) / gamma).square().mean(-1)
    close(square, torch.ones(3, n_pos), **FLOAT32, because="mean square of (y - beta) / gamma")
    longer = student.final_norm(factor * x + shift, gamma, beta, 1e-6)
    close(longer, plain, **FLOAT32, because="LayerNorm of a longer and shifted x")


def test_eps_is_added_under_the_root(student, rng):
    """`eps` is the one you are given, added to the mean square (or the variance) under the square
    root: a vector of zeros gives `beta`, or zeros, and never NaN."""
    x, gamma, beta = _inputs(rng, 2, 6)
    x[0, 1] = 0.0
    x[1, 3] *= 1e-2  # small beside eps: there the place of eps decides
    eps = float(0.05 + 0.2 * torch.rand((), generator=rng))
    rms = x / (x.square().mean(-1, keepdim=True) + eps).sqrt() * gamma
    close(student.final_norm(x, gamma, None, eps), rms, **FLOAT32, because="RMSNorm")
    layer = functional.layer_norm(x, gamma.shape, gamma, beta, eps)
    close(student.final_norm(x, gamma, beta, eps), layer, **FLOAT32, because="LayerNorm")


def test_arguments_are_left_as_they_were(student, rng):
    """The norm must not write into its arguments: `x -= x.mean(...)` changes the caller's residual
    stream; `x = x - x.mean(...)` does not."""
    x, gamma, beta = _inputs(rng, 2, 6)
    beta = beta / 10  # small, so that a forgotten beta is left to the other checks
    result, after = student.after("final_norm", x, gamma, beta)
    # Any normalised answer counts here; the other checks ask for the right one.
    size = tensor(result, x.shape, "the result").sub(beta).div(gamma).square().mean(-1)
    close(size, torch.ones(2, 6), atol=0.5, rtol=0, because="the size of the result")
    unchanged(after, (x, gamma, beta))
