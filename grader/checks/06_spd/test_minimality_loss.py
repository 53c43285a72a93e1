"""Hidden checks for minimality_loss: what is added, what is averaged, and what the slopes are."""

import torch
from torch import Tensor

from grader.assertions import close, holds, unchanged

FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}  # sums of about 100 powers in float32


def _gates(rng: torch.Generator, batch: int = 6) -> dict[str, Tensor]:
    """Gates of three layers with different numbers of components: closed, between, above 1."""
    gates = {}
    for name, count in (("a", 9), ("b", 4), ("c", 14)):
        z = 1.6 * torch.rand(batch, count, generator=rng) - 0.4
        gates[name] = z.clamp(0, 1) + 0.1 * (z - 1).clamp(min=0)
    return gates


def test_gates_of_0_and_1_are_counted(student, rng):
    """Where every gate is 0 or 1, it is the number of open gates of a sample, in the mean, for any
    power."""
    gates = {name: (gate > 0.4).float() for name, gate in _gates(rng).items()}
    opened = sum(gate.sum() for gate in gates.values()) / 6
    for p in (1.0, 1.4, 2.0):
        close(student.minimality_loss(gates, p), opened, **FLOAT32, because=f"p = {p}")


def test_a_sum_over_components_and_a_mean_over_samples(student, rng):
    """It is the sum over all layers and components of the gates to the power p, divided by the
    number of samples: also of gates above 1; the gates stay as they are."""
    gates = _gates(rng, 7)
    p = float(1.2 + torch.rand((), generator=rng))
    together = torch.cat(list(gates.values()), dim=1).double()
    result, after = student.after("minimality_loss", gates, p)
    close(result, together.pow(p).sum() / 7, **FLOAT32, because="the whole")
    unchanged(after[:1], (gates,))
    for name, gate in gates.items():
        alone = student.minimality_loss({name: gate}, p)
        close(alone, gate.double().pow(p).sum() / 7, **FLOAT32, because="one layer alone")


def test_copies_of_samples_and_of_components(student, rng):
    """With every sample twice it is the same, with every component twice it is twice as much."""
    gates = _gates(rng)
    p = float(1 + torch.rand((), generator=rng))
    truth = sum(gate.double().pow(p).sum() for gate in gates.values()) / 6
    samples = {name: gate.repeat(2, 1) for name, gate in gates.items()}
    close(student.minimality_loss(samples, p), truth, **FLOAT32, because="samples twice")
    wide = {name: gate.repeat(1, 2) for name, gate in gates.items()}
    close(student.minimality_loss(wide, p), 2 * truth, **FLOAT32, because="components twice")


def test_the_slopes(student, rng):
    """The slope of a gate is p g^(p - 1), divided by the number of samples: 1 at p = 1, also of
    open gates, and 2 g at p = 2, which is 0 for a closed gate."""
    gates = {name: gate.clamp(min=0.01) for name, gate in _gates(rng, 5).items()}
    for p in (1.0, 1.5, 2.0):
        _, (slopes,) = student.gradients("minimality_loss", gates, p, wrt=(0,))
        for name, gate in gates.items():
            holds(slopes[name] is not None, "No gradient reaches the gates of a layer.")
            close(slopes[name], p * gate.double().pow(p - 1) / 5, because=f"slopes at p = {p}")
