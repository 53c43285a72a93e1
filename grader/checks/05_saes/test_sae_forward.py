"""Hidden checks for sae_forward: shifts, dead and open encoders, torch's own layers."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, items, tensor, unchanged

# The student may work in float32; a bias left out misses by tens of per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, D_IN, N = 5, 6, 9


def _drawn(rng: torch.Generator) -> list[Tensor]:
    """x, W_enc, b_enc, W_dec, b_dec, with nothing near 0 on average."""
    shapes = ((BATCH, D_IN), (D_IN, N), (N,), (N, D_IN), (D_IN,))
    return [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in shapes]


def _both(result: object) -> tuple[Tensor, Tensor]:
    latents, x_hat = items(result, 2, "what comes back")
    return (
        tensor(latents, (BATCH, N), "the latents"),
        tensor(x_hat, (BATCH, D_IN), "the reconstruction"),
    )


def test_is_a_linear_layer_a_relu_and_a_linear_layer(student, rng):
    """The latents are ReLU((x - b_dec) W_enc + b_enc), the reconstruction is f W_dec + b_dec; the
    latents come first, and the arguments are left as they are."""
    given = _drawn(rng)
    x, W_enc, b_enc, W_dec, b_dec = given
    result, after = student.after("sae_forward", *given)
    latents, x_hat = _both(result)
    truth = functional.relu(functional.linear(x - b_dec, W_enc.mT, b_enc))
    close(latents, truth, **FLOAT32, because="the latents")
    expected = functional.linear(truth, W_dec.mT, b_dec)
    close(x_hat, expected, **FLOAT32, because="the reconstruction")
    unchanged(after, tuple(given))


def test_moving_the_data_moves_the_reconstruction(student, rng):
    """Moving all inputs by a vector, and b_dec with them, leaves every latent as it is and moves
    the reconstruction by that vector."""
    x, W_enc, b_enc, W_dec, b_dec = _drawn(rng)
    shift = 3 * torch.randn(D_IN, generator=rng, dtype=torch.float64)
    latents, x_hat = _both(student.sae_forward(x, W_enc, b_enc, W_dec, b_dec))
    moved, moved_hat = _both(student.sae_forward(x + shift, W_enc, b_enc, W_dec, b_dec + shift))
    holds(bool((latents != 0).any()), "No latent fires at all.")
    # Sums of numbers of about 5, in float32.
    close(moved, latents, atol=1e-3, because="the latents of moved data")
    close(moved_hat, x_hat + shift, atol=1e-3, because="the reconstruction of moved data")


def test_without_latents_it_answers_its_bias(student, rng):
    """Where the encoder's bias keeps every latent shut, the latents are 0 and the reconstruction
    is b_dec; where it holds all of them open, nothing is cut."""
    x, W_enc, _, W_dec, b_dec = _drawn(rng)
    shut = torch.full((N,), -100.0, dtype=torch.float64)
    latents, x_hat = _both(student.sae_forward(x, W_enc, shut, W_dec, b_dec))
    close(latents, torch.zeros(BATCH, N), atol=0, rtol=0, because="latents that are shut")
    close(x_hat, b_dec.expand(BATCH, D_IN), **FLOAT32, because="the reconstruction of nothing")
    latents, _ = _both(student.sae_forward(x, W_enc, -shut, W_dec, b_dec))
    close(latents, (x - b_dec) @ W_enc + 100, atol=1e-3, because="latents that are open")


def test_each_sample_stands_alone(student, rng):
    """What comes out for a sample does not depend on which others are in the batch."""
    given = _drawn(rng)
    latents, x_hat = _both(student.sae_forward(*given))
    other = given[0].clone()
    other[1:] = 5 * torch.randn(BATCH - 1, D_IN, generator=rng, dtype=torch.float64)
    alone, alone_hat = _both(student.sae_forward(other, *given[1:]))
    holds(bool((alone[1:] != latents[1:]).any()), "The latents do not depend on the samples.")
    close(alone[0], latents[0], **FLOAT32, because="a sample among others, its latents")
    close(alone_hat[0], x_hat[0], **FLOAT32, because="a sample among others, reconstructed")
