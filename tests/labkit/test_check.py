"""`check`: what a student reads for each way an exercise can go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from jaxtyping import Float
from labkit import check, models
from labkit.checking import CheckFailed
from torch import Tensor, nn


@pytest.fixture(autouse=True)
def _no_lab(tmp_path: Path) -> Iterator[None]:
    check.beside(tmp_path)
    yield
    check.beside(None)


def double(x: Float[Tensor, "batch pos"]) -> Float[Tensor, "batch pos"]:
    return 2 * x


def run(double: Callable[..., Any], *args: Any) -> None:
    """Check a function that should double its argument."""
    x = torch.arange(6.0).reshape(2, 3)
    with check(double) as c:
        c.close(c.call(x, *args), 2 * x, "every entry is doubled")


def test_a_right_function_passes_and_its_properties_are_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with check(double) as c:
        x = torch.arange(6.0).reshape(2, 3)
        c.close(c.call(x), 2 * x, "every entry is doubled")
        c.true(c.call(x).sum() == 30, "the sum is doubled")
    shown = capsys.readouterr().out
    assert shown.startswith("✓ double passes\n  ✓ every entry is doubled\n  ✓ the sum is doubled")
    assert check.outcomes()["double"].status == "passed"


def test_what_makes_no_sense_is_refused_and_the_check_goes_on() -> None:
    def root(x: float) -> float:
        if x < 0:
            raise ValueError("no root")
        return x**0.5

    with check(root) as c:
        c.true(c.refuses(-1.0), "a negative number raises an error")
        c.true(not c.refuses(4.0), "a positive one does not")
    assert check.outcomes()["root"].status == "passed"


def test_a_wrong_value_names_property_place_and_both_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def double(x: Float[Tensor, "batch pos"]) -> Float[Tensor, "batch pos"]:
        y = 2 * x
        y[1, 2] = 7
        return y

    run(double)
    shown = capsys.readouterr().out
    assert shown.startswith("✗ double does not pass yet\n  Should hold: every entry is doubled\n")
    assert "1 of 6 entries differ, most at [batch 1, pos 2]: yours 7, expected 10" in shown
    assert "Next: change `double`, run its cell, then this one again." in shown
    assert check.outcomes()["double"].sentence.startswith("every entry is doubled; 1 of 6")


def test_the_block_ends_at_the_first_failure_and_says_what_held_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reached = []
    with check(double) as c:
        c.true(True, "the first holds")
        c.true(torch.tensor(False), "the second holds")
        reached.append("third")
    shown = capsys.readouterr().out
    assert "Should hold: the second holds" in shown
    assert "✓ the first holds" in shown
    assert not reached


def test_an_exception_is_one_line_with_the_students_own_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def double(x: Tensor) -> Tensor:
        return x @ torch.zeros(5, 2)  # the culprit

    run(double)
    shown = capsys.readouterr().out
    assert "Traceback" not in shown
    line = double.__code__.co_firstlineno + 1
    words = " ".join(shown.split())
    assert "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 5x2)" in words
    assert f"(line {line} of your cell: `return x @ torch.zeros(5, 2) # the culprit`)" in words


def test_an_exception_in_another_function_of_the_student_names_that_function(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def user(x: Tensor) -> Tensor:
        return _helper(x)

    run(user)
    shown = " ".join(capsys.readouterr().out.split())
    assert "KeyError: 'scale' (line" in shown
    assert 'of the cell of `_helper`: `return x * {}["scale"]`' in shown


def _helper(x: Tensor) -> Tensor:
    return x * {}["scale"]


def test_an_exercise_that_is_not_written_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    def double(x: Tensor) -> Tensor:
        raise NotImplementedError()

    run(double)
    assert capsys.readouterr().out.startswith("○ double is not written yet\n  Next: replace `raise")
    assert check.outcomes()["double"].status == "unwritten"


def test_an_exercise_that_needs_one_that_is_not_written_says_which(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(_quadruple)
    shown = capsys.readouterr().out
    assert shown.startswith("○ double cannot be checked yet")
    assert "`_unwritten`, which it uses, is not written yet." in shown


def _quadruple(x: Tensor) -> Tensor:
    return _unwritten(_unwritten(x))


def _unwritten(x: Tensor) -> Tensor:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda x: None, "Your function returned None: did you forget `return`?"),
        (lambda x: [1.0, 2.0], "Your function returned a list of length 2, and the signature"),
        (lambda x: (2 * x).long(), "The dtype is torch.int64, and the signature says float"),
        (lambda x: 2 * x[0], "The shape is [3], and the signature says 2 axes: [batch pos]"),
        (lambda x: 2 * x[:, :2], "The shape is [2, 2]; expected is [2, 3] (batch, pos)"),
        (lambda x: x / 0, "6 of 6 entries are NaN or infinite, first NaN at [batch 0, pos 0]"),
        (
            lambda x: torch.where(x == x.max(), torch.nan, 2 * x),
            "1 of 6 entries is NaN or infinite, first NaN at [batch 1, pos 2]",
        ),
    ],
)
def test_a_wrong_kind_of_result_is_named(
    wrong: Callable[[Tensor], Any], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def double(x: Float[Tensor, "batch pos"]) -> Float[Tensor, "batch pos"]:
        return wrong(x)

    run(double)
    assert sentence in capsys.readouterr().out


def test_a_function_works_on_copies_and_is_told_when_it_changes_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def double(x: Tensor, more: dict[str, Tensor]) -> Tensor:
        more["y"].zero_()
        return x.mul_(2)

    y = torch.ones(2)
    run(double, {"y": y})
    shown = capsys.readouterr().out
    assert "Your function changed its argument 1 (`x`) in place" in shown
    assert "Your function changed its argument 2 (`more`) in place" in shown
    assert "✓ every entry is doubled" in shown
    assert y.tolist() == [1, 1]


def test_a_models_weights_and_hooks_are_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    def ablate(model: Any) -> Tensor:
        model.blocks[0].hook_resid_pre.add_hook(lambda value, hook: 0 * value)
        with torch.no_grad():
            next(model.parameters()).add_(1)
        return torch.zeros(1)

    model, tokens = models.random(seed=1), torch.tensor([[0, 3, 5]])
    before = model(tokens)
    with check(ablate) as c:
        c.call(model)
        c.close(model(tokens), before, "the model is what it was")
    shown = " ".join(capsys.readouterr().out.split())
    assert "Your function left a hook on its argument 1 (`model`)" in shown
    assert "Your function changed the weights of its argument 1 (`model`)" in shown
    assert "✓ the model is what it was" in shown


def test_a_class_is_constructed_and_its_methods_fail_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Lens(nn.Module):
        def forward(self, h: Tensor) -> Tensor:
            return h.reshape(7)

    with check(Lens) as c:
        lens = c.call()
        lens(torch.zeros(4))
    shown = " ".join(capsys.readouterr().out.split())
    assert "✗ Lens does not pass yet RuntimeError: shape '[7]' is invalid" in shown
    assert "`return h.reshape(7)`" in shown


def test_an_interrupt_is_let_through() -> None:
    with pytest.raises(KeyboardInterrupt), check(double):
        raise KeyboardInterrupt


def test_random_numbers_are_seeded_inside_and_untouched_outside() -> None:
    state = torch.get_rng_state()
    drawn = []
    for _ in range(2):
        with check(double):
            drawn.append(torch.rand(3))
    assert torch.equal(drawn[0], drawn[1])
    assert torch.equal(torch.get_rng_state(), state)


def test_under_nbgrader_a_failed_check_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    run(double)
    with pytest.raises(CheckFailed, match="the sum is right"), check(double) as c:
        c.true(False, "the sum is right")
