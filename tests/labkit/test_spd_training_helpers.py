"""The given code of lab 06's part II: where runs begin, what they are fed, what is drawn."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

_FOLDER = Path(__file__).parents[2] / "solutions/06_spd"


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, _FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # the one imports the other
    spec.loader.exec_module(module)
    return module


pictures = _module("spd_pictures_helpers")
training = _module("spd_training_helpers")


def _dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_sample_has_a_feature_and_few_have_many() -> None:
    batches = training.sparse_batches(40, 100, 5, 0.05, _dice())
    x = torch.cat(batches)
    assert len(batches) == 40 and x.shape == (4000, 5)
    active = (x > 0).sum(dim=1)
    assert int(active.min()) == 1
    # 1.03 features: 5 draws of .05, and one where none came.
    assert float(active.float().mean()) == pytest.approx(0.25 + 0.95**5, abs=0.03)
    assert float(x[x > 0].mean()) == pytest.approx(0.5, abs=0.03)


def test_a_start_has_the_shapes_of_its_layers_and_repeats() -> None:
    weights = {"a": torch.ones(3, 4), "b": torch.ones(2, 3)}
    parts, gates = training.random_start(weights, 7, _dice(1))
    again, _ = training.random_start(weights, 7, _dice(1))
    for name, W in weights.items():
        U, V = parts[name]
        assert (U @ V).shape == W.shape and U.shape[1] == 7
        assert torch.equal(U, again[name][0])
        w_in, b_in, w_out, b_out = gates[name]
        assert w_in.shape == b_in.shape == w_out.shape and w_in.shape[0] == 7
        assert b_out.shape == (7,)
        assert bool((w_in < 0).any()) and bool((w_out < 0).any())
    _, sided = training.random_start(weights, 7, _dice(1), hidden=1, one_sided=True)
    h = torch.linspace(0, 4, 9)[:, None].expand(9, 7)
    z = _values(sided["a"], h)
    assert bool((z[1:] > z[:-1]).all()), "opens where its number is positive"
    assert bool((_values(sided["a"], -h) <= 0).all()), "and there only"


def _values(gate: tuple[torch.Tensor, ...], h: torch.Tensor) -> torch.Tensor:
    w_in, b_in, w_out, b_out = gate
    return (torch.nn.functional.gelu(h[..., None] * w_in + b_in) * w_out).sum(-1) + b_out


def test_crowded_layers_begin_anew_but_for_what_serves_one_probe_alone() -> None:
    weights = {"a": torch.randn(4, 6, generator=_dice(3)), "b": torch.randn(6, 4)}
    parts, gates = training.random_start(weights, 9, _dice(4))
    before = {n: [t.clone() for t in (*parts[n], *gates[n])] for n in weights}
    g = {name: torch.zeros(4, 9) for name in weights}
    g["a"][0, 0] = g["a"][1, 1] = g["b"][0, 0] = g["b"][1, 5] = 1.0  # one each, alone
    g["a"][2, 2] = 0.05
    assert training.renew_crowded(weights, parts, gates, g, _dice(5)) == []
    g["a"][2:, 2] = 0.8  # open for two probes
    g["b"][2, [5, 6]] = 0.2  # two at once, and 5 was alone for another one
    assert training.renew_crowded({"a": weights["a"]}, parts, gates, g, _dice(5)) == ["a"]
    assert all(map(torch.equal, before["b"], (*parts["b"], *gates["b"])))
    assert training.renew_crowded(weights, parts, gates, {"b": g["b"]}, _dice(5)) == ["b"]
    for name, kept in (("a", [0, 1]), ("b", [0])):
        U, V = parts[name]
        assert torch.allclose(U @ V, weights[name], atol=1e-4), "they add up again"
        old_U, old_V, old_in, _, old_out, _ = before[name]
        w_in, _, w_out, _ = gates[name]
        for old, new in ((old_U.mT, U.mT), (old_V, V), (old_in, w_in), (old_out, w_out)):
            assert (old == new).all(dim=1).nonzero()[:, 0].tolist() == kept
        assert bool((gates[name][0][2] > 0).all()), "one-sided"


def test_renewing_changes_what_learns_at_its_steps_only() -> None:
    weights = {"a": torch.randn(4, 6, generator=_dice(3))}
    parts, gates = training.random_start(weights, 9, _dice(4))
    V = parts["a"][1].requires_grad_(True)
    told: list[int] = []
    crowd = {"a": torch.ones(6, 9)}
    look = training.Renewing(
        lambda *_: crowd, weights, 10, _dice(), lambda step, *_: told.append(step)
    )
    changed = []
    for step in range(10):
        kept = V.detach().clone()
        look(step, parts, gates)
        changed += [] if torch.equal(kept, V) else [step + 1]
    assert told == list(range(10))
    assert changed == [2, 4, 5] and look.renewed == [(2, "a"), (4, "a"), (5, "a")]
    assert V.requires_grad and V.grad_fn is None


def test_gates_that_are_written_by_hand_do_what_they_say() -> None:
    h = torch.linspace(-3, 3, 61)[:, None].expand(61, 4)
    assert bool(((_values(training.open_wide(4, 0), h) - 3).abs() < 1).all())
    assert torch.equal(_values(training.fixed_gates(4, 0.3), h), torch.full((61, 4), 0.3))
    steps = training.step_gates(torch.tensor([0.05, 0.55, 1.05, -1.05]))
    z = _values(steps, h).clamp(0, 1)
    assert torch.equal(z, (h > torch.tensor([0.05, 0.55, 1.05, -1.05])).float())
    held = _values(training.fixed_gate(steps, 2, -0.4), h)
    assert torch.equal(held[:, 2], torch.full((61,), -0.4))
    assert torch.equal(held[:, 0], _values(steps, h)[:, 0])


def test_names_are_put_back_whatever_happens() -> None:
    names = {"f": 1, "g": 2}

    def fail() -> None:
        with training.instead(names, f=3):
            assert names == {"f": 3, "g": 2}
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert names == {"f": 1, "g": 2}


def test_complaints_name_what_speaks_against_a_run() -> None:
    found = {
        "right": False, "live": {"a": 5}, "open": {"a": 2}, "unsure": {"a": 0},
        "missing": {"a": 0.3}, "adversarial": 0.01,
    }  # fmt: skip
    assert training.complaints(found) == ["open", "missing"]
    assert training.complaints(found, most=2) == ["missing"]


def test_pictures_say_in_words_what_they_show() -> None:
    eye = torch.eye(5)
    W = torch.randn(2, 5, generator=_dice(2))
    weights = {"embed": W, "unembed": W.mT}
    parts = {"embed": (W, eye), "unembed": (eye, W.mT)}
    gates = {"embed": eye, "unembed": eye}
    assert "5 of 5" in pictures.picture(weights, parts, gates, "After").alt
    scores = {"embed": (1.0, 1.0), "unembed": (1.0, 0.9)}
    assert "ML2R 0.900" in pictures.headline(weights, parts, gates, scores, 0.01).alt
    assert "5 live" in pictures.sweep((1e-3, 1e-2), (9, 5), (0.01, 0.02), truth=5).alt


def test_a_bar_takes_every_step_without_a_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    weights = {"embed": torch.ones(2, 5), "unembed": torch.ones(5, 2)}
    parts, gates = training.random_start(weights, 6, _dice())
    look = training.Watching(lambda *_: {}, weights, 3)
    for step in range(3):
        look(step, parts, gates)
    training.report("run 0", {
        "right": True, "live": {"embed": 5}, "open": {"embed": 1}, "unsure": {"embed": 0},
        "missing": {"embed": 0.001}, "adversarial": 0.02,
    })  # fmt: skip
    assert "run 0: right" in capsys.readouterr().out
