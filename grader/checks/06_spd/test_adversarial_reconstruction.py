"""Hidden checks for adversarial_reconstruction: cases whose worst masks are known exactly."""

import itertools

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged
from grader.student import Remote

FLOAT32 = {"atol": 1e-4, "rtol": 1e-3}  # few small products in float32; r ends in a corner


def _chain(student) -> Remote:
    """The notebook's own `chain`, where it lives: gradients do not cross the line."""
    return Remote(student, student.value("chain"), None)


def _drawn(rng: torch.Generator, *shape: int) -> Tensor:
    return 0.5 + torch.rand(*shape, generator=rng)


def _seed(rng: torch.Generator) -> int:
    return int(torch.randint(1 << 30, (), generator=rng))


def _positive(rng: torch.Generator, batch: int) -> tuple[Tensor, dict, dict, dict]:
    """Two layers, three components, everything positive: each that goes away makes it worse."""
    parts = {
        "a": (_drawn(rng, 5, 3), _drawn(rng, 3, 4)),
        "b": (_drawn(rng, 2, 3), _drawn(rng, 3, 5)),
    }
    weights = {name: U @ V for name, (U, V) in parts.items()}
    g = {name: torch.rand(batch, 3, generator=rng) for name in parts}
    return _drawn(rng, batch, 4), weights, parts, g


def _out(x: Tensor, parts: dict, masks: dict[str, Tensor]) -> Tensor:
    for place, (name, (U, V)) in enumerate(parts.items()):
        x = ((x.relu() if place else x) @ V.mT * masks[name]) @ U.mT
    return x


def test_where_all_is_positive_the_worst_takes_all(student, rng):
    """Where every component adds something positive, in two layers, the worst masks are the gates
    themselves; the error is relative to the target's output, squared, over all samples."""
    x, weights, parts, g = _positive(rng, 6)
    ones = {name: torch.ones_like(gate) for name, gate in g.items()}
    goal = _out(x, parts, ones)
    truth = (_out(x, parts, g) - goal).square().sum() / goal.square().sum()
    args = (_chain(student), x, weights, parts)
    dice = student.dice(_seed(rng))
    result, after = student.after("adversarial_reconstruction", *args, g, dice)
    close(result, truth, **FLOAT32, because="the worst error")
    unchanged(after[1:5], (x, weights, parts, g))
    found = student.adversarial_reconstruction(*args, ones, student.dice(1))
    close(found, 0.0, atol=1e-6, because="gates that are all open")
    part = {"b": g["b"]}
    truth = (_out(x, parts, {**ones, **part}) - goal).square().sum() / goal.square().sum()
    found = student.adversarial_reconstruction(*args, part, student.dice(2))
    close(found, truth, **FLOAT32, because="one layer alone")


def test_every_sample_and_component_has_its_own(student, rng):
    """Components read (1, 1) and (1, -1): for one sample both must go away, for another one of
    them, and the adversary finds it for each."""
    w, scale = _drawn(rng, 2)
    weights = {"only": torch.tensor([[2 * w, 0.0]])}
    parts = {"only": (w * torch.ones(1, 2), torch.tensor([[1.0, 1.0], [1.0, -1.0]]))}
    many = 8
    x = torch.cat([torch.tensor([[1.0, 0.0]]), scale * torch.tensor([[0.0, 1.0]]).expand(many, 2)])
    gate = float(0.3 * torch.rand((), generator=rng))
    g = {"only": torch.full((1 + many, 2), gate)}
    dice = student.dice(_seed(rng))
    found = student.adversarial_reconstruction(_chain(student), x, weights, parts, g, dice)
    truth = (1 - gate) ** 2 * (4 + many * scale**2) / 4
    close(found, truth, **FLOAT32, because="the worst error")


