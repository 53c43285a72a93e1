"""`pack` and `unpack`: what is data crosses unchanged, everything else is refused or held."""

from __future__ import annotations

import json
import math
import random
from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.judging.recognise import same
from grader.line import wire
from grader.line.wire import Handle, WireError


def refuse(value: Any) -> Any:
    raise WireError(f"refused {type(value).__name__}")


def there_and_back(value: Any) -> Any:
    tensors: list[Tensor] = []
    tree = json.loads(json.dumps(wire.pack(value, tensors, refuse)))
    return wire.unpack(tree, tensors, refuse)


PLAIN = [
    None, True, False, 0, -1, (1 << 63) - 1, -(1 << 63) + 1, 0.1, -0.0, 1e308, 5e-324, "",
    "é \U0001f600", "line\nline\x00", [], (), {}, [[], ()], (1, [2, (3,)]),
    {"a": 1, 2: "b", None: [], True: 0.5},
    {(3, 1): "head", ("a", 0.5): None}, {"k": "tensor", "i": 0}, {"k": "handle", "n": 1, "t": "x"},
    [{"v": [["a", 1]]}],
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_data_comes_back_with_its_exact_types(value: Any) -> None:
    back = there_and_back(value)
    assert back == value
    assert repr(back) == repr(value)  # equal and of the same types all the way down: 1 == True


def test_floats_that_json_does_not_know_come_back() -> None:
    inf, minus_inf, nan = there_and_back([math.inf, -math.inf, math.nan])
    assert inf == math.inf
    assert minus_inf == -math.inf
    assert math.isnan(nan)


@pytest.mark.parametrize("name", wire.DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 5), (2, 3, 4)], ids=str)
def test_a_tensor_keeps_dtype_shape_and_values(name: str, shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(1)
    tensor = (torch.randn(shape, generator=generator) * 3).abs().to(wire.DTYPES[name])
    back = there_and_back({"x": (tensor,)})["x"][0]
    assert type(back) is Tensor
    assert back.dtype is tensor.dtype
    assert back.shape == tensor.shape
    assert torch.equal(back, tensor)


def test_a_parameter_arrives_as_a_plain_tensor_without_a_graph() -> None:
    back = there_and_back(torch.nn.Parameter(torch.ones(2)))
    assert type(back) is Tensor
    assert not back.requires_grad
    inner = (torch.ones(2, requires_grad=True) * 3).exp()
    assert there_and_back(inner).grad_fn is None


def test_odd_memory_layouts_arrive_dense() -> None:
    base = torch.arange(24.0).reshape(4, 6)
    for view in (base.T, base[::2, 1:4], base[:1].expand(5, 6), base.to(torch.complex64).conj()):
        back = there_and_back(view)
        assert back.is_contiguous()
        assert torch.equal(back, view)
    tensors: list[Tensor] = []
    wire.pack(torch.imag(torch.tensor([1 + 2j]).conj()), tensors, refuse)
    assert not tensors[0].is_neg()
    assert tensors[0].tolist() == [-2.0]


def test_tensors_that_are_not_plain_are_refused() -> None:
    dense = torch.eye(3)
    for tensor in (
        dense.to_sparse(),
        dense.to("meta"),
        dense.to(torch.float8_e4m3fn),
    ):
        with pytest.raises(WireError, match="layout"):
            wire.pack([tensor], [], refuse)


def test_integers_beyond_63_bits_and_deep_or_endless_nesting_are_refused() -> None:
    for value in (1 << 63, -(1 << 63), 10**400):
        with pytest.raises(WireError, match="63 bits"):
            wire.pack(value, [], refuse)
    deep: Any = 1
    for _ in range(wire.MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(WireError, match="nested deeper"):
        wire.pack(deep, [], refuse)
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(WireError, match="nested deeper"):
        wire.pack(endless, [], refuse)
    assert there_and_back(deep[0]) == deep[0]


def test_only_exact_types_are_data() -> None:
    class Sly(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    class SlyTensor(Tensor):
        pass

    for value in (Sly(1), OrderedDict(a=1), torch.ones(2).as_subclass(SlyTensor), object(), len):
        with pytest.raises(WireError, match="refused"):
            wire.pack([value], [], refuse)


def test_a_handle_keeps_its_number_and_a_short_name() -> None:
    assert there_and_back(Handle(7, "TunedLens")) == Handle(7, "TunedLens")
    assert len(there_and_back(Handle(7, "x" * 5000)).type_name) == 80


@pytest.mark.parametrize(
    "tree",
    [
        [], [1], {}, {"k": None}, {"k": "list"}, {"k": "list", "v": None}, {"k": "tuple", "v": {}},
        {"k": "dict", "v": [1]}, {"k": "dict", "v": [["a"]]}, {"k": "dict", "v": [["a", 1, 2]]},
        {"k": "dict", "v": [[{"k": "list", "v": []}, 1]]},
        {"k": "dict", "v": [[{"k": "dict", "v": []}, 1]]},
        {"k": "dict", "v": [[{"k": "tensor", "i": 0}, 1]]},
        {"k": "dict", "v": [[{"k": "tuple", "v": [{"k": "tensor", "i": 0}]}, 1]]},
        {"k": "dict", "v": [[{"k": "handle", "n": 1, "t": "x"}, 1]]},
        {"k": "tensor"}, {"k": "tensor", "i": 2}, {"k": "tensor", "i": -1},
        {"k": "tensor", "i": True}, {"k": "tensor", "i": 0.0}, {"k": "tensor", "i": "0"},
        {"k": "handle"}, {"k": "handle", "n": "1", "t": "x"}, {"k": "handle", "n": 1, "t": 2},
        {"k": "handle", "n": True, "t": "x"}, {"k": "model", "i": 0}, {"k": "callable", "n": 0},
        {"k": ["tensor"]}, {"k": {"k": "tensor"}}, {"v": []},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_tree_that_breaks_the_form_is_refused(tree: Any) -> None:
    with pytest.raises(WireError):
        wire.unpack(tree, [torch.ones(2), torch.ones(2)], refuse)


def test_a_tree_deeper_than_the_cap_is_refused() -> None:
    tree: Any = 1
    for _ in range(200):
        tree = {"k": "list", "v": [tree]}
    with pytest.raises(WireError, match="nested deeper"):
        wire.unpack(tree, [], refuse)


def test_random_values_survive_and_random_trees_raise_nothing_but_wire_errors() -> None:
    draw = random.Random(20)
    for _ in range(300):
        value = _value(draw, 4)
        assert same(there_and_back(value), value)
    survived = 0
    for _ in range(3000):
        tree = _tree(draw, 4)
        try:
            wire.unpack(tree, [torch.ones(2)], refuse)
            survived += 1
        except WireError:
            pass
    assert 100 < survived < 2900  # both ways are walked


def _value(draw: random.Random, depth: int) -> Any:
    leaves = [None, True, draw.randint(-9, 9), draw.random(), "s", torch.randn(draw.randint(0, 3))]
    if depth == 0:
        return draw.choice(leaves)
    inner = [_value(draw, depth - 1) for _ in range(draw.randint(0, 3))]
    keys = [draw.choice([i, str(i), (i, "k"), i + 0.5]) for i in range(len(inner))]
    return draw.choice([*leaves, inner, tuple(inner), dict(zip(keys, inner, strict=True))])


def _tree(draw: random.Random, depth: int) -> Any:
    leaves = [None, True, -1, 0, 1.5, "list", [], {}]
    if depth == 0:
        return draw.choice(leaves)
    inner = [_tree(draw, depth - 1) for _ in range(draw.randint(0, 3))]
    kind = draw.choice(["list", "tuple", "dict", "tensor", "handle", "model", None, 1])
    body = draw.choice([inner, [inner], [["a", part] for part in inner], None])
    return draw.choice([*leaves, inner, {"k": kind, "v": body, "i": 0, "n": 1, "t": "x"},
                        {"k": kind, "v": body}, {"k": kind, "v": body}])  # fmt: skip


def test_tuples_for_keys_are_few() -> None:
    """How Python hashes them is known: a hundred thousand can be made to collide."""
    assert len(there_and_back({(n, n): n for n in range(wire.MAX_TUPLE_KEYS)})) > 1_000
    with pytest.raises(WireError, match="tuples for keys"):
        there_and_back({(n, n): n for n in range(wire.MAX_TUPLE_KEYS + 1)})


def test_the_name_of_a_type_is_made_printable() -> None:
    tree = {"k": "handle", "n": 1, "t": "\u202e\x1b]0;x\x07"}
    assert wire.unpack(tree, [], refuse).type_name == "��]0;x�"
