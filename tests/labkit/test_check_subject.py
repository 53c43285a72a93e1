"""What a check cell may hold: a value, a function under another name, a name overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from labkit import check
from torch import Tensor


@pytest.fixture(autouse=True)
def _no_lab(tmp_path: Path) -> Iterator[None]:
    check.beside(tmp_path)
    yield
    check.beside(None)


@pytest.mark.parametrize("empty", [None, {"writer": None, "layer": ...}, [None, [None]]])
def test_a_value_that_is_not_filled_in_is_not_written(
    empty: object, capsys: pytest.CaptureFixture[str]
) -> None:
    with check(answer=empty) as c:
        c.true(c.value["writer"] == (1, 2), "the writer is found")
    assert capsys.readouterr().out.startswith("○ answer is not written yet")


def test_a_value_the_check_cannot_use_fails_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with check(answer=3) as c:
        c.true(c.value["writer"] == (1, 2), "the writer is found")
    shown = " ".join(capsys.readouterr().out.split())
    assert "The check could not work with your value: TypeError: 'int' object is not" in shown


def test_a_function_that_a_cell_has_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    residual_stack = torch.zeros(2)
    with check(residual_stack) as c:
        c.call()
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("○ residual_stack cannot be checked yet `residual_stack` is a tensor")
    assert "a cell has overwritten it. Run the cell that defines it again." in shown


def test_an_exercise_has_the_name_the_check_cell_gives_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    x = torch.ones(2)
    for triple in (lambda x: 3 * x, _scaled):
        with check(triple) as c:
            c.close(c.call(x), 3 * x, "it is tripled")
    shown = capsys.readouterr().out
    assert shown.startswith("✓ triple passes")
    assert "✗ triple does not pass yet\n  KeyError: 'scale'" in shown


def _scaled(x: Tensor) -> Tensor:
    return x * {}["scale"]


@pytest.mark.parametrize("things", [{}, {"a": 1, "b": 2}])
def test_a_check_is_of_one_thing(things: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="one function or class, or one value by its name"):
        check(**things)
