"""Hidden checks for train_spd: its losses, its schedules, its two optimisers, and its dice."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, items, numbers, tensor, unchanged
from grader.student import Remote

# Losses of about 1 to 100 in float32, with three matrix products in a row.
FLOAT32 = {"atol": 1e-3, "rtol": 1e-3}
SHAPES = {"in": (5, 4), "middle": (6, 5), "out": (3, 6)}
COUNTS = {"in": 7, "middle": 3, "out": 8}
BATCH = 9


def _chain(student) -> Remote:
    """The notebook's own `chain`, where it lives: gradients do not cross the line."""
    return Remote(student, student.value("chain"), None)


def _drawn(rng: torch.Generator) -> tuple[dict, dict]:
    """Three matrices, and parts that do not add up to them."""
    weights = {n: 0.7 * torch.randn(shape, generator=rng) for n, shape in SHAPES.items()}
    parts = {
        n: (
            0.5 * torch.randn(out, COUNTS[n], generator=rng),
            torch.randn(COUNTS[n], width, generator=rng),
        )
        for n, (out, width) in SHAPES.items()
    }
    return weights, parts


def _gates(rng: torch.Generator, middle: float, reach: float) -> dict:
    """Gates whose z lies about ``middle``, and reaches about that far from it."""
    return {
        n: (
            torch.randn(count, 4, generator=rng),
            0.3 * torch.randn(count, 4, generator=rng),
            0.5 * reach * torch.randn(count, 4, generator=rng),
            middle + 0.1 * torch.randn(count, generator=rng),
        )
        for n, count in COUNTS.items()
    }


def _batches(rng: torch.Generator, count: int) -> list[Tensor]:
    return list(torch.randn(count, BATCH, 4, generator=rng))


def _run(x: Tensor, matrices: dict[str, Tensor]) -> Tensor:
    """What `chain` does with these matrices, written out here."""
    for place, W in enumerate(matrices.values()):
        x = (x.relu() if place else x) @ W.mT
    return x


def _z(x: Tensor, weights: dict, parts: dict, gates: dict) -> dict[str, Tensor]:
    """The gates' values, written out here."""
    values = {}
    for place, (name, W) in enumerate(weights.items()):
        read = x.relu() if place else x
        w_in, b_in, w_out, b_out = gates[name]
        h = read @ parts[name][1].mT
        values[name] = (functional.gelu(h[..., None] * w_in + b_in) * w_out).sum(-1) + b_out
        x = read @ W.mT
    return values


def _price(z: dict[str, Tensor], p: float) -> Tensor:
    """Minimality with upper-leaky gates."""
    upper = [v.clamp(0, 1) + 0.01 * (v - 1).clamp(min=0) for v in z.values()]
    return sum(g.pow(p).sum(1).mean() for g in upper)


def _open_loss(x, weights, parts, gates, beta: float, p: float) -> Tensor:
    """The whole loss where all gates are open, and masks can be nothing but 1."""
    sums = {n: U @ V for n, (U, V) in parts.items()}
    goal = _run(x, weights)
    missed = sum((weights[n] - sums[n]).square().sum() for n in sums)
    alone = [(_run(x, {**weights, n: W}) - goal).square().mean() for n, W in sums.items()]
    reconstruction = (_run(x, sums) - goal).square().mean() + sum(alone) / len(alone)
    faithful = missed / sum(W.numel() for W in weights.values())
    return faithful + reconstruction + beta * _price(_z(x, weights, parts, gates), p)


def _result(result: object, steps: int) -> tuple[dict, dict, list[float]]:
    parts, gates, losses = items(result, 3, "what comes back")
    for made, what in ((parts, "the parts"), (gates, "the gates")):
        holds(isinstance(made, dict) and set(made) == set(SHAPES), "The layers are not kept.")
        for name, (out, width) in SHAPES.items():
            count = COUNTS[name]
            shapes = [(out, count), (count, width)]
            if what == "the gates":
                shapes = [(count, 4)] * 3 + [(count,)]
            for t, shape in zip(items(made[name], len(shapes), what), shapes, strict=True):
                tensor(t, shape, what)
    return parts, gates, numbers(losses, steps, "the losses")


