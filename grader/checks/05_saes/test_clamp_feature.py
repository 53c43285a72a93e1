"""Hidden checks for clamp_feature: one direction moves, and the error term stays."""

from collections.abc import Callable

import torch
from torch import Tensor

from grader.assertions import close, tensor, unchanged

# A few products of sizes about 10 in float32.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
D_IN, LATENTS = 7, 11

Encode = Callable[[Tensor], Tensor]


def _dictionary(rng: torch.Generator) -> tuple[Encode, Tensor, Tensor]:
    """Draw an encoder, decoder rows of all lengths, and b_dec; it reconstructs badly."""
    W_enc = torch.randn(D_IN, LATENTS, generator=rng, dtype=torch.float64)
    b_enc = 0.5 * torch.randn(LATENTS, generator=rng, dtype=torch.float64)
    W_dec = torch.randn(LATENTS, D_IN, generator=rng, dtype=torch.float64)
    b_dec = torch.randn(D_IN, generator=rng, dtype=torch.float64)

    def encode(x: Tensor) -> Tensor:
        return torch.relu((x.double() - b_dec) @ W_enc + b_enc)

    return encode, W_dec, b_dec


def _latent(rng: torch.Generator) -> int:
    return int(torch.randint(1, LATENTS, (), generator=rng))


def _x(rng: torch.Generator, *shape: int) -> Tensor:
    return 2 * torch.randn(*shape, D_IN, generator=rng, dtype=torch.float64)


def test_the_error_term_stays(student, rng):
    """What the dictionary does not reconstruct is part of the activation and stays: the clamped
    activation minus the decoding of its clamped latents is what x minus its own decoding was; and
    the arguments are left as they are."""
    encode, W_dec, b_dec = _dictionary(rng)
    x, latent = _x(rng, 5), _latent(rng)
    value = 3 + float(torch.rand((), generator=rng))
    z = encode(x)
    clamped_z = z.clone()
    clamped_z[:, latent] = value
    error = x - (z @ W_dec + b_dec)
    result, after = student.after("clamp_feature", x, encode, W_dec, latent, value)
    unchanged((after[0], after[2]), (x, W_dec))
    clamped = tensor(result, tuple(x.shape), "the clamped activations")
    close(clamped - (clamped_z @ W_dec + b_dec), error, **FLOAT32, because="the error term")


def test_the_latents_own_value_changes_nothing(student, rng):
    """Clamped at the activation that it has already, a latent changes nothing; and clamped twice,
    at one value and then, by hand, from there to another, it has moved by the difference."""
    encode, W_dec, _ = _dictionary(rng)
    latent = _latent(rng)
    x = _x(rng, 1)
    own = float(encode(x)[0, latent])
    close(student.clamp_feature(x, encode, W_dec, latent, own), x, **FLOAT32,
          because="clamped at its own value")  # fmt: skip
    low, high = (
        tensor(student.clamp_feature(x, encode, W_dec, latent, own + by), (1, D_IN), "the result")
        for by in (0.5, 4.5)
    )
    close((high - low)[0], 4 * W_dec[latent], **FLOAT32, because="between two values")


def test_each_sample_moves_as_far_as_it_lacks(student, rng):
    """Each sample moves along the latent's own decoder row, by the value minus the activation that
    the latent has there; where it is silent, by the whole value; where it is larger, back."""
    encode, W_dec, _ = _dictionary(rng)
    x, latent = _x(rng, 24), _latent(rng)
    z = encode(x)[:, latent]
    value = float(z.max()) * 0.4 + 0.3
    change = (
        tensor(student.clamp_feature(x, encode, W_dec, latent, value), (24, D_IN), "the result") - x
    )
    row = W_dec[latent]
    steps = change @ row / row.square().sum()
    close(steps[:, None] * row, change, **FLOAT32, because="the part along the decoder row")
    close(steps, value - z, **FLOAT32, because="how far each sample moves")


def test_at_every_position(student, rng):
    """x may be one vector, a batch, or a batch of texts: every vector is clamped for itself. At 0
    the latent is switched off where it fires, and nothing happens where it does not."""
    encode, W_dec, _ = _dictionary(rng)
    latent = _latent(rng)
    x = _x(rng, 3, 4)
    z = encode(x)[..., latent]
    expected = x - z[..., None] * W_dec[latent]
    whole = student.clamp_feature(x, encode, W_dec, latent, 0.0)
    close(whole, expected, **FLOAT32, because="a batch of texts, clamped at 0")
    one = student.clamp_feature(x[1, 2], encode, W_dec, latent, 0.0)
    close(one, expected[1, 2], **FLOAT32, because="a single vector, clamped at 0")
