"""Nests of tensors: changed one by one, and compared by how they are built."""

from __future__ import annotations

import pytest
import torch

from grader.line import nests


def test_each_tensor_is_changed_and_the_nest_kept() -> None:
    nest = {"a": (torch.ones(1), [torch.zeros(2)]), "b": torch.ones(3)}
    assert nests.each(nest, len) == {"a": (1, [2]), "b": 3}
    assert nests.each(torch.ones(4), len) == 4


def test_leaves_stand_where_the_other_has_its_tensors() -> None:
    like = {"a": (torch.ones(1), [torch.zeros(2)]), "b": torch.ones(3)}
    assert nests.leaves({"b": 3, "a": (1, [None])}, like) == [1, None, 3]


@pytest.mark.parametrize("value", [None, {}, {"a": (1,)}, {"a": [1, 2]}, {"b": (1, 2)}, (1, 2)])
def test_a_nest_that_is_built_otherwise_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="alike"):
        nests.leaves(value, {"a": (torch.ones(1), torch.ones(1))})
