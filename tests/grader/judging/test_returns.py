"""A value of the wrong type is one sentence for the student; a right one passes at any size."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import torch
from jaxtyping import Bool, Float, Int, Num, Shaped
from torch import Tensor, nn

from grader.judging.returns import Annotation, promises, wrong_return
from grader.line.wire import Handle

F3 = torch.ones(2, 3, 4)
I1 = torch.ones(2, dtype=torch.int64)


def fits(value: Any, annotation: Any) -> bool:
    problem = wrong_return(value, Annotation(annotation))
    assert problem is None or (problem and "\n" not in problem and len(problem) < 200)
    return problem is None


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (F3, Float[Tensor, "layer batch pos"]), (F3.double(), Float[Tensor, "layer batch pos"]),
        (F3.half(), Float[Tensor, "a b c"]), (F3.bfloat16(), Float[Tensor, "a b c"]),
        (F3 * math.nan, Float[Tensor, "a b c"]), (F3, Float[Tensor, "... d_model"]),
        (F3, Float[Tensor, "a b c ..."]), (F3, Float[Tensor, "*batch d_model"]),
        (F3[0, 0], Float[Tensor, "... d_model"]), (torch.tensor(1.0), Float[Tensor, ""]),
        (torch.empty(0, 9), Float[Tensor, "batch pos"]), (I1, Int[Tensor, "batch"]),
        (I1.to(torch.int8), Int[Tensor, "batch"]), (I1 > 0, Bool[Tensor, "batch"]),
        (I1, Shaped[Tensor, "batch"]), (F3, Shaped[Tensor, "..."]), (I1, Num[Tensor, "batch"]),
        (F3, Tensor), (F3, Float[Tensor, "a b c"] | None), (None, Float[Tensor, "a b c"] | None),
        (None, None), (1, int), (1, float), (1.5, float), (math.inf, float), (True, bool),
        ("x", str), (torch.tensor(2.0), float), (torch.tensor([2]), int),
        ((1.0, 2), tuple[float, float]), ([1.0, 2.0], tuple[float, float]),
        ([0.5, 1.5], list[float]), ([], list[float]), ((1, 2, 3), tuple[int, ...]),
        (([0.5], [1.5]), tuple[list[float], list[float]]), ({"a": 1}, dict[str, int]), ({}, dict),
        ([1, "x"], list), ((1, "x"), tuple), ({"a": F3}, dict[str, Float[Tensor, "a b c"]]),
        (3, int | str), ("x", int | str), (object, Any),
    ],
    ids=lambda part: str(part)[:30],
)  # fmt: skip
def test_what_the_annotation_allows_passes(value: Any, annotation: Any) -> None:
    assert fits(value, annotation)


@pytest.mark.parametrize(
    ("value", "annotation", "words"),
    [
        (None, Float[Tensor, "a"], "is there a `return`"), (None, float, "is there a `return`"),
        (None, tuple[float, float], "is there a `return`"), (None, list, "is there a `return`"),
        (None, dict[str, int], "is there a `return`"), (None, Tensor, "is there a `return`"),
        (F3, Float[Tensor, "layer pos"], r"shape \(2, 3, 4\) where \[layer pos\] .* 2 axes"),
        (F3, Float[Tensor, "pos"], "1 axis"), (F3, Float[Tensor, ""], "0 axes"),
        (torch.tensor(1.0), Float[Tensor, "a b ..."], "3 axes"),
        (I1, Float[Tensor, "a"], "int64 where floating point numbers"),
        (I1 > 0, Float[Tensor, "a"], "bool where floating point numbers"),
        (I1 + 0j, Float[Tensor, "a"], "complex64 where floating point numbers"),
        (I1 * 1.0, Int[Tensor, "a"], "float32 where integers"),
        (I1 > 0, Int[Tensor, "a"], "bool where integers"),
        (I1, Bool[Tensor, "a"], "int64 where truth values"),
        (I1 > 0, Num[Tensor, "a"], "bool where numbers"),
        ([1.0], Float[Tensor, "a"], "a list instead of a tensor"),
        (1.0, Float[Tensor, ""], "float 1.0 instead of a tensor"),
        ("tensor", Tensor, "str 'tensor' instead of a tensor"),
        (Handle(3, "ndarray"), Float[Tensor, "a"], "a ndarray instead of a tensor"),
        (Handle(3, "ndarray"), tuple[int, int], "a ndarray instead of a tuple"),
        (Handle(3, "Linear"), float, "a Linear where a single number"),
        (Handle(3, "x"), Shaped[Tensor, "a"], "instead of a tensor"),
        (F3, float, "a tensor of shape"), (torch.tensor(1j), float, "single number"),
        (True, float, "bool True where a single number"), (True, int, "single number"),
        (1.5, int, "float 1.5"), (1, bool, "int 1"), ("1", float, "str '1'"), (1, str, "int 1"),
        ("x" * 99, float, "a str where"), (F3, None, "return nothing"),
        ((1.0,), tuple[float, float], "1 values where 2"), ((), tuple[float, float], "0 values"),
        ((1.0, "2"), tuple[float, float], "str '2'"), (1.0, tuple[float, float], "float 1.0"),
        ({0: 1.0, 1: 2.0}, tuple[float, float], "a dict instead of a tuple"),
        ((0.5,), list[float], "a tuple instead of a list"), ([0.5, None], list[float], "None"),
        ([[0.5]], list[float], "a list where a single number"), ([F3, 1.0], list[Tensor], "1.0"),
        ({1: 1}, dict[str, int], "int 1 instead of a string"), ({"a": "b"}, dict[str, int], "'b'"),
        ([("a", 1)], dict, "a list instead of a dict"), (3, list, "int 3 instead of a list"),
        (1.5, int | str, "single number"), (3.0, Float[Tensor, ""] | None, "instead of a tensor"),
    ],
    ids=lambda part: str(part)[:30],
)  # fmt: skip
def test_what_it_forbids_is_one_sentence(value: Any, annotation: Any, words: str) -> None:
    problem = wrong_return(value, Annotation(annotation))
    assert problem is not None
    assert re.search(words, problem), problem
    assert "\n" not in problem


def test_no_value_can_break_the_validation() -> None:
    annotations = [
        Float[Tensor, "a b"], Int[Tensor, "..."], Shaped[Tensor, ""], int, float, bool, str, tuple,
        list[float], tuple[int, ...], dict[str, Tensor], None, int | None, Tensor, nn.Module,
    ]  # fmt: skip
    values = [
        None, True, 0, (1 << 63) - 1, math.nan, -math.inf, "\x1b[31m", [], (), {}, [[[]]],
        Handle(1, ""),
        torch.empty(0), torch.tensor(math.nan), torch.ones((1,) * 16), torch.tensor([1j]),
        {None: None}, {(1, 2): [()]}, (torch.ones(1), None),
    ]  # fmt: skip
    for annotation in annotations:
        accepted = sum(fits(value, annotation) for value in values)
        assert accepted < len(values) or annotation is nn.Module


class Lens(nn.Module):
    def __init__(self) -> None:
        super().__init__()

    def forward(self, h: Tensor) -> Float[Tensor, "... vocab"]:
        return h


class Plain:
    pass


def annotated(x: Tensor) -> Int[Tensor, "layer batch"]:
    return x


def bare(x):  # type: ignore[no-untyped-def]
    return x


def misspelt(x: Tensor) -> Flaot[Tensor, "a"]:  # type: ignore[name-defined]  # noqa: F821, UP037
    return x


def test_the_reference_signatures_are_the_only_statement_of_the_types() -> None:
    found = promises(
        {"annotated": annotated, "bare": bare, "misspelt": misspelt, "Lens": Lens, "Plain": Plain,
         "value": {"layer": 3}}
    )  # fmt: skip
    assert "value" not in found
    assert wrong_return(torch.ones(1, 2, dtype=torch.int64), found["annotated"]) is None
    assert "integers" in (wrong_return(F3[0], found["annotated"]) or "")
    for anything in ("x", None, F3):
        assert wrong_return(anything, found["bare"]) is None
        assert wrong_return(anything, found["misspelt"]) is None


def test_a_class_gives_an_object_and_its_forward_has_a_type_of_its_own() -> None:
    found = promises({"Lens": Lens, "Plain": Plain})
    for name in found:
        assert wrong_return(Handle(1, "Lens"), found[name]) is None
        assert "instead of an object" in (wrong_return(F3, found[name]) or "")
        assert "None instead of an object" in (wrong_return(None, found[name]) or "")
    call = found["Lens"].of_call
    assert call is not None
    assert wrong_return(F3, call) is None
    assert "integers" not in (wrong_return(I1, call) or "")
    assert "floating point" in (wrong_return(I1, call) or "")
    assert found["Plain"].of_call is None
