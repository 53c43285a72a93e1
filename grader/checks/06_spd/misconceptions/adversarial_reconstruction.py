"""Wrong adversaries that students write."""

import torch


def _out(forward, x, weights, parts, masks):
    def layer(name):
        if name not in masks:
            return lambda a: a @ weights[name].mT
        U, V = parts[name]
        return lambda a: (a @ V.mT * masks[name]) @ U.mT

    return forward(x, {name: layer(name) for name in weights})


def _relative(out, goal):
    return (out - goal).square().sum() / goal.square().sum()


def _attack(
    forward, x, weights, parts, g, generator, steps=20, size=0.1, *,
    mask=lambda g, r: g + (1 - g) * r, hold=lambda r: r.clamp(0, 1), direction=torch.sign,
    error=_relative, start=torch.rand, goal=None, names=None, seen=lambda errors: errors[-1],
):  # fmt: skip
    """The right attack, with a place for each mistake."""
    goal = _out(forward, x, weights, parts, {}).detach() if goal is None else goal
    r = {name: start(*gate.shape, generator=generator) for name, gate in g.items()}
    errors = []
    for step in range(steps + 1):
        r = {name: draw.detach().requires_grad_(True) for name, draw in r.items()}
        masks = {name: mask(gate, r[name]) for name, gate in g.items()}
        loss = error(_out(forward, x, weights, parts, masks), goal)
        errors.append(loss.item())
        if step == steps:
            break
        loss.backward()
        r = {
            name: hold(draw.detach() + size * direction(draw.grad))
            if names is None or name in names(g)
            else draw.detach()
            for name, draw in r.items()
        }
    return seen(errors)


def downhill(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You make the error smaller: the adversary goes up the slope."""
    return _attack(
        forward, x, weights, parts, g, generator, steps, size, direction=lambda slope: -slope.sign()
    )


def not_held(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You let r leave [0, 1]: hold it there after each step."""
    return _attack(forward, x, weights, parts, g, generator, steps, size, hold=lambda r: r)


def gates_ignored(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """Your masks are r itself: they must not fall below the gates."""
    return _attack(
        forward, x, weights, parts, g, generator, steps, size, mask=lambda gate, r: r + 0 * gate
    )


def below_the_gates(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """Your masks lie between 0 and the gate: they lie between the gate and 1."""
    return _attack(
        forward, x, weights, parts, g, generator, steps, size, mask=lambda gate, r: gate * r
    )


def one_r_for_all_samples(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """All samples share their r: each sample has its own."""

    def start(batch, count, generator):
        return torch.rand(1, count, generator=generator)

    return _attack(forward, x, weights, parts, g, generator, steps, size, start=start)


def one_r_for_a_sample(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """All components of a sample share one r: each has its own."""

    def start(batch, count, generator):
        return torch.rand(batch, 1, generator=generator)

    return _attack(forward, x, weights, parts, g, generator, steps, size, start=start)


def one_start_for_all_samples(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """All samples begin at the same r, and part only afterwards: draw one for each sample."""

    def start(batch, count, generator):
        return torch.rand(1, count, generator=generator).expand(batch, count)

    return _attack(forward, x, weights, parts, g, generator, steps, size, start=start)


def slope_without_sign(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You step along the slope itself: where it is small, nothing moves. Take its sign."""
    return _attack(
        forward, x, weights, parts, g, generator, steps, size, direction=lambda slope: slope
    )


def error_of_the_mean(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """Your error is not relative: divide by the sum of squares of the target's output."""
    return _attack(
        forward, x, weights, parts, g, generator, steps, size,
        error=lambda out, goal: (out - goal).square().mean(),
    )  # fmt: skip


def rooted(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You take the root: the error is a ratio of sums of squares."""
    return _attack(
        forward, x, weights, parts, g, generator, steps, size,
        error=lambda out, goal: (_relative(out, goal) + 1e-12).sqrt(),
    )  # fmt: skip


def relative_to_the_masked(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You divide by the masked output: divide by the target's."""
    return _attack(
        forward, x, weights, parts, g, generator, steps, size,
        error=lambda out, goal: (out - goal).square().sum() / (out.square().sum() + 1e-9),
    )  # fmt: skip


def mean_of_the_samples(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You average each sample's relative error: add up errors and outputs before you divide."""

    def error(out, goal):
        return ((out - goal).square().sum(1) / (goal.square().sum(1) + 1e-2)).mean()

    return _attack(forward, x, weights, parts, g, generator, steps, size, error=error)


def random_search(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You try random masks and keep the worst: follow the slope."""
    goal = _out(forward, x, weights, parts, {})
    worst = 0.0
    for _ in range(steps + 1):
        masks = {n: v + (1 - v) * torch.rand(v.shape, generator=generator) for n, v in g.items()}
        worst = max(worst, _relative(_out(forward, x, weights, parts, masks), goal).item())
    return worst


def first_layer_only(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You move the r of the first layer alone: all layers are attacked together."""
    return _attack(
        forward, x, weights, parts, g, generator, steps, size, names=lambda g: list(g)[:1]
    )


def begins_in_the_middle(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You begin at r = 1/2 everywhere, where components that cancel have no slope: begin at
    random."""

    def start(*shape, generator):
        return torch.full(shape, 0.5)

    return _attack(forward, x, weights, parts, g, generator, steps, size, start=start)


def the_gates_are_the_worst(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You mask with the gates themselves: more may be worse than less, and need not be the same
    for all components."""
    return _relative(
        _out(forward, x, weights, parts, g), _out(forward, x, weights, parts, {})
    ).item()


def one_step_only(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You take a single step, whatever `steps` is."""
    return _attack(forward, x, weights, parts, g, generator, min(steps, 1), size)


def steps_of_a_tenth(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """Your steps are 0.1 long, whatever `size` is."""
    return _attack(forward, x, weights, parts, g, generator, steps, 0.1)


def every_layer_masked(forward, x, weights, parts, g, generator, steps=20, size=0.1):
    """You attack layers that have no gates in `g`: those keep their original matrix."""
    wide = {
        name: g.get(name, torch.zeros(len(x), V.shape[0])) for name, (_, V) in parts.items()
    }  # fmt: skip
    return _attack(forward, x, weights, parts, wide, generator, steps, size)
