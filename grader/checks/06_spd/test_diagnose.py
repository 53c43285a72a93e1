"""Hidden checks for diagnose: runs that are right, and runs that are wrong in one way each."""

import math

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged

EXACT = {"atol": 0, "rtol": 0}


def _case(rng: torch.Generator) -> tuple[Tensor, dict, dict, dict, Tensor, Tensor]:
    """A toy model whose features are the corners of a polygon, and its right decomposition."""
    n = 3 + int(torch.randint(4, (), generator=rng))
    size = float(0.9 + 0.4 * torch.rand((), generator=rng))
    angle = 2 * math.pi * torch.arange(n) / n + float(torch.rand((), generator=rng))
    W = size * torch.stack([torch.cos(angle), torch.sin(angle)])
    bias = torch.full((n,), -(size**2) * max(math.cos(2 * math.pi / n), 0.0))
    weights = {"embed": W, "unembed": W.mT.contiguous()}
    parts = {"embed": (W, torch.eye(n)), "unembed": (torch.eye(n), W.mT.contiguous())}
    gates = {"embed": _steps(0.001 * torch.ones(n)), "unembed": _steps(-bias + 0.001)}
    active = torch.rand(24, n, generator=rng) < 0.2
    active[:, 0] |= ~active.any(dim=1)
    x = active * (0.2 + 0.8 * torch.rand(24, n, generator=rng))
    return bias, weights, parts, gates, 0.75 * torch.eye(n), x


