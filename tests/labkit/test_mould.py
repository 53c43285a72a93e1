"""A cast is the original's equal, knot by knot, and has nothing that changes in common with it."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Any

import pytest
import torch
from labkit.mould import Mould
from torch import nn


class Thing:
    """A plain object."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Slotted(Thing):
    """One that also has slots, as TransformerLens' config has."""

    __slots__ = ("name", "other")


def test_plain_things_come_out_equal_and_new() -> None:
    original = {"a": [1, "x", None], "b": OrderedDict(z=1, y=[2.5], x=3), "c": {1, 2}, "d": (4, ())}
    cast: dict[str, Any] = Mould(original).cast()
    assert cast == original
    assert [type(value) for value in cast.values()] == [list, OrderedDict, set, tuple]
    assert list(cast["b"]) == ["z", "y", "x"]
    for name in ("a", "b", "c"):
        assert cast[name] is not original[name]
    assert cast["b"]["y"] is not original["b"]["y"]  # type: ignore[call-overload]


def test_what_is_shared_inside_stays_shared_and_knots_stay_tied() -> None:
    inner = Thing(value=[1])
    knot = Thing(inner=inner, again=(inner, "and"), weak=weakref.ref(inner))
    knot.me = (knot, (inner,))  # type: ignore[attr-defined]
    cast: Any = Mould(knot).cast()
    assert cast is not knot
    assert cast.inner is not inner
    assert type(cast.inner) is Thing
    assert cast.inner.value == [1]
    assert cast.again == (cast.inner, "and")
    assert cast.weak() is cast.inner
    assert cast.me == (cast, (cast.inner,))


def test_slots_are_copied_too() -> None:
    original = Slotted(plain=1)
    original.name, original.other = "n", [1]
    cast = Mould(original).cast()
    assert (cast.plain, cast.name, cast.other) == (1, "n", [1])  # type: ignore[attr-defined]
    assert cast.other is not original.other


def test_casts_and_original_go_their_own_ways() -> None:
    original = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    mould = Mould(original)
    values = {name: value.clone() for name, value in original.state_dict().items()}
    one, other = mould.cast(), mould.cast()
    for model in (original, one):
        model.train()
        model(torch.randn(3, 2)).sum().backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.zero_().requires_grad_(False)
        model[0].register_forward_hook(lambda *_: None)
    for late in (other, mould.cast()):
        for name, value in late.state_dict().items():
            torch.testing.assert_close(value, values[name])
        assert all(p.requires_grad and p.grad is None for p in late.parameters())
        assert [type(p) for p in late.parameters()] == [nn.Parameter] * 4
        assert not late[0]._forward_hooks


def test_a_frozen_parameter_stays_frozen() -> None:
    original = nn.Linear(2, 2)
    original.weight.requires_grad_(False)
    cast = Mould(original).cast()
    assert [p.requires_grad for p in cast.parameters()] == [False, True]


def test_the_original_is_not_kept() -> None:
    original = Thing(own=Thing(pair=(Thing(), 1)))
    gone = weakref.ref(original.own.pair[0])  # type: ignore[attr-defined]
    mould = Mould(original)
    del original
    assert gone() is None
    assert mould.cast().own.pair[1] == 1  # type: ignore[attr-defined]


def _closure() -> Any:
    inside = [1]
    return lambda: inside


class Kin(dict[str, int]):
    """A dict's kin: what else it holds is not known."""


REFUSED: dict[str, Any] = {
    "closure": _closure(), "method": Thing().__init__, "bound": [].append,  # type: ignore[misc]
    "iterator": iter([]), "kin": Kin(), "key": {(1, Thing()): 1}, "set": {(1, 2)},
}  # fmt: skip


@pytest.mark.parametrize("thing", REFUSED.values(), ids=list(REFUSED))
def test_what_could_hide_something_shared_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="no mould"):
        Mould(Thing(inside=[thing]))


def test_a_tensor_in_use_is_refused() -> None:
    weight = nn.Parameter(torch.ones(2))
    weight.sum().backward()
    with pytest.raises(TypeError, match="no mould"):
        Mould([weight])


def test_tensors_that_share_their_numbers_are_refused() -> None:
    whole = torch.ones(3)
    with pytest.raises(TypeError, match="no mould"):
        Mould([whole, whole[1:]])


def test_what_is_in_stock_is_as_good_as_new_and_given_away_once() -> None:
    mould = Mould({"list": [1, 2]})
    mould.stock(2)
    casts = [mould.cast() for _ in range(3)]
    casts[0]["list"].append(3)
    assert casts[1:] == [{"list": [1, 2]}] * 2
    assert len({id(cast["list"]) for cast in casts}) == 3
