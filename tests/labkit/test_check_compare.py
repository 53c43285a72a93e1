"""What a check says about two values that differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from jaxtyping import Float, Int
from labkit.checking.compare import mismatch
from labkit.checking.returned import axes_of, axes_of_view, complaint
from torch import Tensor

TRUTH = torch.randn(4, 3, 5, generator=torch.Generator().manual_seed(1))
AXES = ["layer", "batch", "pos"]


def said(actual: object, expected: object = TRUTH, axes: list[str] | None = AXES) -> str:
    found = mismatch(actual, expected, 1e-5, 1e-4, axes)
    return "" if found is None else " / ".join(found.sentences)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (TRUTH + 1e-6, TRUTH),
        (TRUTH.double(), TRUTH),
        (torch.tensor(2.0), 2.0),
        (torch.tensor(2.0), 2),
        (2, torch.tensor(2.0)),
        ([1, 2], [1.0, 2.0]),
        (torch.tensor([torch.inf, torch.nan]), torch.tensor([torch.inf, torch.nan])),
        (torch.tensor([3, 1]), torch.tensor([3, 1], dtype=torch.int32)),
        (torch.zeros(0, 3), torch.zeros(0, 3)),
    ],
)
def test_what_agrees(actual: object, expected: object) -> None:
    assert said(actual, expected, None) == ""


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda t: t.transpose(0, 1), "`transpose(0, 1)` mends it"),
        (lambda t: t.permute(2, 0, 1), "`permute(1, 2, 0)` mends it"),
        (lambda t: t[:, None], "only in axes of length 1"),
        (lambda t: t.flatten(), "The numbers are right, in another shape"),
        (lambda t: torch.zeros(3, 4, 5), "Another order of axes would give the shape"),
        (lambda t: -t, "with the sign turned around"),
        (lambda t: t / 2, "Every entry of yours is 0.5 times the expected one"),
        (lambda t: t + 3, "Every entry of yours is 3 too large"),
        (lambda t: t.flip(0), "in reverse order along layer"),
        (lambda t: torch.cat([t[1:], t[:1]]), "Yours runs one ahead along layer"),
        (lambda t: torch.cat([t[-1:], t[:-1]]), "Yours lags one behind along layer"),
        (lambda t: 0 * t, "Every entry of yours is 0"),
        (lambda t: 0 * t + 4, "Every entry of yours is the same number"),
        (lambda t: t > 0, "The dtype is torch.bool; expected is torch.float32"),
        (lambda t: None, "This is None (did you forget `return`?); expected is a tensor"),
        (lambda t: "text", "This is a string; expected is a tensor with shape [4, 3, 5]"),
    ],
)
def test_what_a_wrong_tensor_looks_like(wrong: Callable[[Tensor], object], sentence: str) -> None:
    assert sentence in said(wrong(TRUTH))


@pytest.mark.parametrize("wrong", [torch.tensor(torch.nan), float("nan")])
@pytest.mark.parametrize("expected", [torch.tensor(1.5), 1.5])
def test_a_single_number_that_is_nan(wrong: object, expected: object) -> None:
    assert said(wrong, expected, None) == "Your value is NaN; expected is 1.500"


def test_a_square_tensor_with_its_axes_swapped() -> None:
    square = TRUTH[0, :, :3]
    assert "The numbers are right, in another order of axes" in said(square.mT, square, None)


def test_a_mere_wrong_entry_has_no_pattern() -> None:
    wrong = TRUTH.clone()
    wrong[2, 1, 4] += 5
    right = float(TRUTH[2, 1, 4])
    assert said(wrong) == (
        "1 of 60 entries differ, most at [layer 2, batch 1, pos 4]: "
        f"yours {right + 5:#.4g}, expected {right:#.4g}"
    )


def test_whole_numbers_have_to_be_equal_however_large() -> None:
    assert said(torch.tensor([13617]), torch.tensor([13616]), ["batch"]) != ""


def test_numbers_that_look_alike_get_more_digits() -> None:
    assert said(torch.tensor(1.2345678), 1.2347890, None) == "Yours is 1.23457, expected is 1.23479"


def test_the_tensors_to_draw_come_with_the_sentences() -> None:
    found = mismatch(TRUTH + 1, TRUTH, 1e-5, 1e-4, AXES)
    assert found is not None
    assert found.yours is not None
    assert found.expected is not None
    assert torch.allclose(found.yours - found.expected, torch.ones(4, 3, 5, dtype=torch.float64))
    assert mismatch(1.0, 2.0, 0, 0).yours is None  # type: ignore[union-attr]


def test_axes_of_a_result_and_of_its_slices() -> None:
    whole = torch.zeros(4, 2, 3, 7)
    promised = Float[Tensor, "layer batch pos vocab"]
    names = axes_of(whole, promised)
    assert names == ["layer", "batch", "pos", "vocab"]
    assert axes_of_view(whole[-1], whole, names) == ["batch", "pos", "vocab"]
    assert axes_of_view(whole[:, 0, :, 3], whole, names) == ["layer", "pos"]
    assert axes_of_view(whole.transpose(0, 1), whole, names) == ["batch", "layer", "pos", "vocab"]
    assert axes_of_view(whole + 1, whole, names) is None
    assert axes_of(whole, Float[Tensor, "... d_model"]) == ["axis 0", "axis 1", "axis 2", "d_model"]


@pytest.mark.parametrize(
    ("value", "promised", "sentence"),
    [
        (None, Float[Tensor, "a"], "returned None"),
        (None, tuple[list[float], list[float]], "returned None"),
        (torch.zeros(3), Int[Tensor, "a"], "torch.float32, and the signature says int"),
        (torch.zeros(3), Float[Tensor, "a b"], "2 axes: [a b]"),
        (torch.zeros(()), Float[Tensor, "... a"], "at least 1 axis: [... a]"),
        (3.0, Float[Tensor, ""], "the number 3, and the signature says a tensor"),
    ],
)
def test_what_breaks_a_promise(value: object, promised: object, sentence: str) -> None:
    assert sentence in str(complaint(value, promised))


@pytest.mark.parametrize(
    ("value", "promised"),
    [
        (None, None.__class__),
        (torch.zeros(3, dtype=torch.bfloat16), Float[Tensor, "a"]),
        (torch.zeros(3, 2), Float[Tensor, "... a"]),
        (torch.zeros(3, dtype=torch.int32), Int[Tensor, "a"]),
        ((1.0, 2.0), tuple[float, float]),
    ],
)
def test_what_keeps_a_promise(value: object, promised: object) -> None:
    assert complaint(value, promised) is None
