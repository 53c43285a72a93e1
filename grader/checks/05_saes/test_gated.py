"""Hidden checks for gated: the gate decides whether, the magnitude how much."""

import torch
from torch import Tensor

from grader.assertions import close, holds, items, number, tensor, unchanged

# The student may work in float32; a bias in the wrong place misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, D_IN, N = 7, 5, 9


def _drawn(rng: torch.Generator) -> list[Tensor]:
    """x, W_gate, b_gate, r_mag, b_mag, b_dec."""
    shapes = ((BATCH, D_IN), (D_IN, N), (N,), (N,), (N,), (D_IN,))
    drawn = [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in shapes]
    drawn[3] = 0.6 * drawn[3] + 0.2
    return drawn


def _two(result: object, n: int = N, batch: int = BATCH) -> tuple[Tensor, Tensor]:
    latents, gate = items(result, 2, "what comes back")
    return tensor(latents, (batch, n), "the latents"), tensor(gate, (batch, n), "the gate")


def test_gate_and_magnitude(student, rng):
    """The gate is the centred input through W_gate plus b_gate. With all gates open the latents
    are ReLU of the same product, times exp(r_mag), plus b_mag. The arguments stay as they are."""
    given = _drawn(rng)
    x, W_gate, b_gate, r_mag, b_mag, b_dec = given
    result, after = student.after("gated", *given)
    _, gate = _two(result)
    close(gate, (x - b_dec) @ W_gate + b_gate, **FLOAT32, because="the gate")
    unchanged(after, tuple(given))
    latents, _ = _two(student.gated(x, W_gate, b_gate + 100, r_mag, b_mag, b_dec))
    scaled = (x - b_dec) @ (W_gate * r_mag.exp()) + b_mag
    close(latents, scaled.clamp(min=0), **FLOAT32, because="the latents with open gates")


def test_the_gate_alone_decides(student, rng):
    """Where the gate is not positive the latent is exactly 0, however large its magnitude; where
    it is, the latent is the magnitude, however small the gate."""
    x, W_gate, b_gate, r_mag, b_mag, b_dec = _drawn(rng)
    loud = b_mag.abs() + 30
    latents, gate = _two(student.gated(x, W_gate, b_gate, r_mag, loud, b_dec))
    holds(bool((gate > 0).any() and (gate <= 0).any()), "All gates are alike.")
    truth = ((x - b_dec) @ W_gate * r_mag.exp() + loud) * (((x - b_dec) @ W_gate + b_gate) > 0)
    close(latents, truth.clamp(min=0), atol=1e-3, because="latents with large magnitudes")
    shut, _ = _two(student.gated(x, W_gate, b_gate - 100, r_mag, loud, b_dec))
    close(shut, torch.zeros(BATCH, N), atol=0, rtol=0, because="latents behind closed gates")


def test_what_belongs_to_whom(student, rng):
    """The magnitude's scale and bias do not move the gate; with equal biases and a scale of 1 it
    is an ordinary ReLU encoder; moving inputs and b_dec together changes nothing."""
    x, W_gate, b_gate, r_mag, b_mag, b_dec = _drawn(rng)
    _, gate = _two(student.gated(x, W_gate, b_gate, r_mag, b_mag, b_dec))
    _, other = _two(student.gated(x, W_gate, b_gate, r_mag + 1, b_mag - 2, b_dec))
    close(other, gate, **FLOAT32, because="the gate with another magnitude")
    plain, gate = _two(student.gated(x, W_gate, b_gate, torch.zeros_like(r_mag), b_gate, b_dec))
    close(plain, gate.clamp(min=0), **FLOAT32, because="latents with one bias and scale 1")
    holds(bool((plain != 0).any()), "No latent fires.")
    moved, _ = _two(student.gated(x + 2, W_gate, b_gate, r_mag, b_mag, b_dec + 2))
    still, _ = _two(student.gated(x, W_gate, b_gate, r_mag, b_mag, b_dec))
    close(moved, still, atol=1e-3, because="latents of moved data")


def test_one_latent_by_hand(student, rng):
    """A single sample with a single latent: its gate and its value, worked out by hand."""
    w, b_gate, r_mag, b_mag = (0.5 + torch.rand(4, generator=rng, dtype=torch.float64)).tolist()
    for x in (1.5, -0.2, -4.0):
        given = [torch.tensor([[x]]), torch.tensor([[w]])]
        given += [torch.tensor([value]) for value in (b_gate, r_mag, b_mag, 0.25)]
        latents, gate = _two(student.gated(*[t.double() for t in given]), 1, 1)
        pi = (x - 0.25) * w + b_gate
        close(number(gate, "the gate"), pi, **FLOAT32, because="the gate by hand")
        size = (x - 0.25) * w * torch.tensor(r_mag).exp().item() + b_mag
        value = max(size, 0.0) if pi > 0 else 0.0
        close(number(latents, "the latent"), value, **FLOAT32, because="the latent by hand")
