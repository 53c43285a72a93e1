"""Hidden checks for shuffled_directions: one-hot activations tell who was True."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

FLOAT32 = {"atol": 1e-4, "rtol": 1e-3}  # means of a few dozen rows, once in float32


def _draw(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Labels and groups in which each group holds both labels, in other shares."""
    sizes = (torch.randperm(5, generator=rng)[:3] + 5).tolist()
    good = [2, sizes[1] - 1, 3]
    labels = torch.cat([torch.arange(s) < g for s, g in zip(sizes, good, strict=True)])
    names = torch.randperm(50, generator=rng)[:3] - 25
    groups = names.repeat_interleave(torch.tensor(sizes))
    order = torch.randperm(len(labels), generator=rng)
    return labels[order], groups[order]


def _step(X: Tensor, labels: Tensor) -> Tensor:
    return X[labels].mean(0) - X[~labels].mean(0)


def _identity(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Rows whose step tells who was True, behind a rotation: rows, and the way back."""
    rotation = torch.linalg.qr(torch.randn(n, n, generator=rng, dtype=torch.float64))[0]
    return 2.5 * rotation, rotation.mT


def _who(student, labels: Tensor, groups: Tensor, n: int, rng: torch.Generator) -> Tensor:
    """Which texts were True in each of the student's directions, [n, text]."""
    X, back = _identity(len(labels), rng)
    found = tensor(student.shuffled_directions(X, labels, groups, n, 3), (n, len(labels)))
    return found @ back > 0


def test_each_group_keeps_its_share(student, rng):
    """In every direction each group has as many True texts as before; what you are given is left
    as it is."""
    labels, groups = _draw(rng)
    n = len(labels)
    X, back = _identity(n, rng)
    result, after = student.after("shuffled_directions", X, labels, groups, 12, 5)
    who = (tensor(result, (12, n)) @ back > 0).double()
    for group in groups.unique():
        expected = labels[groups == group].sum().double().expand(12)
        close(who[:, groups == group].sum(1), expected, **FLOAT32, because="True texts in a group")
    unchanged(after[:3], (X, labels, groups))


def test_a_step_between_the_means(student, rng):
    """Each direction is the step from the mean of the False texts to that of the True ones, under
    its labels, and as long as the true step."""
    labels, groups = _draw(rng)
    n = len(labels)
    X, back = _identity(n, rng)
    found = tensor(student.shuffled_directions(X, labels, groups, 8, 7), (8, n))
    who = found @ back > 0
    holds(
        bool(who.any(1).all() and (~who).any(1).all()), "A direction has no True or no False text."
    )
    length = float(_step(X, labels).norm())
    for row, mine in zip(found, who, strict=True):
        step = _step(X, mine)
        close(row, step * length / step.norm(), **FLOAT32, because="a direction")


def test_the_length(student, rng):
    """All directions have the length of the true step, which is not 1, also where the shuffled ones
    would be much shorter."""
    labels, groups = _draw(rng)
    X = 0.3 * torch.randn(len(labels), 6, generator=rng, dtype=torch.float64)
    X = X + 2.0 * labels[:, None]
    found = tensor(student.shuffled_directions(X, labels, groups, 15, 1), (15, 6))
    length = _step(X, labels).norm()
    close(found.norm(dim=1), length.expand(15), **FLOAT32, because="the lengths")


def test_every_text_has_its_turn(student, rng):
    """In each group all texts are equally likely to be called True, and the directions are drawn
    apart from each other."""
    labels, groups = _draw(rng)
    who = _who(student, labels, groups, 300, rng).double()
    for group in groups.unique():
        inside = groups == group
        share = labels[inside].double().mean()
        # 300 draws of a share near a half: 6 standard deviations are .17.
        wanted = share.expand(int(inside.sum()))
        close(who[:, inside].mean(0), wanted, atol=0.18, rtol=0.0, because="how often each is True")
    different = len({tuple(row) for row in who.tolist()})
    holds(different > 30, "Directions are the same again and again.")
    # Neighbours agree no more often than others: no drift from one draw to the next.
    centred = who - who.mean(0)
    near = float((centred[1:] * centred[:-1]).mean() / centred.square().mean())
    holds(abs(near) < 0.25, "A direction is made from the one before it.")


def test_the_seed_decides(student, rng):
    """The same seed gives the same directions; another seed gives others."""
    labels, groups = _draw(rng)
    X = torch.randn(len(labels), 5, generator=rng, dtype=torch.float64)
    first, again, other = (
        tensor(student.shuffled_directions(X, labels, groups, 6, k), (6, 5)) for k in (1, 1, 2)
    )
    close(again, first, **FLOAT32, because="the same seed")
    holds(bool((first - other).abs().max() > 1e-3), "The seed changes nothing.")
    shared = (first[:, None] - other[None]).abs().amax(-1) < 1e-6
    holds(int(shared.any(1).sum()) <= 2, "Two seeds share most of their directions.")
