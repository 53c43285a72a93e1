"""What a function has to satisfy before it does work in a later lab: properties, on random data.

These are few and quick. They keep out what would spoil the results; whether a function is right is
its own lab's question.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

LABS = {
    "token_rank": "01_logit_lens",
    "logit_diff": "02_patching",
    "normalised_metric": "02_patching",
    "composition_score": "03_induction_heads",
    "split_by_group": "04_probes",
    "evaluate": "04_probes",
    "standardise": "04_probes",
    "fit_logistic": "04_probes",
    "to_raw": "04_probes",
    "control_labels": "04_probes",
    "ablate_direction": "04_probes",
    "steer": "04_probes",
    "random_direction_baseline": "04_probes",
    "corrected_p_values": "04_probes",
    "top_activating_examples": "05_saes",
    "autointerp_score": "05_saes",
    "clamp_feature": "05_saes",
    "mmcs": "06_spd",
}
"""Which lab each function was written in."""

SECONDS = 3.0
"""What the properties of one function may take: most take a hundredth of it."""


def _need(condition: object, sentence: str) -> None:
    if not bool(condition):
        raise AssertionError(sentence)


def _same(one: Any, other: Any, sentence: str, atol: float = 1e-4) -> None:
    one, other = (torch.as_tensor(value).double() for value in (one, other))
    _need(one.shape == other.shape and torch.allclose(one, other, atol=atol, rtol=1e-3), sentence)


def _draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(len(shape) + sum(shape)))


def _token_rank(f: Any) -> None:
    logits = _draw(3, 4, 2, 11)
    for best in (True, False):
        last = logits[0, :, -1]
        answer = last.argmax(-1) if best else last.argmin(-1)
        _same(f(logits[:1], answer), torch.full((1, 4), 0 if best else 10), "best is 0, worst last")
    _same(f(logits, answer), f(logits + 5.0, answer), "a shift of all logits changes it")


def _logit_diff(f: Any) -> None:
    logits, a, b = _draw(5, 3, 9), torch.tensor([0, 3, 8, 1, 1]), torch.tensor([2, 2, 0, 7, 0])
    _same(f(logits, a, b), -f(logits, b, a), "exchanging the two does not change the sign")
    _same(f(logits, a, b)[2], logits[2, -1, 8] - logits[2, -1, 0], "not the last position's")


def _normalised_metric(f: Any) -> None:
    _same(f(torch.tensor([2.0, 5.0, 3.5]), 5.0, 2.0), [0.0, 1.0, 0.5], "ends are not 0 and 1")


def _composition_score(f: Any) -> None:
    A, B = _draw(3, 6), _draw(6, 4)
    _need(0 < f(A, B) < 1, "it is not between 0 and 1")
    _same(f(7 * A, B), f(A, B), "it changes with the size of a matrix")
    _same(f(torch.eye(6)[:2], torch.eye(6)[:, 3:]), 0.0, "matrices that do not meet are not 0")


def _split_by_group(f: Any) -> None:
    groups = torch.arange(20).repeat_interleave(3)
    sides = f(groups, 0.2, 0.3, 1)
    _same(sum(side.long() for side in sides), torch.ones(60), "an example is not on one side")
    names = [set(groups[side].tolist()) for side in sides]
    _need(sum(map(len, names)) == 20, "a group is on two sides")
    _need([len(side) for side in names] == [10, 4, 6], "the sides have not the sizes asked for")
    _need(torch.equal(f(groups, 0.2, 0.3, 1)[2], sides[2]), "the seed does not decide")


def _evaluate(f: Any) -> None:
    scores, labels = torch.tensor([2.0, -1.0, 1.0, -3.0]), torch.tensor([True, True, False, False])
    found = f(torch.cat([scores, scores[:1]]), torch.cat([labels, labels[:1]]))
    _same(found["accuracy"], 0.6, "the accuracy is wrong")
    _same(found["base_rate"], 0.6, "the base rate is wrong")
    _same(found["auroc"], 5 / 6, "the AUROC is wrong")
    _same(f(torch.zeros(4), labels)["auroc"], 0.5, "ties are not half a win")


def _standardise(f: Any) -> None:
    train, test = 3 * _draw(30, 4) + 2, _draw(8, 4)
    train[:, 1] = 5.0
    one, other = f(train, test)
    _same(one.mean(0), torch.zeros(4), "the mean of train is not 0")
    _same(one[:, 0].std(correction=0), 1.0, "the spread of train is not 1", atol=0.03)
    scale = train[:, 0].std(correction=0)
    _same(other[:, 0], (test[:, 0] - train[:, 0].mean()) / scale, "test has its own mean", 0.05)
    _need(other.isfinite().all(), "a constant column gives no number")


def _fit_logistic(f: Any) -> None:
    X = _draw(90, 40).double() + 0.7
    y = X @ _draw(40).double() + _draw(90).double() > 1.0
    w, b = (torch.as_tensor(part).double() for part in f(X, y, 0.05))
    _need(w.shape == (40,), "the weights have another shape")
    rest = torch.sigmoid(X @ w + b) - y.double()
    _need(rest.mean().abs() < 2e-3, "the bias is not at the minimum, or it is penalised")
    _same(X.T @ rest / 90 + 0.05 * w, torch.zeros(40), "not at the minimum", atol=3e-3)


def _to_raw(f: Any) -> None:
    X, mean, scale, w = _draw(6, 3), _draw(3), torch.tensor([0.2, 3.0, 1.0]), _draw(3) + 1
    raw, bias = f(w, torch.tensor(0.4), mean, scale)
    _same(X @ raw + bias, (X - mean) / scale @ w + 0.4, "the scores change", atol=1e-3)


def _control_labels(f: Any) -> None:
    ids = torch.arange(400).repeat(2)
    labels = f(ids, 0.5, 400, 0)
    _need(torch.equal(labels[:400], labels[400:]), "a token type has two labels")
    _need(120 < int(labels[:400].sum()) < 280, "the share is not kept")
    _need(torch.equal(f(ids, 0.5, 400, 0), labels), "the seed does not decide")
    _need(not torch.equal(f(ids, 0.5, 400, 1), labels), "another seed gives the same labels")


def _ablate_direction(f: Any) -> None:
    x, w = _draw(2, 3, 7), 4 * _draw(7)
    kept = x.clone()
    gone = f(x, w)
    _same(gone @ w, torch.zeros(2, 3), "the direction is still there", atol=1e-3)
    _same(f(gone, w), gone, "the second time changes something")
    across = _draw(7, 1)[:, 0] - _draw(7, 1)[:, 0] @ w / (w @ w) * w
    _same(gone @ across, x @ across, "something else is gone, too", atol=1e-3)
    _same(x, kept, "it changes what it was given")


def _steer(f: Any) -> None:
    x, w = _draw(2, 3, 7), 4 * _draw(7)
    kept = x.clone()
    _same((f(x, w, 1.5) - x) @ w, torch.full((2, 3), 1.5), "not in units of the score", atol=1e-3)
    _same((f(x, w, 1.5) - x).norm(dim=-1), torch.full((2, 3), 1.5) / w.norm(), "not the shortest")
    _same(x, kept, "it changes what it was given")


def _random_direction_baseline(f: Any) -> None:
    w, seen = 3 * torch.ones(4).double(), []

    def first(v: Tensor) -> float:
        seen.append(v)
        return float(v[0])

    effects = f(first, w, 200, 2)
    rows = torch.stack(seen)
    _same(rows.norm(dim=1), torch.full((200,), 6.0), "directions of another length")
    _same(effects, rows[:, 0], "the effects are not in the order of the draw, with signs")
    _need(rows.mean(0).abs().max() < 1.2, "some side is preferred")


def _corrected_p_values(f: Any) -> None:
    null = torch.arange(1, 100).double()
    _same(f(torch.tensor([200.0]).double(), null), [0.01], "it must never be 0")
    some = torch.tensor([95.5, -200.0, 1.0]).double()
    _same(f(some, null), [0.1, 0.03, 1.0], "Holm's correction is different")


def _top_activating_examples(f: Any) -> None:
    acts = torch.tensor([[0.0, 2.0, 1.0], [0.0, 0.0, 0.0], [9.0, 3.0, 1.0], [0.0, 5.0, 7.0]])
    valid = torch.tensor([[True] * 3] * 4)
    valid[2, 0] = False
    found = [tuple(map(int, place)) for place in f(acts, valid, 3)]
    _need(found == [(3, 2), (2, 1), (0, 1)], "not the loudest valid tokens in their order")


def _autointerp_score(f: Any) -> None:
    fires = torch.arange(40) < 15
    score, p = f(fires, fires, 200, 0)
    _need(abs(score - 1) < 1e-6 and p < 0.02, "a perfect explanation does not score 1")
    score, p = f(torch.arange(40) % 2 == 0, fires, 200, 0)
    _need(abs(score - 0.5) < 0.05 and p > 0.1, "an unrelated explanation scores")


def _clamp_feature(f: Any) -> None:
    x, W_enc, W_dec = _draw(2, 5, 6), _draw(6, 9), _draw(9, 6)

    def encode(y: Tensor) -> Tensor:
        return torch.relu(y @ W_enc)

    wanted = encode(x)
    wanted[..., 4] = 1.5
    error = x - encode(x) @ W_dec
    _same(f(x, encode, W_dec, 4, 1.5), wanted @ W_dec + error, "the error term is lost", 1e-3)


def _mmcs(f: Any) -> None:
    U, V = _draw(8, 5), _draw(5, 3)
    _same(f(2 * U[:, :3] * V.diagonal(), U[:, :3], V.diagonal().diag()), 1.0, "parts are not 1")
    _need(f(_draw(8, 3), U, V) < 0.95, "random columns match")
    turned = math.copysign(1.0, float(V[0, 0])) * U[:, :1]
    _same(f(-turned, U[:, :1], V[:1, :1]), -1.0, "the cosine has lost its sign")


ACCEPTANCE: dict[str, Callable[[Any], None]] = {name: globals()[f"_{name}"] for name in LABS}
"""The properties of each function; they raise an AssertionError that says which one fails."""
