"""`grader.assertions`: right values pass, and whatever a student returns can only fail."""

import math
import re

import pytest
import torch

from grader.assertions import close, holds, items, number, numbers, tensor, unchanged

GARBAGE = {
    "None": None,
    "text": "logits",
    "empty text": "",
    "True": True,
    "list": [1.0, 2.0],
    "empty tuple": (),
    "dict": {"a": torch.ones(2)},
    "set": {1},
    "object": object(),
    "function": print,
    "type": torch.Tensor,
    "complex": 1j,
    "bytes": b"1",
    "NaN": math.nan,
    "infinity": -math.inf,
    "an integer no float can hold": 10**400,
    "tensor of NaN": torch.full((2, 3), math.nan),
    "tensor of infinities": torch.full((2, 3), math.inf),
    "huge tensor": torch.full((2, 3), 1e300, dtype=torch.float64),
    "wrong shape": torch.ones(3, 2),
    "a shape that would broadcast": torch.ones(1, 3),
    "no axes": torch.tensor(1.0),
    "empty tensor": torch.empty(0),
    "empty tensor with axes": torch.empty(0, 3),
    "truth values": torch.ones(2, 3, dtype=torch.bool),
    "complex tensor": torch.ones(2, 3, dtype=torch.complex64),
    "half": torch.zeros(2, 3, dtype=torch.float16),
    "bytes in a tensor": torch.zeros(2, 3, dtype=torch.uint8),
    "sparse": torch.eye(3)[:2].to_sparse(),
    "without storage": torch.empty(2, 3, device="meta"),
    "with gradient": torch.zeros(2, 3, requires_grad=True),
}
TRUTH = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.fixture(params=GARBAGE, name="garbage")
def _garbage(request: pytest.FixtureRequest) -> object:
    return GARBAGE[request.param]


def test_garbage_is_not_close(garbage: object) -> None:
    with pytest.raises(AssertionError):
        close(garbage, TRUTH)


def test_garbage_is_not_close_to_a_number(garbage: object) -> None:
    with pytest.raises(AssertionError):
        close(garbage, 0.25)


def test_garbage_raises_nothing_but_assertions(garbage: object) -> None:
    for ask in (
        lambda: tensor(garbage, (2, 3)),
        lambda: number(garbage),
        lambda: items(garbage, 2),
        lambda: numbers(garbage, 2),
        lambda: numbers([garbage, garbage], 2),
        lambda: unchanged(garbage, TRUTH),
        lambda: unchanged((TRUTH, garbage), (TRUTH, TRUTH)),
    ):
        try:
            ask()
        except AssertionError as error:
            assert len(str(error)) > 10  # noqa: PT017 - that it is one is the point


@pytest.mark.parametrize(
    "actual",
    [
        TRUTH,
        TRUTH.double(),
        TRUTH.long(),
        TRUTH.int(),
        TRUTH.to(torch.bfloat16),
        TRUTH.t().contiguous().t(),
        TRUTH.clone().requires_grad_(),
        torch.nn.Parameter(TRUTH),
        TRUTH + 5e-6,
    ],
)
def test_dtype_layout_and_rounding_do_not_matter(actual: torch.Tensor) -> None:
    close(actual, TRUTH)


def test_an_inference_tensor_is_a_tensor() -> None:
    with torch.inference_mode():
        actual = TRUTH * 1
    close(actual, TRUTH)


@pytest.mark.parametrize("actual", [0.25, torch.tensor(0.25), torch.tensor(0.25).double()])
def test_numbers_and_tensors_without_axes_are_the_same(actual: object) -> None:
    close(actual, 0.25)
    close(actual, torch.tensor(0.25))
    assert number(actual) == 0.25
    assert tensor(actual, ()).item() == 0.25


def test_tolerances_are_absolute_plus_relative() -> None:
    close(torch.tensor([101.0]), torch.tensor([100.0]), atol=0.5, rtol=0.01)
    with pytest.raises(AssertionError):
        close(torch.tensor([101.6]), torch.tensor([100.0]), atol=0.5, rtol=0.01)
    close(torch.tensor([3, 5]), torch.tensor([3, 5]), atol=0, rtol=0)
    with pytest.raises(AssertionError):
        close(torch.tensor([3, 5 + 1]), torch.tensor([3, 5]), atol=0, rtol=0)


def test_the_sentence_says_where_and_never_what() -> None:
    expected = torch.full((4, 5), 7.125)
    actual = expected.clone()
    actual[2, 3:] = 8.5
    with pytest.raises(AssertionError) as caught:
        close(actual, expected, because="the last layer")
    sentence = str(caught.value)
    assert sentence == "The last layer: 2 of 20 entries are off, the first at index [2, 3]."
    for wrong in (actual * 0, 8.5, torch.ones(3), actual / 0, None, "x"):
        with pytest.raises(AssertionError) as caught:
            close(wrong, expected)
        assert not re.search(r"7\.1|8\.5|1\.3", str(caught.value))


def test_the_sentence_names_both_shapes() -> None:
    with pytest.raises(AssertionError, match=r"\[3, 2\], it should be \[2, 3\]"):
        close(torch.ones(3, 2), TRUTH)


def test_a_forgotten_return_is_named() -> None:
    with pytest.raises(AssertionError, match="forget to return"):
        close(None, TRUTH)


def test_a_gradient_that_is_missing_is_no_forgotten_return() -> None:
    with pytest.raises(AssertionError, match="Your gradient: none arrives") as caught:
        close(None, TRUTH, because="your gradient")
    assert "return?" not in str(caught.value)


def test_expected_values_may_carry_gradients() -> None:
    close(TRUTH, TRUTH.clone().requires_grad_())


def test_empty_tensors_are_close_only_to_empty_ones() -> None:
    close(torch.empty(0, 3), torch.empty(0, 3))
    with pytest.raises(AssertionError):
        close(torch.empty(0, 3), torch.empty(3, 0))


def test_holds() -> None:
    holds(True, "never shown")
    with pytest.raises(AssertionError, match=r"^the losses do not fall$"):
        holds(False, "the losses do not fall")


def test_items_and_numbers() -> None:
    assert items((1, "a"), 2) == [1, "a"]
    assert numbers([1, torch.tensor(2.0), 3.5], 3) == [1.0, 2.0, 3.5]
    with pytest.raises(AssertionError, match="2 items, it should have 3"):
        numbers([1.0, 2.0], 3, "the losses")


def test_unchanged() -> None:
    before = (TRUTH, [3, "a"], {"b": TRUTH}, None)
    unchanged((TRUTH.clone(), [3, "a"], {"b": TRUTH.clone()}, None), before)
    for after in (
        (TRUTH + 1e-7, [3, "a"], {"b": TRUTH}, None),
        (TRUTH.double(), [3, "a"], {"b": TRUTH}, None),
        (TRUTH, [3, "a", 4], {"b": TRUTH}, None),
        (TRUTH, [3, "a"], {"c": TRUTH}, None),
        (TRUTH, (3, "a"), {"b": TRUTH}),
        TRUTH,
    ):
        with pytest.raises(AssertionError, match="in place"):
            unchanged(after, before)
