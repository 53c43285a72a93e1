"""Hidden checks for active_components: open on any input, in order, by layer."""

import torch
from torch import Tensor

from grader.assertions import close, holds, unchanged

EXACT = {"atol": 0, "rtol": 0}


def _live(result: object, truth: dict[str, Tensor]) -> None:
    holds(
        isinstance(result, dict) and set(result) == set(truth), "There is no entry for each layer."
    )
    for name, indices in truth.items():
        close(result[name], indices, **EXACT, because="the indices of a layer")


def test_open_on_a_single_input_is_enough(student, rng):
    """A component that is open on one of many inputs is live; one that is a little open on all of
    them is not, and neither is one that only wins against closed ones."""
    gates, truth = {}, {}
    for name, count in (("a", 13), ("b", 8)):
        order = torch.randperm(count, generator=rng)
        gate = 0.02 + 0.06 * torch.rand(40, count, generator=rng)
        for c in order[:4].tolist():
            row = int(torch.randint(40, (), generator=rng))
            gate[row, c] = 0.12 + 0.88 * torch.rand((), generator=rng)
        gates[name], truth[name] = gate, order[:4].sort().values
    result, after = student.after("active_components", gates)
    _live(result, truth)
    unchanged(after[:1], (gates,))


def test_the_threshold_is_an_argument(student, rng):
    """A higher threshold leaves fewer components, a lower one more; at the default it is 0.1."""
    gate = torch.zeros(6, 10)
    heights = 0.04 + 0.09 * torch.arange(10)  # .04, .13, .22, ... .85
    places = torch.randperm(10, generator=rng)
    gate[torch.randint(6, (10,), generator=rng), places] = heights
    for threshold, count in ((0.02, 10), (0.2, 8), (0.5, 4), (0.9, 0)):
        truth = {"only": places[10 - count :].sort().values}
        _live(student.active_components({"only": gate}, threshold), truth)
    _live(student.active_components({"only": gate}), {"only": places[1:].sort().values})


def test_layers_are_kept_apart(student, rng):
    """Each layer has its own indices, in ascending order; a layer without a live component has
    none; what one layer does is nothing to another."""
    count = int(torch.randint(3, 9, (), generator=rng))
    gates = {
        "full": torch.ones(5, count),
        "empty": torch.zeros(5, count),
        "one": torch.zeros(5, 12),
    }
    gates["one"][3, 7] = 0.6
    truth = {
        "full": torch.arange(count),
        "empty": torch.zeros(0, dtype=torch.int64),
        "one": torch.tensor([7]),
    }
    _live(student.active_components(gates), truth)
