"""Hidden checks for gated_loss: three terms, and from which of them everybody learns."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, tensor, unchanged

# The student may work in float32; a missing term misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, D_IN, N = 6, 5, 9


def _drawn(rng: torch.Generator) -> list[Tensor]:
    """x, latents, gate, W_dec, b_dec."""
    shapes = ((BATCH, D_IN), (BATCH, N), (BATCH, N), (N, D_IN), (D_IN,))
    drawn = [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in shapes]
    drawn[1] = drawn[1].relu()
    return drawn


def _error(x: Tensor, latents: Tensor, W_dec: Tensor, b_dec: Tensor) -> Tensor:
    return functional.mse_loss(latents @ W_dec + b_dec, x, reduction="sum") / BATCH


def test_is_the_sum_of_three_terms(student, rng):
    """The loss is the latents' squared error, plus l1 times the sum of the gates' positive parts,
    plus the squared error of these positive parts; means over samples. Arguments stay as they
    are."""
    given = _drawn(rng)
    x, latents, gate, W_dec, b_dec = given
    l1 = 0.3 + float(torch.rand((), generator=rng))
    opened = gate.clamp(min=0)
    errors = _error(x, latents, W_dec, b_dec) + _error(x, opened, W_dec, b_dec)
    for price in (0.0, l1):
        loss, after = student.after("gated_loss", *given, price)
        truth = errors + price * opened.sum() / BATCH
        close(loss, truth, **FLOAT32, because=f"the loss at {'a' if price else 'no'} price")
        unchanged(after[:5], tuple(given))


def test_a_perfect_dictionary_pays_the_price_alone(student, rng):
    """Where the latents and the gates' positive parts both reconstruct every input, only the price
    of the gates is left; and closed gates have no price, however far below 0."""
    _, _, gate, W_dec, b_dec = _drawn(rng)
    opened = gate.clamp(min=0)
    x = opened @ W_dec + b_dec
    loss = student.gated_loss(x, opened, gate, W_dec, b_dec, 0.8)
    close(loss, 0.8 * opened.sum() / BATCH, **FLOAT32, because="the loss of a perfect dictionary")
    lower = torch.where(gate > 0, gate, gate - 5)
    loss = student.gated_loss(x, opened, lower, W_dec, b_dec, 0.8)
    close(loss, 0.8 * opened.sum() / BATCH, **FLOAT32, because="the loss with firmly closed gates")


def test_the_decoder_learns_from_the_latents_alone(student, rng):
    """W_dec and b_dec get the gradient of the latents' error and of nothing else: the gates' error
    sees them frozen."""
    x, latents, gate, W_dec, b_dec = _drawn(rng)
    _, found = student.gradients("gated_loss", x, latents, gate, W_dec, b_dec, 0.5, wrt=(3, 4))
    miss = latents @ W_dec + b_dec - x
    truths = (2 / BATCH * latents.mT @ miss, 2 / BATCH * miss.sum(0))
    for gradient, truth, name in zip(found, truths, ("W_dec", "b_dec"), strict=True):
        holds(gradient is not None, f"No gradient flows into {name}.")
        close(gradient, truth, **FLOAT32, because=f"the gradient of {name}")


def test_latents_and_gates_learn_apart(student, rng):
    """The latents get the gradient of their own error. The gates get that of theirs and of the
    price, where they are open, and nothing where they are closed."""
    x, latents, gate, W_dec, b_dec = _drawn(rng)
    l1 = 0.5
    _, found = student.gradients("gated_loss", x, latents, gate, W_dec, b_dec, l1, wrt=(1, 2))
    for gradient, name in zip(found, ("latents", "gate"), strict=True):
        holds(gradient is not None, f"No gradient flows into the {name}.")
        tensor(gradient, (BATCH, N), f"the gradient of the {name}")
    miss = latents @ W_dec + b_dec - x
    close(found[0], 2 / BATCH * miss @ W_dec.mT, **FLOAT32, because="the gradient of the latents")
    opened = gate.clamp(min=0)
    miss = opened @ W_dec + b_dec - x
    truth = (2 * miss @ W_dec.mT + l1) / BATCH * (gate > 0)
    close(found[1], truth, **FLOAT32, because="the gradient of the gates")