def test_the_price_changes_as_it_should(student, rng):
    """Where the matrices are 0 only minimality is left: with a learning rate of 0 the losses show,
    batch by batch, the coefficient (by a factor) and the power (in a line) on their way, which
    arrive after 80% of the steps; minimality counts upper-leaky gates."""
    weights, parts = _drawn(rng)
    weights = {n: torch.zeros_like(W) for n, W in weights.items()}
    parts = {n: (torch.zeros_like(U), V) for n, (U, V) in parts.items()}
    gates, batches = _gates(rng, 0.9, 0.6), _batches(rng, 7)
    first, last = (0.5 + torch.rand(2, generator=rng)).tolist()
    args = (
        _chain(student),
        weights,
        parts,
        gates,
        batches,
        0.0,
        (first, 0.1 * last),
        (2.5, 1.2),
        0,
    )
    _, _, losses = _result(student.train_spd(*args), 7)
    for step, x in enumerate(batches):
        share = min(step / 7 / 0.8, 1.0)
        beta = first * (0.1 * last / first) ** share
        truth = beta * _price(_z(x, weights, parts, gates), 2.5 + (1.2 - 2.5) * share)
        close(losses[step], truth, **FLOAT32, because=f"the loss of batch {step}")


def test_open_gates_leave_nothing_to_chance(student, rng):
    """With gates that are wide open the loss is faithfulness, both reconstructions and the price,
    each counted once; Adam's first step moves parts and gates by the learning rate, against the
    slope of just that."""
    weights, parts = _drawn(rng)
    gates, (x,) = _gates(rng, 3.0, 0.1), _batches(rng, 1)
    args = (_chain(student), weights, parts, gates, [x], 0.01, (0.7, 0.1), (1.5, 1.0), 0)
    result, after = student.after("train_spd", *args)
    unchanged(after[1:5], (weights, parts, gates, [x]))
    moved, opened, losses = _result(result, 1)
    mine = [
        {n: tuple(t.double().requires_grad_() for t in ts) for n, ts in made.items()}
        for made in (parts, gates)
    ]
    big = {n: W.double() for n, W in weights.items()}
    loss = _open_loss(x.double(), big, *mine, 0.7, 1.5)
    close(losses[0], loss, **FLOAT32, because="the loss before the step")
    loss.backward()
    for made, leaves in ((moved, mine[0]), (opened, mine[1])):
        for name in SHAPES:
            for found, leaf in zip(made[name], leaves[name], strict=True):
                slope = leaf.grad
                # Where the slope is next to nothing, its sign is a matter of rounding.
                sure = slope.abs() > 1e-2 * slope.abs().max()
                step = -0.01 * slope / (slope.abs() + 1e-8)
                went = found.double() - leaf.detach()
                close(went * sure, step * sure, atol=2e-5, because="Adam's first step")


def test_the_rate_falls_as_a_cosine(student, rng):
    """Where the slope is known for every step, the gates go where a single Adam takes them whose
    learning rate falls from lr as half a cosine, and whose gradients are cleared."""
    zeros = {n: torch.zeros(shape) for n, shape in SHAPES.items()}
    parts = {
        n: (torch.zeros(out, COUNTS[n]), torch.zeros(COUNTS[n], width))
        for n, (out, width) in SHAPES.items()
    }
    gates, batches = _gates(rng, 4.0, 0.05), _batches(rng, 6)
    lr = float(0.05 + 0.05 * torch.rand((), generator=rng))
    args = (_chain(student), zeros, parts, gates, batches, lr, (1.0, 0.05), (1.0, 1.0), 0)
    _, opened, _ = _result(student.train_spd(*args), 6)
    # All gates are above 1, where upper-leaky rises by 0.01: the price pulls that hard on each.
    way = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([way], lr)
    for step in range(6):
        adam.param_groups[0]["lr"] = lr * 0.5 * (1 + math.cos(math.pi * step / 6))
        way.grad = torch.full_like(way, 0.01 * 0.05 ** min(step / 6 / 0.8, 1.0))
        adam.step()
    for name in SHAPES:
        truth = gates[name][3].double() + float(way)
        close(opened[name][3], truth, atol=2e-4, because="the gates' last biases after six steps")


def test_the_warm_up_is_faithfulness_alone(student, rng):
    """Without batches there is only the warm-up: AdamW with learning rate 1e-2 and weight decay 0.1
    on the faithfulness loss; the gates stay as they are. Adam begins anew after it."""
    weights, parts = _drawn(rng)
    gates, (x,) = _gates(rng, 3.0, 0.1), _batches(rng, 1)
    leaves = {n: tuple(t.clone().requires_grad_() for t in pair) for n, pair in parts.items()}
    adam = torch.optim.AdamW([t for pair in leaves.values() for t in pair], 1e-2, weight_decay=0.1)
    for _ in range(4):
        adam.zero_grad()
        missed = sum((weights[n] - U @ V).square().sum() for n, (U, V) in leaves.items())
        (missed / sum(W.numel() for W in weights.values())).backward()
        adam.step()
    start = (_chain(student), weights, parts, gates)
    rest = (0.01, (0.5, 0.1), (2.0, 1.0), 4)
    warm, same, _ = _result(student.train_spd(*start, [], *rest), 0)
    gone_on, _, _ = _result(student.train_spd(*start, [x], *rest), 1)
    long = 0
    for name in SHAPES:
        for t, leaf in zip(warm[name], leaves[name], strict=True):
            close(t, leaf, atol=3e-4, because="the parts after four steps of the warm-up")
        for t, before in zip(same[name], gates[name], strict=True):
            close(t, before, atol=0, rtol=0, because="the gates after the warm-up")
        went = torch.cat(
            [(b - a).abs().flatten() for a, b in zip(warm[name], gone_on[name], strict=True)]
        )
        long += float(((went - 0.01).abs() < 3e-5).float().mean()) / 3
    holds(long > 0.8, "The first step after the warm-up is not the first step of an Adam.")


