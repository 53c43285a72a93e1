"""Lab 06's given code of part I: what it counts, prints and draws."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch

_PATH = Path(__file__).parents[2] / "solutions/06_spd/spd_helpers.py"


@pytest.fixture(scope="module")
def helpers() -> ModuleType:
    spec = importlib.util.spec_from_file_location("spd_helpers_under_test", _PATH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_largest_tensor_is_the_largest_that_is_made(helpers: ModuleType) -> None:
    a, V, U = torch.ones(7, 5), torch.ones(3, 5), torch.ones(4, 3)
    assert helpers.largest_tensor(lambda: (a @ V.mT) @ U.mT) == 28
    built = helpers.largest_tensor(lambda: torch.einsum("bc,oc,ci->boi", torch.ones(7, 3), U, V))
    assert built >= 7 * 4 * 5
    assert helpers.largest_tensor(lambda x: x.sum(), a) == 1
    assert helpers.largest_tensor(lambda: None) == 0
    assert helpers.largest_tensor(lambda: torch.ones(50).chunk(2)) == 50


def test_a_table_has_a_column_for_each_heading(
    helpers: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    helpers.table(["answer", "error", "gates"], [["by hand", 0.0, 5], ["dust", 2.3e-7, 100]])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-2:] for line in lines] == [
        ["error", "gates"], ["0.000", "5"], ["2e-07", "100"]]  # fmt: skip
    assert len({len(line) for line in lines}) == 1


def test_a_prediction_stands_beside_what_came_out(
    helpers: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    helpers.versus(None, 0.98, "MMCS")
    helpers.versus((5, 5), (5, 4), "Live")
    assert capsys.readouterr().out.splitlines() == [
        "MMCS: you said nothing yet; it is 0.98.",
        "Live: you said (5, 5); it is (5, 4).",
    ]


def test_figures_say_what_they_show(helpers: ModuleType) -> None:
    W, z = torch.randn(2, 5), torch.linspace(-1, 2, 7)
    curve = {"lower-leaky": z.clamp(0, 1)}
    g = torch.rand(6, 2)
    for figure in (
        helpers.arrows({"a": W, "b": 2 * W}, "Two"),
        helpers.random_scores([1, 2], {"MMCS": [0.1, 0.9], "ML2R": [0.4, 0.2]}),
        helpers.leaks(z, curve, curve),
        helpers.clouds(g, {"even": g}),
        helpers.written(W, {"by hand": (W, torch.eye(5)), "axes": (torch.eye(2), W)}),
    ):
        assert len(figure.alt) > 40
        assert figure.png().startswith(b"\x89PNG")
