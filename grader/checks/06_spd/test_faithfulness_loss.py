"""Hidden checks for faithfulness_loss: one layer, two layers, a hand case, gradients."""

import torch
from torch import Tensor

from grader.assertions import close, unchanged

# A mean of squares of about 1, in float32.
FLOAT32 = {"atol": 1e-5, "rtol": 1e-4}
Drawn = tuple[dict[str, Tensor], dict[str, tuple[Tensor, Tensor]]]


def _drawn(rng: torch.Generator, **sizes: tuple[int, int, int]) -> Drawn:
    """Weights and parts of layers of these sizes: out, C, in."""

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=rng, dtype=torch.float64)

    weights = {name: draw(out, width) for name, (out, _, width) in sizes.items()}
    parts = {name: (draw(out, c), draw(c, width)) for name, (out, c, width) in sizes.items()}
    return weights, parts


def test_one_layer_is_the_mean_squared_error(student, rng):
    """For a single layer it is the mean squared difference between W and UV, in a number;
    the arguments stay as they are."""
    weights, parts = _drawn(rng, only=(4, 7, 5))
    result, after = student.after("faithfulness_loss", weights, parts)
    U, V = parts["only"]
    truth = torch.nn.functional.mse_loss(U @ V, weights["only"])
    close(result, truth, **FLOAT32, because="the loss")
    unchanged(after, (weights, parts))


def test_every_entry_counts_the_same(student, rng):
    """With several layers it is the sum of all squared differences over the number of all entries:
    a large layer counts for more than a small one."""
    weights, parts = _drawn(rng, small=(2, 3, 1), large=(9, 4, 11), middle=(3, 6, 4))
    weights["small"] *= 5
    parts["large"] = parts["large"][0] * 2, parts["large"][1]
    missed = torch.cat([(weights[n] - U @ V).flatten() for n, (U, V) in parts.items()])
    close(student.faithfulness_loss(weights, parts), missed.square().mean(), **FLOAT32,
          because="the loss of three layers")  # fmt: skip


def test_faithful_components_cost_nothing(student, rng):
    """Where every UV is its W the loss is 0, also when components cancel; a single wrong entry
    costs its square over the number of entries."""
    weights, parts = _drawn(rng, a=(4, 7, 5), b=(5, 6, 4))
    weights = {name: U @ V for name, (U, V) in parts.items()}
    # Squares of the rounding of sums of seven products.
    close(student.faithfulness_loss(weights, parts), 0.0, atol=1e-9, because="faithful parts")
    wrong = {**weights, "b": weights["b"].clone()}
    wrong["b"][1, 2] += 3
    close(student.faithfulness_loss(wrong, parts), 9 / 40, **FLOAT32, because="one wrong entry")


def test_gradients_are_the_formula_s(student, rng):
    """Gradients reach every U and every V, and are those of the formula."""
    weights, parts = _drawn(rng, a=(4, 7, 5), b=(2, 3, 6))
    _, (grads,) = student.gradients("faithfulness_loss", weights, parts, wrt=(1,))
    for name, (U, V) in parts.items():
        off = 2 / 32 * (U @ V - weights[name])
        close(grads[name][0], off @ V.mT, **FLOAT32, because=f"the gradient for U of {name}")
        close(grads[name][1], U.mT @ off, **FLOAT32, because=f"the gradient for V of {name}")


def test_the_gauge_is_free(student, rng):
    """Only UV counts: another U and V with the same product cost the same, in any number of
    components and in any order of layers."""
    weights, parts = _drawn(rng, a=(4, 3, 5), b=(2, 3, 6))
    missed = torch.cat([(weights[n] - U @ V).flatten() for n, (U, V) in parts.items()])
    loss = missed.square().mean()
    close(student.faithfulness_loss(weights, parts), loss, **FLOAT32, because="the loss")
    mix = torch.randn(3, 3, generator=rng, dtype=torch.float64) + 3 * torch.eye(3)
    empty = torch.zeros(2, 2, dtype=torch.float64)
    U, V = parts["b"]
    other = {
        "b": (torch.cat([U, empty], 1), torch.cat([V, torch.ones(2, 6).double()])),
        "a": (parts["a"][0] @ mix, torch.linalg.solve(mix, parts["a"][1])),
    }
    close(student.faithfulness_loss(weights, other), loss, atol=1e-4, rtol=1e-3,
          because="the loss of the same matrices written otherwise")  # fmt: skip
