"""Hidden checks for matryoshka_loss: nested prefixes of one dictionary, each by itself."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, number, tensor, unchanged

# The student may work in float32; a prefix too long or too short misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, D_IN, N = 6, 5, 12


def _drawn(rng: torch.Generator) -> list[Tensor]:
    """x, latents, W_dec, b_dec; nothing is 0 on average."""
    shapes = ((BATCH, D_IN), (BATCH, N), (N, D_IN), (D_IN,))
    drawn = [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in shapes]
    drawn[1] = drawn[1].abs()
    return drawn


def _error(x: Tensor, latents: Tensor, W_dec: Tensor, b_dec: Tensor, size: int) -> Tensor:
    """The squared error of the first latents, with the others set to 0."""
    front = latents * (torch.arange(N) < size)
    return functional.mse_loss(front @ W_dec + b_dec, x, reduction="sum") / BATCH


def test_is_the_mean_of_the_prefixes_errors(student, rng):
    """The loss is the mean, over the given sizes, of the squared error of the first latents alone:
    summed over dimensions, averaged over samples, b_dec in each. The order of the sizes does not
    matter, and the arguments stay as they are."""
    given = _drawn(rng)
    sizes = [2, 5, N]
    truth = sum(_error(*given, size) for size in sizes) / 3
    for order in (sizes, [5, N, 2]):
        loss, after = student.after("matryoshka_loss", *given, order)
        close(loss, truth, **FLOAT32, because=f"the loss of the sizes {order}")
        unchanged(after[:4], tuple(given))


def test_only_the_listed_sizes_count(student, rng):
    """A single size gives that prefix's own error, whether it is the whole dictionary or not: the
    full size counts only when it is in the list."""
    given = _drawn(rng)
    for size in (1, 4, N):
        loss = student.matryoshka_loss(*given, [size])
        close(loss, _error(*given, size), **FLOAT32, because=f"the loss of the size {size}")


def test_a_prefix_sees_its_own_latents_only(student, rng):
    """Latents behind the largest size, and their rows, do not change the loss; a dictionary whose
    first latents reconstruct every input has a loss of 0 at that size, whatever comes after."""
    x, latents, W_dec, b_dec = _drawn(rng)
    before = number(student.matryoshka_loss(x, latents, W_dec, b_dec, [2, 6]), "the loss")
    others, rows = latents.clone(), W_dec.clone()
    others[:, 6:] += 3
    rows[6:] -= 2
    loss = student.matryoshka_loss(x, others, rows, b_dec, [2, 6])
    close(loss, before, **FLOAT32, because="the loss with other latents behind")
    perfect = latents[:, :4] @ W_dec[:4] + b_dec
    loss = student.matryoshka_loss(perfect, others, rows, b_dec, [4])
    close(loss, 0.0, **FLOAT32, because="the loss of a perfect prefix")
    holds(before > 1e-3, "The loss is 0 for latents that have nothing to do with the input.")


def test_early_latents_learn_from_every_prefix(student, rng):
    """A latent learns from the errors of all prefixes that hold it, and from no other; so do the
    rows, and each prefix's error is its own, not that of what smaller ones have left over."""
    x, latents, W_dec, b_dec = _drawn(rng)
    sizes = [3, 8]
    _, found = student.gradients(
        "matryoshka_loss", x, latents, W_dec, b_dec, sizes, wrt=(1, 2)
    )  # fmt: skip
    to_latents, to_rows = torch.zeros_like(latents), torch.zeros_like(W_dec)
    for size in sizes:
        miss = latents[:, :size] @ W_dec[:size] + b_dec - x
        to_latents[:, :size] += miss @ W_dec[:size].mT / BATCH
        to_rows[:size] += latents[:, :size].mT @ miss / BATCH
    for gradient, truth, name in zip(
        found, (to_latents, to_rows), ("latents", "W_dec"), strict=True
    ):
        holds(gradient is not None, f"No gradient flows into {name}.")
        tensor(gradient, tuple(truth.shape), f"the gradient of {name}")
        close(gradient, truth, **FLOAT32, because=f"the gradient of {name}")
