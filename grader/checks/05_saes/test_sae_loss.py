"""Hidden checks for sae_loss: what must not change it, and what must."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, number, tensor, unchanged

# The student may work in float32; a wrong axis or norm misses by tens of per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, D_IN, N = 6, 5, 9


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor, float]:
    """x, x_hat, latents that are not negative, W_dec with rows of different lengths, a price."""
    x, x_hat = torch.randn(2, BATCH, D_IN, generator=rng, dtype=torch.float64)
    latents = torch.randn(BATCH, N, generator=rng, dtype=torch.float64).relu()
    W_dec = torch.randn(N, D_IN, generator=rng, dtype=torch.float64)
    W_dec = W_dec * (0.3 + 2 * torch.rand(N, 1, generator=rng, dtype=torch.float64))
    return x, x_hat, latents, W_dec, 0.2 + float(torch.rand((), generator=rng))


def test_error_is_summed_over_dimensions_and_averaged_over_samples(student, rng):
    """At a price of 0 the loss is the squared error, summed over the dimensions and averaged over
    the samples; nothing in the arguments changes."""
    x, x_hat, latents, W_dec, _ = _drawn(rng)
    loss, after = student.after("sae_loss", x, x_hat, latents, W_dec, 0.0)
    truth = functional.mse_loss(x_hat, x, reduction="sum") / BATCH
    close(loss, truth, **FLOAT32, because="the loss at a price of 0")
    unchanged(after[:4], (x, x_hat, latents, W_dec))


def test_price_is_the_length_of_what_is_written(student, rng):
    """With a perfect reconstruction the loss is the price: l1 times the summed lengths of what the
    latents write, in the mean over the samples. Double the price, double the loss."""
    x, _, latents, W_dec, l1 = _drawn(rng)
    written = torch.einsum("bn,nd->bnd", latents, W_dec).norm(dim=2).sum(1).mean()
    for price in (l1, 2 * l1):
        loss = student.sae_loss(x, x, latents, W_dec, price)
        close(loss, price * written, **FLOAT32, because="the price alone")


def test_rescaling_does_not_cut_the_loss(student, rng):
    """Dividing each latent by a number and multiplying its decoder row by the same number leaves
    the loss as it is: nothing can be saved by small latents with long rows."""
    x, x_hat, latents, W_dec, l1 = _drawn(rng)
    scale = (3 * torch.rand(N, generator=rng, dtype=torch.float64) - 1.5).exp()
    before = number(student.sae_loss(x, x_hat, latents, W_dec, l1), "the loss")
    after = student.sae_loss(x, x_hat, latents / scale, W_dec * scale[:, None], l1)
    close(after, before, **FLOAT32, because="the loss after rescaling")
    more = number(student.sae_loss(x, x_hat, 2 * latents, W_dec, l1), "the loss")
    holds(more > before + 1e-3, "Twice the latents cost no more.")


def test_doubled_batch_costs_the_same(student, rng):
    """Every sample twice: the same loss. Every latent twice at half its size: the same loss."""
    x, x_hat, latents, W_dec, l1 = _drawn(rng)
    before = number(student.sae_loss(x, x_hat, latents, W_dec, l1), "the loss")
    twice = [torch.cat([t, t]) for t in (x, x_hat, latents)]
    close(student.sae_loss(*twice, W_dec, l1), before, **FLOAT32, because="a doubled batch")
    split = torch.cat([latents / 2, latents / 2], dim=1)
    loss = student.sae_loss(x, x_hat, split, torch.cat([W_dec, W_dec]), l1)
    close(loss, before, **FLOAT32, because="latents split in two halves")
    dearer = number(student.sae_loss(x, x_hat, latents, W_dec, 2 * l1), "the loss")
    holds(dearer > before + 1e-3, "Twice the price costs no more.")


def test_everything_learns(student, rng):
    """Gradients flow into the reconstruction, into the latents (the price pushes them down) and
    into the decoder's rows (the price shortens them)."""
    x, x_hat, latents, W_dec, l1 = _drawn(rng)
    _, gradients = student.gradients("sae_loss", x, x_hat, latents, W_dec, l1, wrt=(1, 2, 3))
    names = ("the reconstruction", "the latents", "W_dec")
    given = (x_hat, latents, W_dec)
    for gradient, name, value in zip(gradients, names, given, strict=True):
        holds(gradient is not None, f"No gradient flows into {name}.")
        tensor(gradient, tuple(value.shape), f"the gradient of {name}")
    length = W_dec.norm(dim=1)
    truths = (
        2 * (x_hat - x) / BATCH,
        l1 / BATCH * length.expand(BATCH, N),
        l1 / BATCH * latents.sum(0)[:, None] * W_dec / length[:, None],
    )
    # At a latent of 0 the size of a number has no slope: either side's will do.
    active = latents > 0
    masks = (torch.ones_like(x), active, torch.ones_like(W_dec))
    for gradient, name, truth, mask in zip(gradients, names, truths, masks, strict=True):
        close(gradient * mask, truth * mask, **FLOAT32, because=f"the gradient of {name}")
