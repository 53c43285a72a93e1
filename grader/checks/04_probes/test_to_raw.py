"""Hidden checks for to_raw: the same scores, on activations that nobody has standardised."""

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from grader.assertions import close, items, number, tensor, unchanged

# One product over 9 features, in float64 or once in float32.
FLOAT32 = {"atol": 1e-3, "rtol": 1e-3}


def _randn(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def _inputs(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw a probe, and a mean and scales that differ from feature to feature."""
    d = 9
    scale = 0.3 * 12 ** torch.rand(d, generator=rng, dtype=torch.float64)
    return _randn(rng, d), _randn(rng, 1)[0] + 0.5, _randn(rng, d) + 1.5, scale


def _raw(student, w: Tensor, b: Tensor, mean: Tensor, scale: Tensor) -> tuple[Tensor, float]:
    back = items(student.to_raw(w, b, mean, scale), 2)
    return tensor(back[0], tuple(w.shape), "the direction"), number(back[1], "the bias")


def test_the_same_scores(student, rng):
    """Every activation gets the score that its standardised version got from the given probe."""
    w, b, mean, scale = _inputs(rng)
    x = mean + scale * _randn(rng, 6, 9)
    raw_w, raw_b = _raw(student, w, b, mean, scale)
    scores = (x - mean).div(scale).mv(w) + b
    close(x.mv(raw_w) + raw_b, scores, **FLOAT32, because="the scores of raw activations")


def test_the_direction_of_the_pipeline(student, rng):
    """On the probe of a scikit-learn pipeline, which standardises by itself, the raw direction and
    bias give the pipeline's own decision values."""
    labels = torch.arange(60) % 2
    x = _inputs(rng)[3] * (_randn(rng, 60, 9) + labels[:, None] * _randn(rng, 9)) + 2.0
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(x.numpy(), labels.numpy())
    scaler, probe = pipeline[0], pipeline[1]
    given = [torch.tensor(v) for v in (probe.coef_[0], probe.intercept_[0], scaler.mean_,
                                       scaler.scale_)]  # fmt: skip
    raw_w, raw_b = _raw(student, *given)
    decided = torch.tensor(pipeline.decision_function(x.numpy()))
    close(x.mv(raw_w) + raw_b, decided, **FLOAT32, because="the decision values")


def test_units_of_a_feature(student, rng):
    """A feature that is measured in other units, all its numbers ten times as large, gets a tenth
    of its weight, and the bias stays. What was given is left as it was."""
    w, b, mean, scale = _inputs(rng)
    one, bias = _raw(student, w, b, mean, scale)
    units = torch.ones(9, dtype=torch.float64)
    units[int(torch.randint(9, (), generator=rng))] = 10.0
    given = (w, b, mean * units, scale * units)
    result, after = student.after("to_raw", *given)
    other = items(result, 2)
    close(other[0], one / units, **FLOAT32, because="the direction in the new units")
    close(number(other[1]), bias, **FLOAT32, because="the bias in the new units")
    at_mean = mean @ one + bias
    close(at_mean, b, **FLOAT32, because="the score of the mean itself")
    unchanged(after, given)
