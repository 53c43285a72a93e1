"""Hidden checks for verdict: each hurdle by itself, planted features, and what was not measured."""

import itertools
from typing import Any

import torch
from labkit.planted import readouts
from torch import Tensor

from grader.assertions import holds, items, unchanged

HURDLES = ("base rate", "give-away", "control", "ablation", "steering")
LIMITS = ("base_rate", "give_away", "control", "p_ablation", "p_steering")


def _evidence(rng: torch.Generator, failed: tuple[str, ...]) -> dict[str, float]:
    """Numbers at which exactly these hurdles are not taken, by a clear margin."""

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=rng))

    low = uniform(0.7, 0.8)
    found = {"low": low}
    for hurdle, name in zip(HURDLES, LIMITS, strict=True):
        if name.startswith("p_"):
            found[name] = uniform(0.06, 0.9) if hurdle in failed else uniform(0.005, 0.045)
        else:
            found[name] = (
                uniform(low + 0.01, 0.95) if hurdle in failed else uniform(0.4, low - 0.01)
            )
    return found


def _said(result: object) -> tuple[object, list[object]]:
    word, failed = items(result, 2, "the result")
    holds(isinstance(word, str), "The verdict should be a string.")
    holds(isinstance(failed, list | tuple), "The hurdles should be a list of strings.")
    return word, list(failed)


def _expected(failed: tuple[str, ...]) -> str:
    if not failed:
        return "used"
    return "present" if set(failed) <= {"ablation", "steering"} else "neither"


def _ask(student, evidence: dict[str, Any], failed: tuple[str, ...]) -> None:
    word, named = _said(student.verdict(evidence))
    holds(word == _expected(failed), "The verdict does not follow from the hurdles.")
    in_order = [hurdle for hurdle in HURDLES if hurdle in failed]
    holds(sorted(map(str, named)) == sorted(in_order), "Not the hurdles that were not taken.")
    holds(named == in_order, "The hurdles are not in their order.")


def test_every_combination(student, rng):
    """Of the 32 ways in which hurdles can be taken or not, each gets its verdict, and the hurdles
    that were not taken are named, in their order. The evidence is left as it is."""
    for size in range(6):
        for failed in itertools.combinations(HURDLES, size):
            evidence = _evidence(rng, failed)
            result, after = student.after("verdict", evidence)
            unchanged(after, (evidence,))
            word, named = _said(result)
            holds(word == _expected(failed), "The verdict does not follow from the hurdles.")
            holds(list(named) == list(failed), "Not the hurdles that were not taken, in order.")


def test_at_the_edge(student, rng):
    """A low end that is equal to a control is not above it; a p of exactly .05 is enough."""
    for hurdle, name in zip(HURDLES[:3], LIMITS[:3], strict=True):
        evidence = _evidence(rng, ())
        evidence[name] = evidence["low"]
        _ask(student, evidence, (hurdle,))
    evidence = _evidence(rng, ())
    evidence["p_ablation"] = evidence["p_steering"] = 0.05
    _ask(student, evidence, ())
    evidence["p_steering"] = 0.0501
    _ask(student, evidence, ("steering",))


def test_what_was_not_measured(student, rng):
    """A number that is missing, None or nan fails the hurdle that needs it, and nothing raises;
    without the low end no hurdle of reading is taken."""
    whole = _evidence(rng, ("steering",))
    for gone in ({k: v for k, v in whole.items() if k != "low"}, whole | {"low": None}):
        _ask(student, gone, (*HURDLES[:3], "steering"))
    for hurdle, name in zip(HURDLES, LIMITS, strict=True):
        whole = _evidence(rng, ())
        for gone in (
            {key: value for key, value in whole.items() if key != name},
            whole | {name: None},
            whole | {name: float("nan")},
        ):
            _ask(student, gone, (hurdle,))
    _ask(student, {}, HURDLES)


def _fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Least squares with a little ridge."""
    mean, t = x.mean(0), 2 * y.double() - 1
    gram = (x - mean).mT @ (x - mean) + 1e-2 * torch.eye(x.shape[1], dtype=x.dtype)
    w = torch.linalg.solve(gram, (x - mean).mT @ (t - t.mean()))
    return w, t.mean() - mean @ w


def _measured(pair: readouts.Readouts, labels: Tensor, rng: torch.Generator) -> dict[str, float]:
    """The evidence for one feature of a planted pair, as the lab measures it."""
    half = len(labels) // 2
    train, test = pair.x[:half], pair.x[half:]
    accuracies = []
    for y in (labels, torch.rand(len(labels), generator=rng) < 0.5):
        w, b = _fit(train, y[:half])
        accuracies.append(float(((test @ w + b > 0) == y[half:]).double().mean()))
    w, _ = _fit(train, labels[:half])
    share = float(labels.double().mean())
    random = torch.randn(59, len(w), generator=rng, dtype=w.dtype)
    directions = torch.nn.functional.normalize(torch.cat([w[None], random]), dim=1)
    plain = pair.output(test)
    lost = [(pair.output(test - (test @ v)[:, None] * v) - plain).abs().mean() for v in directions]
    moved = [(pair.output(test + v) - plain).mean().abs() for v in directions]
    p_values = [
        float((1 + (torch.stack(e[1:]) >= e[0]).sum()) / (1 + len(random))) for e in (lost, moved)
    ]
    error = (accuracies[0] * (1 - accuracies[0]) / half) ** 0.5
    return {
        "low": accuracies[0] - 2 * error, "base_rate": max(share, 1 - share), "give_away": 0.5,
        "control": accuracies[1], "p_ablation": p_values[0], "p_steering": p_values[1],
    }  # fmt: skip


def test_planted_features(student, seed, rng):
    """In planted activations, where it is known which feature the output uses, the verdict is right
    on a used feature, a present one, one that is not there, and one that the words give away."""
    pair = readouts.build(seed, samples=300, d_model=40)
    nothing = torch.randperm(300, generator=rng) < 150
    for labels, truth in ((pair.labels["used"], "used"), (pair.labels["unused"], "present"),
                          (nothing, "neither")):  # fmt: skip
        word, _ = _said(student.verdict(_measured(pair, labels, rng)))
        holds(word == truth, f"A planted feature of the kind {truth!r} gets another verdict.")
    given_away = _measured(pair, pair.labels["used"], rng) | {"give_away": 1.0}
    word, named = _said(student.verdict(given_away))
    holds(word == "neither" and named == ["give-away"], "A feature that the words give away is no "
          "finding about the model.")  # fmt: skip