def _steps(threshold: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gates that are shut below a threshold and open above it."""
    n = len(threshold)
    return (
        torch.full((n, 1), 1000.0),
        -1000.0 * threshold[:, None],
        torch.ones(n, 1),
        torch.zeros(n),
    )


def _constant(gate: tuple, c: int, z: float) -> tuple:
    """The gate of component c has this value, whatever comes in."""
    made = tuple(t.clone() for t in gate)
    made[2][c], made[3][c] = 0.0, z
    return made


NAMES = {"right", "live", "open", "unsure", "missing", "adversarial"}


def _ask(student, case, seed: int, most: int = 1, limit: float | None = None, **changes) -> dict:
    bias, weights, parts, gates, probes, x = case
    parts, gates = changes.get("parts", parts), changes.get("gates", gates)
    more = (most,) if limit is None else (most, limit)
    args = (student.tms(bias), weights, parts, gates, probes, x, student.dice(seed), *more)
    result, after = student.after("diagnose", *args)
    unchanged(after[1:6], args[1:6])
    said = isinstance(result, dict) and set(result) == NAMES
    holds(said, "What comes back has not the six names that are asked for.")
    for name in ("live", "open", "unsure", "missing"):
        given = isinstance(result[name], dict) and set(result[name]) == set(weights)
        holds(given, f"`{name}` has no number for each layer.")
        for value in result[name].values():
            number(value, name)
    holds(type(result["right"]) is bool, "`right` is neither True nor False.")
    number(result["adversarial"], "the adversarial error")
    return result


def _counts(result: dict, **truth: dict) -> None:
    """Compare counts by layer; a layer that is not named is not asked."""
    for what, layers in truth.items():
        for name, count in layers.items():
            close(result[what][name], float(count), **EXACT, because=f"`{what}` of a layer")


def _added(case, layer: str, U: Tensor, V: Tensor, z: Tensor) -> dict:
    """More components in a layer, with gates whose values are z, whatever comes in."""
    parts, gates = dict(case[2]), dict(case[3])
    old_U, old_V = parts[layer]
    parts[layer] = (torch.cat([old_U, U], 1), torch.cat([old_V, V]))
    count = len(z)
    new = (torch.ones(count, 1), torch.zeros(count, 1), torch.zeros(count, 1), z)
    gates[layer] = tuple(torch.cat(pair) for pair in zip(gates[layer], new, strict=True))
    return {"parts": parts, "gates": gates}


def test_a_right_run_is_right(student, rng):
    """A right decomposition has one live component for each feature in each layer, one open gate
    for each probe, nothing unsure or missing, hardly any adversarial error, and is called right;
    components that are shut and write nothing change nothing of that."""
    case = _case(rng)
    n = len(case[0])
    for changes in (
        {},
        _added(case, "embed", case[1]["embed"][:, :2], torch.zeros(2, n), -torch.ones(2)),
    ):
        result = _ask(student, case, 1, **changes)
        both = ("embed", "unembed")
        _counts(
            result, live=dict.fromkeys(both, n), open=dict.fromkeys(both, 1),
            unsure=dict.fromkeys(both, 0),
        )  # fmt: skip
        for value in result["missing"].values():
            close(value, 0.0, because="what is missing from a right run")
        holds(result["adversarial"] < 1e-2, "The adversarial error of a right run is too large.")
        holds(result["right"], "A right run is not called right.")


def test_gates_that_are_neither_open_nor_shut(student, rng):
    """A gate between 0.2 and 0.9 on a probe is unsure, and the run is not right, also when the
    component writes nothing and a second open gate is allowed; at 0.15 and at 0.95 it is sure."""
    case = _case(rng)
    n = len(case[0])
    cases = ((0.95, 0, 1), (0.5, n, 1), (0.25, n, 1), (0.85, n, 1), (0.15, 0, 1), (0.05, 0, 0))
    for z, unsure, live in cases:
        more = _added(case, "unembed", torch.zeros(n, 1), torch.ones(1, 2), torch.tensor([z]))
        result = _ask(student, case, 3, 2, **more)
        _counts(
            result, live={"embed": n, "unembed": n + live}, unsure={"embed": 0, "unembed": unsure}
        )
        holds(result["right"] == (unsure == 0), "A gate is not judged as it should be.")


def test_a_probe_that_opens_too_many(student, rng):
    """What counts is the probe that opens most gates above 0.1, in each layer: a run in which a
    probe opens more than `most` is not right, in whichever layer."""
    case = _case(rng)
    n = len(case[0])
    null, faint = (torch.zeros(n, 1), torch.ones(1, 2)), torch.tensor([0.15])
    half = _added(case, "unembed", *null, faint)
    both = (*case[:2], half["parts"], half["gates"], *case[4:])
    both = (*case[:2], *_added(both, "embed", torch.zeros(2, 1), torch.ones(1, n), faint).values(),
            *case[4:])  # fmt: skip
    result = _ask(student, both, 3)
    _counts(result, open={"embed": 2, "unembed": 2})
    holds(not result["right"], "Two open gates in both layers are not noticed.")
    probe = torch.zeros(1, n)
    probe[0, int(torch.randint(n, (), generator=rng))] = 1.0
    for count in (1, 2):
        # Gates that a single probe opens: they read that feature alone, and write nothing.
        more = _added(
            case, "embed", torch.zeros(2, count), probe.expand(count, n), torch.zeros(count)
        )
        for t, value in zip(more["gates"]["embed"][:3], (1000.0, -1.0, 1.0), strict=True):
            t[n:] = value
        result = _ask(student, case, 4, count, **more)
        _counts(result, live={"embed": n + count}, open={"embed": 1 + count, "unembed": 1})
        holds(not result["right"], "A probe that opens too many gates is not noticed.")
        result = _ask(student, case, 5, count + 1, **more)
        holds(result["right"], "`most` gates are allowed, and no more than that are open.")
    result = _ask(student, case, 6, **half)
    _counts(result, open={"embed": 1, "unembed": 2})
    holds(not result["right"], "A gate of 0.15 counts as open.")


def test_what_the_live_ones_leave_out(student, rng):
    """A share of a matrix that lies in components whose gates are shut is missing, in each layer
    measured by itself, in Frobenius norms; from a tenth on the run is not right, whatever the
    limit."""
    case = _case(rng)
    n = len(case[0])
    for layer in ("unembed", "embed"):
        other = "embed" if layer == "unembed" else "unembed"
        for share, right in ((0.3, False), (0.04, True), (0.15, False)):
            parts = dict(case[2])
            U, V = parts[layer]
            parts[layer] = ((1 - share) * U, V)
            spoiled = (*case[:2], parts, *case[3:])
            result = _ask(
                student, spoiled, 7, 1, 1e9, **_added(spoiled, layer, share * U, V, -torch.ones(n))
            )
            close(result["missing"][layer], share, atol=1e-4, because="what is missing")
            close(result["missing"][other], 0.0, atol=1e-4, because="what the other layer misses")
            _counts(result, live={layer: n}, open={layer: 1}, unsure={layer: 0})
            holds(result["right"] == right, "What is missing is not judged as it should be.")
        # One component alone, so that what is missing is not alike everywhere.
        c = int(torch.randint(n, (), generator=rng))
        gates = {**case[3], layer: _constant(case[3][layer], c, -1.0)}
        result = _ask(student, case, 8, 1, 1e9, gates=gates)
        _counts(result, live={layer: n - 1, other: n})
        close(result["missing"][layer], n**-0.5, atol=1e-4, because="one of n is missing")
        holds(not result["right"], "A run that has lost a feature is called right.")


def test_components_that_only_cancel(student, rng):
    """Two components that cancel, with gates that are shut, leave everything as it is but the
    adversarial error: it is large, on the inputs x, with the gates for x, and decides."""
    case = _case(rng)
    n = len(case[0])
    big = torch.tensor([[30.0], [20.0]])
    # They read feature 0; on the probes it is there, too, but the probes are not x.
    row = torch.zeros(2, n)
    row[:, 0] = 1
    more = _added(case, "embed", torch.cat([big, -big], 1), row, -torch.ones(2))
    result = _ask(student, case, 5, **more)
    _counts(result, live={"embed": n, "unembed": n}, unsure={"embed": 0, "unembed": 0})
    bias, weights, x = case[0], case[1], case[5]
    hidden = x @ weights["embed"].mT
    goal = (hidden @ weights["embed"] + bias).relu()
    apart = [
        ((hidden + side * x[:, :1] * big.mT) @ weights["embed"] + bias).relu() for side in (1, -1)
    ]
    # An adversary ends with one of the two away, for each sample; which one is chance.
    least = torch.stack([(out - goal).square().sum(dim=1) for out in apart]).amin(dim=0).sum()
    found = result["adversarial"] > 0.6 * float(least / goal.square().sum())
    holds(found, "The adversary does not find components that cancel.")
    holds(not result["right"], "A run with components that cancel is called right.")
    result = _ask(student, case, 6, 1, 1e9, **more)
    holds(result["right"], "The limit is not the one that is given.")
    without = (*case[:5], case[5][case[5][:, 0] == 0][:n])
    if len(without[5]):
        result = _ask(student, without, 7, **more)
        holds(
            result["right"], "Inputs that do not show it betray it nevertheless: which x is used?"
        )
