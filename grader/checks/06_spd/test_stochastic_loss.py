"""Hidden checks for stochastic_loss: what it compares, with which masks, and what can learn."""

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


def _sums(weights: dict, parts: dict, names: list[str]) -> dict[str, Tensor]:
    return {n: parts[n][0] @ parts[n][1] if n in names else W for n, W in weights.items()}


def _one(rng: torch.Generator) -> tuple[float, dict, dict]:
    """A layer of one number, and a component that is right."""
    w = float(1 + torch.rand((), generator=rng))
    return (
        w,
        {"only": torch.tensor([[w]])},
        {"only": (torch.tensor([[2 * w]]), torch.full((1, 1), 0.5))},
    )


def test_open_gates_compare_components_with_the_target(student, rng):
    """With all gates 1 nothing is masked: the loss is the mean squared difference, over samples and
    outputs, between the components' output and the target's; layers without gates are original."""
    x, weights, parts, ones = _case(rng)
    goal = _run(x, weights)
    dice = student.dice(3)
    args = (_chain(student), x, weights, parts)
    for names in (list(SHAPES), ["middle"], ["in", "out"]):
        g = {n: ones[n] for n in names}
        truth = (_run(x, _sums(weights, parts, names)) - goal).square().mean()
        found = student.stochastic_loss(*args, g, bool(len(names) % 2), dice)
        close(found, truth, **FLOAT32, because="the loss with open gates")
    right = {n: (W, torch.eye(W.shape[1])) for n, W in weights.items()}
    g = {n: torch.ones(9, W.shape[1]) for n, W in weights.items()}
    found = student.stochastic_loss(args[0], x, weights, right, g, True, dice)
    close(found, 0.0, atol=1e-6, because="components that add up, all of them there")


def test_masks_reach_from_the_gate_to_1(student, rng):
    """A single right component of weight w with gate g costs ((1 - g) w x)^2 times the mean of
    (1 - r)^2: a half for two-point masks, a third for masks of any size."""
    w, weights, parts = _one(rng)
    gate = float(0.2 + 0.4 * torch.rand((), generator=rng))
    x, g = torch.ones(DRAWS, 1), {"only": torch.full((DRAWS, 1), gate)}
    for two_point, share in ((True, 1 / 2), (False, 1 / 3)):
        dice = student.dice(int(torch.randint(1 << 30, (), generator=rng)))
        found = student.stochastic_loss(_chain(student), x, weights, parts, g, two_point, dice)
        close(found, share * ((1 - gate) * w) ** 2, **NOISE, because="the mean over many draws")


def test_each_layer_and_component_is_masked_on_its_own(student, rng):
    """Two layers of one shut component each cost 3/4 of the output with two-point masks, and two
    shut components that cancel cost a half of one: no mask is used twice."""
    w, weights, parts = _one(rng)
    shut, x = torch.zeros(DRAWS, 1), torch.ones(DRAWS, 1)
    weights = {"one": weights["only"], "two": weights["only"]}
    parts = {"one": parts["only"], "two": parts["only"]}
    g = {"one": shut, "two": shut}
    found = student.stochastic_loss(_chain(student), x, weights, parts, g, True, student.dice(5))
    close(found, 0.75 * w**4, **NOISE, because="two layers, each with masks of its own")
    cancel = {"only": (torch.tensor([[w, -w]]), torch.ones(2, 1))}
    nothing, both = {"only": torch.zeros(1, 1)}, {"only": torch.zeros(DRAWS, 2)}
    found = student.stochastic_loss(
        _chain(student), x, nothing, cancel, both, True, student.dice(6)
    )
    close(found, w**2 / 2, **NOISE, because="two components, each with masks of its own")


def test_the_dice_decide_and_nothing_is_changed(student, rng):
    """The same dice give the same loss, dice that are thrown on give another; arguments stay."""
    x, weights, parts, ones = _case(rng)
    g = {n: 0.3 * gate for n, gate in ones.items()}
    losses = []
    for seed in (1, 2):
        dice = student.dice(seed)
        args = (_chain(student), x, weights, parts, g, False, dice)
        first, after = student.after("stochastic_loss", *args)
        unchanged(after[1:5], (x, weights, parts, g))
        second = student.stochastic_loss(*args)
        again = student.stochastic_loss(*args[:6], student.dice(seed))
        losses += [number(first), number(second)]
        close(again, losses[-2], because="the same dice again")
    holds(len({round(v, 4) for v in losses}) == 4, "Masks are not drawn with the generator.")


def test_components_and_gates_learn_and_the_target_does_not(student, rng):
    """Gradients reach U and V (as the closed form says, with open gates) and the gates (through the
    masks, 1 - r times what the mask's is); none reaches the target's matrices in masked layers."""
    x, weights, parts, ones = _case(rng)
    args = (_chain(student), x, weights, parts, ones, True, student.dice(2))
    _, (of_weights, of_parts) = student.gradients("stochastic_loss", *args, wrt=(2, 3))
    for name in SHAPES:
        still = of_weights[name] is None or not bool(of_weights[name].any())
        holds(still, "A gradient goes through the target's own output.")
    leaves = {
        n: (U.double().requires_grad_(), V.double().requires_grad_()) for n, (U, V) in parts.items()
    }
    missed = _run(x, _sums(weights, leaves, list(SHAPES))) - _run(x, weights)
    missed.square().mean().backward()
    for name in SHAPES:
        for found, leaf in zip(of_parts[name], leaves[name], strict=True):
            holds(found is not None, "No gradient reaches the components.")
            truth = leaf.grad
            close(found, truth, atol=1e-3 * float(truth.abs().max()), because="the slope of a part")
    w, weights, parts = _one(rng)
    gate = float(0.2 + 0.4 * torch.rand((), generator=rng))
    x, g = torch.ones(DRAWS, 1), {"only": torch.full((DRAWS, 1), gate)}
    args = (_chain(student), x, weights, parts, g, False, student.dice(4))
    _, (slope,) = student.gradients("stochastic_loss", *args, wrt=(4,))
    holds(slope["only"] is not None, "No gradient reaches the gates.")
    total = slope["only"].double().sum()
    close(total, -2 * w**2 * (1 - gate) / 3, **NOISE, because="the slopes of the gates, added up")
