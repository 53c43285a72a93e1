"""Hidden checks for inner_activations: dot products, one for each sample and component."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, unchanged

# A dot product of a few numbers of about 1, in float32.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, C, IN = 6, 7, 5


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    return (torch.randn(BATCH, IN, generator=rng, dtype=torch.float64),
            torch.randn(C, IN, generator=rng, dtype=torch.float64))  # fmt: skip


def test_is_a_linear_layer(student, rng):
    """What component c sees of a sample is the dot product of the two: torch's linear layer with
    V for its weight. The arguments stay as they are."""
    a, V = _drawn(rng)
    result, after = student.after("inner_activations", a, V)
    close(result, functional.linear(a, V), **FLOAT32, because="the inner activations")
    unchanged(after, (a, V))


def test_a_single_input_shows_a_column_of_v(student, rng):
    """Where input j alone is 1, component c sees V[c, j]; twice the input is seen twice, and what
    is seen of two inputs together is the sum."""
    a, V = _drawn(rng)
    close(student.inner_activations(torch.eye(IN).double(), V), V.mT, **FLOAT32,
          because="inputs one at a time")  # fmt: skip
    h = student.inner_activations(a, V)
    close(student.inner_activations(-2 * a, V), -2 * (a @ V.mT), **FLOAT32, because="minus twice")
    flipped = student.inner_activations(a.flip(0), V)
    close(flipped, h.flip(0), **FLOAT32, because="samples in another order")


def test_it_sees_along_v_at_v_s_length(student, rng):
    """An input at a right angle to V is not seen at all; one along V is seen with V's length, and
    a longer V sees more."""
    _, V = _drawn(rng)
    V = V[: IN - 1]
    basis = torch.linalg.svd(V, full_matrices=True).Vh
    close(student.inner_activations(basis[-1:], V), torch.zeros(1, IN - 1), **FLOAT32,
          because="an input that no component reads")  # fmt: skip
    along = student.inner_activations(V[2:3] / V[2].norm(), 3 * V)
    close(along[0, 2], 3 * V[2].norm(), **FLOAT32, because="an input along a component")


def test_gradients_reach_a_and_v(student, rng):
    """Gradients flow to V, which is trained, and to the input."""
    a, V = _drawn(rng)
    result, (of_a, of_v) = student.gradients("inner_activations", a[:1], V[:1], wrt=(0, 1))
    close(result, a[:1] @ V[:1].mT, **FLOAT32, because="one sample, one component")
    close(of_a, V[:1], **FLOAT32, because="the gradient for the input")
    close(of_v, a[:1], **FLOAT32, because="the gradient for V")