def test_the_dice_and_the_looks(student, rng):
    """The same seed gives the same run, another seed other masks; `look` sees each step, and last
    what is returned."""
    weights, parts = _drawn(rng)
    gates, batches = _gates(rng, 0.4, 0.3), _batches(rng, 3)
    seen = []
    start = (_chain(student), weights, parts, gates, batches, 0.02, (0.1, 0.01), (2.0, 1.0), 1)

    def look(step, parts, gates):
        copies = [
            {n: [t.detach().clone() for t in ts] for n, ts in made.items()}
            for made in (parts, gates)
        ]
        seen.append((step, *copies))

    found, opened, losses = _result(student.train_spd(*start, False, 5, look), 3)
    _, _, again = _result(student.train_spd(*start, False, 5), 3)
    _, _, other = _result(student.train_spd(*start, False, 6), 3)
    close(torch.tensor(again), torch.tensor(losses), because="a run with the same seed")
    _, _, halves = _result(student.train_spd(*start, True, 5), 3)
    holds(abs(other[0] - losses[0]) > 1e-5, "Another seed gives the same masks.")
    holds(abs(halves[0] - losses[0]) > 1e-5, "Masks of 0 and 1 cost the same as all others.")
    holds([step for step, *_ in seen] == [0, 1, 2], "`look` is not called once after each step.")
    for name in SHAPES:
        for a, b in zip(seen[-1][1][name], found[name], strict=True):
            close(a, b, because="the parts that the last look sees")
        for a, b in zip(seen[-1][2][name], opened[name], strict=True):
            close(a, b, because="the gates that the last look sees")


def test_masks_are_drawn_anew_in_every_step(student, rng):
    """Shown the same batch again and again without a learning rate, losses still differ: masks come
    from one generator that goes on, those of the layerwise loss as well."""
    weights, parts = _drawn(rng)
    gates, (x,) = _gates(rng, 0.4, 0.3), _batches(rng, 1)
    still = ([x] * 3, 0.0, (1e-9, 1e-9), (1.0, 1.0), 0)
    # Where the last layer's parts write nothing, masks of all layers at once change nothing.
    last = parts["out"]
    for made in (parts, {**parts, "out": (torch.zeros_like(last[0]), last[1])}):
        start = (_chain(student), weights, made, gates)
        _, _, losses = _result(student.train_spd(*start, *still), 3)
        apart = max(losses) - min(losses) > 1e-5 * max(losses)
        holds(apart, "Every step has the same masks.")


def test_gates_below_0_can_open(student, rng):
    """Masks come from lower-leaky gates: of gates that are shut on all samples, at a z below 0,
    some open where that helps the output."""
    weights, parts = _drawn(rng)
    weights = {n: U @ V for n, (U, V) in parts.items()}
    gates, (x,) = _gates(rng, -0.5, 0.0), _batches(rng, 1)
    start = (_chain(student), weights, parts, gates)
    _, opened, _ = _result(student.train_spd(*start, [x], 0.02, (1e-9, 1e-9), (1.0, 1.0), 0), 1)
    rose = torch.cat([opened[n][3] - gates[n][3] > 0.015 for n in SHAPES])
    holds(bool(rose.float().mean() > 0.2), "Gates that are shut never open again.")


def test_gates_learn_from_the_reconstruction(student, rng):
    """Without a price worth naming, gates between 0 and 1 still learn, from what masks do to the
    output; shown the same batch again and again, the loss falls."""
    weights, parts = _drawn(rng)
    gates, (x,) = _gates(rng, 0.5, 0.1), _batches(rng, 1)
    start = (_chain(student), weights, parts, gates)
    free = ((1e-9, 1e-9), (1.0, 1.0), 0)
    _, opened, _ = _result(student.train_spd(*start, [x], 0.02, *free), 1)
    moved = torch.cat([(opened[n][3] - gates[n][3]).abs() for n in SHAPES])
    holds(bool((moved > 0.015).float().mean() > 0.5), "The gates do not learn from the masks.")
    _, _, losses = _result(student.train_spd(*start, [x] * 12, 0.05, *free, False), 12)
    holds(sum(losses[-2:]) < 0.8 * sum(losses[:2]), "The loss does not fall as it should.")