def test_the_worst_may_be_above(student, rng):
    """Where components add up to more than the matrix, the worst masks are 1, not the gates."""
    w = float(_drawn(rng, 1))
    weights = {"only": torch.tensor([[w]])}
    parts = {"only": (torch.tensor([[2 * w, w]]), torch.ones(2, 1))}
    g = {"only": torch.full((4, 2), 0.5)}
    x = _drawn(rng, 4, 1)
    dice = student.dice(_seed(rng))
    found = student.adversarial_reconstruction(_chain(student), x, weights, parts, g, dice)
    close(found, 4.0, **FLOAT32, because="three times the matrix")


def test_steps_and_size(student, rng):
    """Without steps it is the error of r as drawn in [0, 1], which other dice draw otherwise; each
    step makes it worse; a step that is too long ends at the border."""
    x, weights, parts, g = _positive(rng, 40)
    args = (_chain(student), x, weights, parts, g)
    ones = {name: torch.ones_like(gate) for name, gate in g.items()}
    goal = _out(x, parts, ones)
    most = float((_out(x, parts, g) - goal).square().sum() / goal.square().sum())
    first = number(student.adversarial_reconstruction(*args, student.dice(1), 0))
    again = number(student.adversarial_reconstruction(*args, student.dice(1), 0))
    other = number(student.adversarial_reconstruction(*args, student.dice(2), 0))
    holds(first == again != other, "The start is not drawn with the generator.")
    half = {name: (gate + 1) / 2 for name, gate in g.items()}
    middle = float((_out(x, parts, half) - goal).square().sum() / goal.square().sum())
    # 40 samples of 6 draws each: the mean of r is .5 within .04.
    holds(0.5 * middle < first < 1.6 * middle, "r does not begin at random between 0 and 1.")
    errors = [first]
    for steps in (2, 5, 8):
        errors.append(number(student.adversarial_reconstruction(*args, student.dice(1), steps)))
    holds(all(a < b for a, b in itertools.pairwise(errors)), "Steps do not make it worse.")
    holds(errors[-1] < 0.999 * most, "Eight steps of 0.1 go further than 0.8.")
    found = student.adversarial_reconstruction(*args, student.dice(3), 1, 7.0)
    close(found, most, **FLOAT32, because="one step of 7")
    two = number(student.adversarial_reconstruction(*args, student.dice(1), 4, 0.05))
    close(two, errors[1], atol=0, rtol=2e-3, because="four steps of half the size")


def test_each_begins_where_it_was_drawn(student, rng):
    """Without steps, many samples of one component, or many components of one sample, each with an
    r of its own, lose a third: that is the mean of (1 - r) squared, whatever the dice."""
    for batch, count in ((200, 1), (1, 200)):
        weights = {"only": torch.eye(count)}
        parts = {"only": (torch.eye(count), torch.eye(count))}
        g = {"only": torch.zeros(batch, count)}
        x = torch.ones(batch, count)
        for _ in range(6):
            args = (_chain(student), x, weights, parts, g, student.dice(_seed(rng)), 0)
            # Of 200 draws the mean is off by 0.021, one standard deviation.
            found = student.adversarial_reconstruction(*args)
            close(found, 1 / 3, atol=0.1, rtol=0.0, because="the error of r as drawn")


def test_hardly_open_gates_are_attacked_too(student, rng):
    """The adversary's steps are as long for a component that hardly matters as for any other."""
    small = 1e-3 * float(_drawn(rng, 1))
    weights = {"only": torch.diag(torch.tensor([small, small]))}
    parts = {"only": (small * torch.eye(2), torch.eye(2))}
    gate = float(0.2 + 0.4 * torch.rand((), generator=rng))
    g = {"only": torch.full((5, 2), gate)}
    x = _drawn(rng, 5, 2)
    dice = student.dice(_seed(rng))
    found = student.adversarial_reconstruction(_chain(student), x, weights, parts, g, dice)
    close(found, (1 - gate) ** 2, **FLOAT32, because="small components, taken away")
