"""Hidden checks for choose_layer: the test accuracies must not choose."""

import torch
from torch import Tensor

from grader.assertions import close, holds, items, number, unchanged

# One entry is copied, perhaps over float32.
EXACT = {"atol": 1e-5, "rtol": 0.0}


def _draw(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw accuracies without ties, such that the best on valid is not the best on test."""
    n = int(torch.randint(9, 15, (), generator=rng))
    shares = 0.5 + 0.45 * torch.rand(2, n, generator=rng)
    best, other = torch.randperm(n, generator=rng)[:2].tolist()
    # Neither layer is at an end, where the first or the last would be right by chance.
    if {best, other} & {0, n - 1}:
        return _draw(rng)
    shares[0, best], shares[1, other] = 0.97, 0.99
    shares[1, best] = 0.6 + 0.2 * torch.rand((), generator=rng)
    return shares[0], shares[1]


def _pair(result: object) -> tuple[int, float]:
    layer, reported = items(result, 2, "the result")
    place = number(layer, "the layer")
    holds(place == int(place), "The layer is not a whole number.")
    return int(place), number(reported, "the reported accuracy")


def test_valid_chooses_and_test_reports(student, rng):
    """The layer is the one that is best on validation data, and the number is what that layer has
    on test, though another layer is better there."""
    for _ in range(3):
        valid, test = _draw(rng)
        result, after = student.after("choose_layer", valid, test)
        layer, reported = _pair(result)
        holds(layer == int(valid.argmax()), "The layer is not the best one on validation data.")
        close(reported, float(test[valid.argmax()]), **EXACT, because="the reported accuracy")
        unchanged(after, (valid, test))


def test_the_test_side_has_no_say(student, rng):
    """Whatever the test accuracies are, the same layer is chosen; only the report changes."""
    valid, test = _draw(rng)
    best = int(valid.argmax())
    for _ in range(3):
        other = test[torch.randperm(len(test), generator=rng)]
        layer, reported = _pair(student.choose_layer(valid, other))
        holds(layer == best, "The choice changes with the test accuracies.")
        close(reported, float(other[best]), **EXACT, because="the reported accuracy")


def test_the_earliest_of_several(student, rng):
    """Where several layers are best on validation data it is the earliest of them, also if a later
    one is better on test."""
    valid, test = _draw(rng)
    n = len(valid)
    first = int(torch.randint(1, n - 4, (), generator=rng))
    later = first + 2
    valid[[first, later, n - 2]] = 1.0
    test[first], test[later] = 0.55, 0.98
    layer, reported = _pair(student.choose_layer(valid, test))
    holds(layer == first, "Of several best layers it is not the earliest.")
    close(reported, 0.55, **EXACT, because="the reported accuracy")
