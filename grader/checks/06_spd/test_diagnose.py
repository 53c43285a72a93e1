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


def _ask(student, case, seed: int, **changes) -> dict:
    bias, weights, parts, gates, probes, x = case
    parts, gates = changes.pop("parts", parts), changes.pop("gates", gates)
    more = (changes["limit"],) if "limit" in changes else ()
    args = (student.tms(bias), weights, parts, gates, probes, x, student.dice(seed), *more)
    result, after = student.after("diagnose", *args)
    unchanged(after[1:6], args[1:6])
    said = isinstance(result, dict) and set(result) == {"right", "live", "unsure", "adversarial"}
    holds(said, "What comes back has not the four names that are asked for.")
    for name in ("live", "unsure"):
        given = isinstance(result[name], dict) and set(result[name]) == set(weights)
        holds(given, f"`{name}` has no number for each layer.")
        for count in result[name].values():
            number(count, name)
    holds(type(result["right"]) is bool, "`right` is neither True nor False.")
    number(result["adversarial"], "the adversarial error")
    return result


def _counts(result: dict, live: dict, unsure: dict) -> None:
    for name in live:
        close(result["live"][name], float(live[name]), **EXACT, because="live components")
        close(result["unsure"][name], float(unsure[name]), **EXACT, because="unsure gates")


def test_a_right_run_is_right(student, rng):
    """A right decomposition has one live component for each feature in each layer, no unsure gate,
    hardly any adversarial error, and is called right; components that are always shut and write
    nothing change nothing of that."""
    case = _case(rng)
    n = len(case[0])
    every = {"embed": n, "unembed": n}
    result = _ask(student, case, 1)
    _counts(result, every, {"embed": 0, "unembed": 0})
    holds(result["adversarial"] < 1e-2, "The adversarial error of a right run is too large.")
    holds(result["right"], "A right run is not called right.")
    parts, gates = dict(case[2]), dict(case[3])
    U, V = parts["embed"]
    parts["embed"] = (torch.cat([U, U[:, :2]], 1), torch.cat([V, torch.zeros(2, n)]))
    w_in, b_in, w_out, b_out = gates["embed"]
    gates["embed"] = (
        torch.cat([w_in, torch.ones(2, 1)]), torch.cat([b_in, torch.zeros(2, 1)]),
        torch.cat([w_out, torch.zeros(2, 1)]), torch.cat([b_out, torch.tensor([-1.0, -2.0])]),
    )  # fmt: skip
    result = _ask(student, case, 2, parts=parts, gates=gates)
    _counts(result, every, {"embed": 0, "unembed": 0})
    holds(result["right"], "A right run with dead components is not called right.")


def test_gates_that_are_neither_open_nor_shut(student, rng):
    """A gate between 0.2 and 0.9 on a probe is unsure, and the run is not right, however small the
    error: also when the component writes nothing; at 0.15 and at 0.95 it is sure."""
    case = _case(rng)
    n = len(case[0])
    for z, unsure, live in (
        (0.5, n, 1),
        (0.25, n, 1),
        (0.85, n, 1),
        (0.15, 0, 1),
        (0.95, 0, 1),
        (0.05, 0, 0),
    ):
        parts, gates = dict(case[2]), dict(case[3])
        U, V = parts["unembed"]
        parts["unembed"] = (torch.cat([U, torch.zeros(n, 1)], 1), torch.cat([V, torch.ones(1, 2)]))
        gate = _steps(torch.zeros(1))
        added = (gate[0], gate[1], torch.zeros(1, 1), torch.tensor([z]))
        both = zip(gates["unembed"], added, strict=True)
        gates["unembed"] = tuple(torch.cat(pair) for pair in both)
        result = _ask(student, case, 3, parts=parts, gates=gates)
        _counts(result, {"embed": n, "unembed": n + live}, {"embed": 0, "unembed": unsure})
        holds(result["right"] == (unsure == 0), f"A gate of {z} is not judged as it should be.")


def test_a_feature_that_opens_nothing(student, rng):
    """Where a probe opens no gate above 0.9 in some layer the run is not right, in whichever layer,
    and however large the error may be."""
    case = _case(rng)
    n = len(case[0])
    for layer in ("embed", "unembed"):
        c = int(torch.randint(n, (), generator=rng))
        gates = {**case[3], layer: _constant(case[3][layer], c, -1.0)}
        result = _ask(student, case, 4, gates=gates, limit=1e9)
        every = {"embed": n, "unembed": n}
        _counts(result, {**every, layer: n - 1}, {"embed": 0, "unembed": 0})
        holds(not result["right"], "A run that has lost a feature is called right.")


def test_components_that_only_cancel(student, rng):
    """Two components that cancel, with gates that are shut, leave everything as it is but the
    adversarial error: it is large, on the inputs x, with the gates for x, and decides."""
    case = _case(rng)
    n = len(case[0])
    parts, gates = dict(case[2]), dict(case[3])
    U, V = parts["embed"]
    big = torch.tensor([[30.0], [20.0]])
    # They read feature 0 in x; on the probes it is there, too, but the probes are not x.
    row = torch.zeros(1, n)
    row[0, 0] = 1
    parts["embed"] = (torch.cat([U, big, -big], 1), torch.cat([V, row, row]))
    shut = (torch.ones(2, 1), torch.zeros(2, 1), torch.zeros(2, 1), -torch.ones(2))
    gates["embed"] = tuple(torch.cat(pair) for pair in zip(gates["embed"], shut, strict=True))
    result = _ask(student, case, 5, parts=parts, gates=gates)
    _counts(result, {"embed": n, "unembed": n}, {"embed": 0, "unembed": 0})
    holds(result["adversarial"] > 5, "The adversary does not find components that cancel.")
    holds(not result["right"], "A run with components that cancel is called right.")
    result = _ask(student, case, 6, parts=parts, gates=gates, limit=1e9)
    holds(result["right"], "The limit is not the one that is given.")
    without = (case[0], *case[1:5], case[5][case[5][:, 0] == 0][:n])
    if len(without[5]):
        result = _ask(student, without, 7, parts=parts, gates=gates)
        holds(
            result["right"], "Inputs that do not show it betray it nevertheless: which x is used?"
        )
