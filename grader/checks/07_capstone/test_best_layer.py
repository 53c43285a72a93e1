"""Hidden checks for best_layer: validation chooses, within one standard error; test reports."""

import torch
from torch import Tensor

from grader.assertions import close, holds, items, number, unchanged

EXACT = {"atol": 1e-4, "rtol": 0.0}  # a mean, perhaps in float32


def _table(rng: torch.Generator, seeds: int, means: Tensor, spread: Tensor) -> Tensor:
    """A table [seed, layer] with exactly these means and standard deviations (over S - 1)."""
    noise = torch.randn(seeds, len(means), generator=rng, dtype=torch.float64)
    noise = (noise - noise.mean(0)) / noise.std(0)
    return means + noise * spread


def _draw(rng: torch.Generator) -> tuple[Tensor, Tensor, int, int]:
    """Draw means with one best layer behind a few earlier ones; returns also best and its place."""
    n = int(torch.randint(9, 14, (), generator=rng))
    best = int(torch.randint(5, n - 2, (), generator=rng))
    means = 0.55 + 0.1 * torch.rand(n, generator=rng, dtype=torch.float64)
    means[best] = 0.9
    return means, 0.55 + 0.4 * torch.rand(4, n, generator=rng, dtype=torch.float64), best, n


def _pair(result: object) -> tuple[int, float]:
    layer, reported = items(result, 2, "the result")
    place = number(layer, "the layer")
    holds(place == int(place), "The layer is not a whole number.")
    return int(place), number(reported, "the reported score")


def test_within_one_standard_error(student, rng):
    """An earlier layer is taken if its mean is within one standard error of the best one's: the
    spread over splits, over the root of their number."""
    for seeds in (3, 6):
        means, test, best, n = _draw(rng)
        test = torch.cat([test, test])[:seeds] if seeds > 4 else test[:seeds]
        places = torch.randperm(best, generator=rng)[:4].sort(descending=True).values
        near = places[0]
        error = 0.04
        spread = torch.full((n,), 0.002, dtype=torch.float64)
        spread[best] = error * seeds**0.5
        # Other divisors than S - 1 and the root of S allow other places, each its own.
        allowed = (0.7, 1.1, 1.5, 1.85) if seeds == 3 else (0.95, 1.05, 1.5, 1.85)
        for place, errors in zip(places, allowed, strict=True):
            means[place] = 0.9 - errors * error
        test[:, near] = test[:, near].clamp(max=0.6)
        test[:, best] = test[:, best] + 0.2
        valid = _table(rng, seeds, means, spread)
        result, after = student.after("best_layer", valid, test)
        layer, reported = _pair(result)
        holds(layer == int(near), "This is not the earliest layer within one standard error.")
        close(reported, float(test[:, near].mean()), **EXACT, because="the reported score")
        unchanged(after, (valid, test))


def test_the_error_is_the_best_layer_s(student, rng):
    """The standard error that counts is that of the best layer: how noisy other layers are does not
    matter."""
    means, test, best, n = _draw(rng)
    other = int(torch.randint(0, best - 1, (), generator=rng))
    means[other] = 0.87
    spread = torch.full((n,), 0.2, dtype=torch.float64)
    spread[best] = 0.02
    layer, _ = _pair(student.best_layer(_table(rng, 4, means, spread), test))
    holds(layer == best, "A noisy layer is taken for one that is as good as the best.")


def test_the_earliest(student, rng):
    """Of several layers within the error it is the earliest, not the best of them, and a later one
    never."""
    means, test, best, n = _draw(rng)
    first = int(torch.randint(0, 3, (), generator=rng))
    means[first], means[first + 1], means[best + 1] = 0.85, 0.88, 0.89
    spread = torch.full((n,), 0.01, dtype=torch.float64)
    spread[best] = 0.2
    test[:, first] = 0.3 + 0.2 * test[:, first]
    layer, reported = _pair(student.best_layer(_table(rng, 4, means, spread), test))
    holds(layer == first, "This is not the earliest of the layers that are as good.")
    close(reported, float(test[:, first].mean()), **EXACT, because="the reported score")


def test_no_spread(student, rng):
    """Where the splits agree exactly there is no error, and the first of the best layers is
    taken."""
    n = 9
    first = int(torch.randint(1, 5, (), generator=rng))
    valid = torch.full((3, n), 0.5, dtype=torch.float64)
    valid[:, first - 1] = 0.74
    valid[:, [first, first + 2]] = 0.75
    test = torch.rand(3, n, generator=rng, dtype=torch.float64)
    layer, reported = _pair(student.best_layer(valid, test))
    holds(layer == first, "This is not the first of the best layers.")
    close(reported, float(test[:, first].mean()), **EXACT, because="the reported score")


def test_the_test_side_has_no_say(student, rng):
    """Whatever the test scores are, the same layer is chosen; only the report changes."""
    means, test, best, n = _draw(rng)
    spread = torch.full((n,), 0.03, dtype=torch.float64)
    valid = _table(rng, 4, means, spread)
    for _ in range(3):
        other = test[:, torch.randperm(n, generator=rng)]
        layer, reported = _pair(student.best_layer(valid, other))
        holds(layer == best, "The choice changes with the test scores.")
        close(reported, float(other[:, best].mean()), **EXACT, because="the reported score")
