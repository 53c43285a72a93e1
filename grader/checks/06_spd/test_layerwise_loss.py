"""Hidden checks for layerwise_loss: one layer at a time, the others original."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged
from grader.student import Remote

FLOAT32 = {"atol": 1e-4, "rtol": 1e-3}  # three matrix products in float32, of numbers about 10
# 4,000 draws of 0 or 1: a mean is off by 1.6% at one standard error; five of them, and some more.
DRAWS, NOISE = 4000, {"atol": 0.0, "rtol": 0.1}
SHAPES = {"in": (5, 4), "middle": (6, 5), "out": (4, 6)}  # as wide at the end as at the start
COUNTS = {"in": 7, "middle": 3, "out": 8}


def _case(rng: torch.Generator, batch: int = 9) -> tuple[Tensor, dict, dict, dict]:
    """Inputs, three matrices, parts that do not add up to them, and gates that are all 1."""
    weights = {n: torch.randn(shape, generator=rng) for n, shape in SHAPES.items()}
    parts = {
        n: (
            torch.randn(out, COUNTS[n], generator=rng),
            torch.randn(COUNTS[n], width, generator=rng),
        )
        for n, (out, width) in SHAPES.items()
    }
    ones = {n: torch.ones(batch, COUNTS[n]) for n in SHAPES}
    return torch.randn(batch, 4, generator=rng) + 0.3, weights, parts, ones


def _chain(student) -> Remote:
    """The notebook's own `chain`, where it lives: gradients do not cross the line."""
    return Remote(student, student.value("chain"), None)


def _run(x: Tensor, matrices: dict[str, Tensor]) -> Tensor:
    """What `chain` does with these matrices, written out here, in float64."""
    for place, W in enumerate(matrices.values()):
        x = (x.relu() if place else x.double()) @ W.double().mT
    return x


def _alone(x: Tensor, weights: dict, parts: dict, name: str) -> Tensor:
    """The loss with open gates where one layer is replaced by its components."""
    U, V = parts[name]
    return (_run(x, {**weights, name: U @ V}) - _run(x, weights)).square().mean()


def test_one_layer_at_a_time(student, rng):
    """With all gates 1 it is the mean over the layers of g of what the output moves by when that
    layer alone is replaced by its components, and the others are original."""
    x, weights, parts, ones = _case(rng)
    args = (_chain(student), x, weights, parts)
    for names in (["in", "middle", "out"], ["out", "in"], ["middle"]):
        g = {n: ones[n] for n in names}
        losses = torch.stack([_alone(x, weights, parts, n) for n in names])
        found = student.layerwise_loss(*args, g, True, student.dice(1))
        close(found, losses.mean(), **FLOAT32, because="the loss with open gates")


def test_a_wrong_layer_is_counted_once(student, rng):
    """If only one layer's components are wrong, the loss is that layer's, divided by the number of
    layers; if all are right and open, it is 0."""
    x, weights, parts, _ = _case(rng)
    right = {n: (W, torch.eye(W.shape[1])) for n, W in weights.items()}
    wrong = ("in", "middle", "out")[int(torch.randint(3, (), generator=rng))]
    for case, truth in (
        ({**right, wrong: parts[wrong]}, _alone(x, weights, parts, wrong) / 3),
        (right, torch.tensor(0.0)),
    ):
        g = {n: torch.ones(9, V.shape[0]) for n, (_, V) in case.items()}
        found = student.layerwise_loss(_chain(student), x, weights, case, g, False, student.dice(2))
        close(found, truth, **FLOAT32, because="a single wrong layer")


def test_masks_are_drawn_for_each_layer(student, rng):
    """Two right layers of one component with gates g cost, each alone, ((1 - g) w)^2 times 1/2 with
    two-point masks and 1/3 with others; the mean of both is reported."""
    sizes = 1 + torch.rand(2, generator=rng)
    gates = 0.2 + 0.4 * torch.rand(2, generator=rng)
    names = ("one", "two")
    weights = {n: w.reshape(1, 1) for n, w in zip(names, sizes, strict=True)}
    parts = {n: (2 * W, torch.full((1, 1), 0.5)) for n, W in weights.items()}
    g = {n: gate.expand(DRAWS, 1).clone() for n, gate in zip(names, gates, strict=True)}
    x = torch.ones(DRAWS, 1)
    for two_point, share in ((True, 1 / 2), (False, 1 / 3)):
        dice = student.dice(int(torch.randint(1 << 30, (), generator=rng)))
        found = student.layerwise_loss(_chain(student), x, weights, parts, g, two_point, dice)
        truth = share * ((1 - gates) * sizes.prod()).square().mean()
        close(found, truth, **NOISE, because="the mean over many draws")


def test_all_layers_learn_and_the_dice_decide(student, rng):
    """Gradients reach every layer's parts and gates, and no target's matrix gets one from its own
    layer; the same dice give the same loss, other dice another; arguments stay."""
    x, weights, parts, ones = _case(rng)
    g = {n: 0.4 * gate for n, gate in ones.items()}
    args = (_chain(student), x, weights, parts, g, False)
    _, (of_parts, of_g) = student.gradients("layerwise_loss", *args, student.dice(2), wrt=(3, 4))
    for name in SHAPES:
        for leaf in (*of_parts[name], of_g[name]):
            holds(leaf is not None and bool(leaf.any()), "A layer's parts or gates cannot learn.")
    first, after = student.after("layerwise_loss", *args, student.dice(2))
    unchanged(after[1:5], (x, weights, parts, g))
    close(student.layerwise_loss(*args, student.dice(2)), number(first), because="the same dice")
    other = number(student.layerwise_loss(*args, student.dice(3)))
    holds(abs(other - number(first)) > 1e-6, "Masks are not drawn with the generator.")


def test_open_gates_have_the_closed_slopes(student, rng):
    """With open gates the slopes of U and V are those of the closed form, layer by layer."""
    x, weights, parts, ones = _case(rng)
    args = (_chain(student), x, weights, parts, ones, True, student.dice(2))
    _, (of_parts,) = student.gradients("layerwise_loss", *args, wrt=(3,))
    leaves = {
        n: (U.double().requires_grad_(), V.double().requires_grad_()) for n, (U, V) in parts.items()
    }
    torch.stack([_alone(x, weights, leaves, n) for n in SHAPES]).mean().backward()
    for name in SHAPES:
        for found, leaf in zip(of_parts[name], leaves[name], strict=True):
            holds(found is not None, "No gradient reaches the components.")
            truth = leaf.grad
            close(found, truth, atol=1e-3 * float(truth.abs().max()), because="the slope of a part")
