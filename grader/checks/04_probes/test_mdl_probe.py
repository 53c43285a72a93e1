"""Hidden checks for mdl_probe: which labels are paid for, by which probe, in bits."""

import math
from itertools import pairwise

import torch
from scipy.stats import bernoulli
from torch import Tensor

from grader.assertions import close, holds, number, unchanged

# A sum of a few dozen logarithms, in float64 or once in float32.
FLOAT32 = {"atol": 5e-3, "rtol": 1e-4}
N, D = 30, 5
CUTS = [4, 9, 17, 30]


def _data(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw activations, and labels that lean towards one side."""
    y = torch.randperm(N, generator=rng) < 11
    X = torch.randn(N, D, generator=rng, dtype=torch.float64)
    return X + 0.5 * y[:, None], y


def _bits(student, X: Tensor, y: Tensor, cuts: list[int], fit) -> float:
    return number(student.mdl_probe(X, y, cuts, fit), "the code length")


def _nothing_learned(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return torch.zeros(D, dtype=torch.float64), torch.zeros((), dtype=torch.float64)


def test_a_probe_that_learns_nothing(student, rng):
    """A probe that says one half to everything costs one bit for each label, as if the labels were
    sent without it: also those of the first block, for which there is no probe yet. The data are
    left as they were."""
    X, y = _data(rng)
    result, after = student.after("mdl_probe", X, y, CUTS, _nothing_learned)
    close(number(result), float(N), **FLOAT32, because="the code length")
    unchanged(after[:3], (X, y, CUTS))
    close(_bits(student, X[:21], y[:21], [6, 21], _nothing_learned), 21.0, **FLOAT32,
          because="the code length with another division")  # fmt: skip


def test_what_each_probe_is_shown(student, rng):
    """Every probe is trained on all labels that have been sent so far, on those alone, and there is
    one at each cut but the last: after that nothing is left to send."""
    X, y = _data(rng)
    shown: list[tuple[Tensor, Tensor]] = []

    def fit(seen: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        # Looks at the labels only: as many True as so far, one more of each kind added.
        shown.append((seen.double(), labels.double()))
        true = 1 + labels.double().sum()
        return torch.zeros(D, dtype=torch.float64), (true / (2 + len(labels) - true)).log()

    bits = _bits(student, X, y, CUTS, fit)
    wanted = float(CUTS[0])
    for start, stop in pairwise(CUTS):
        chance = (1 + int(y[:start].sum())) / (2 + start)
        wanted -= sum(math.log2(chance if label else 1 - chance) for label in y[start:stop])
    close(bits, wanted, **FLOAT32, because="the code length")
    holds(len(shown) == len(CUTS) - 1, "There should be a probe for each cut but the last.")
    for cut, (seen, labels) in zip(CUTS[:-1], shown, strict=True):
        holds(len(seen) == cut, "A probe is trained on too few or too many activations.")
        close(seen, X[:cut], **FLOAT32, because="the activations a probe is trained on")
        close(labels, y[:cut].double(), because="the labels a probe is trained on")


def test_what_each_label_costs(student, rng):
    """A label costs minus the logarithm, to base 2, of the probability that the probe before it
    gave it; the costs are summed (scipy's Bernoulli distribution says what each is)."""
    X, y = _data(rng)
    probes = [(torch.randn(D, generator=rng, dtype=torch.float64),
               torch.randn((), generator=rng, dtype=torch.float64) + 0.7)
              for _ in CUTS[1:]]  # fmt: skip
    turn = iter(probes)
    wanted = float(CUTS[0])
    for (w, b), start, stop in zip(probes, CUTS, CUTS[1:], strict=False):
        chance = torch.sigmoid(X[start:stop] @ w + b).numpy()
        wanted -= float(bernoulli.logpmf(y[start:stop].numpy(), chance).sum()) / 0.6931471805599453
    yours = _bits(student, X, y, CUTS, lambda seen, labels: next(turn))
    close(yours, wanted, **FLOAT32, because="the code length")


def test_sure_probes(student, rng):
    """A probe that is sure and right costs nothing but the first block; one that is sure and wrong
    costs as many bits as its score says, a finite number: no logarithm of a rounded 0."""
    X, y = _data(rng)
    side = 2.0 * y.double() - 1
    X[:, 0] = side * (1 + X[:, 0].abs())
    size = 300.0 + 500 * float(torch.rand((), generator=rng))
    for sign, wanted in (
        (1.0, float(CUTS[0])),
        (-1.0, CUTS[0] + size * float(X[CUTS[0] :, 0].abs().sum()) / 0.6931471805599453),
    ):
        w = torch.zeros(D, dtype=torch.float64)
        w[0] = sign * size
        bits = _bits(student, X, y, CUTS, lambda seen, labels, w=w: (w, torch.zeros(())))
        close(bits, wanted, atol=5e-3, rtol=1e-4, because="the code length of a sure probe")
