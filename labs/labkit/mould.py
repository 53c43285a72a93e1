"""Many equal copies of one object graph: traced once, then cast over and over.

A tiny bridge is a few hundred modules and some thousand dicts, nearly all of them empty. To build
one takes TransformerLens 30 ms, to deep-copy it 10 ms, to cast it from a mould 2 ms. A cast shares
with other casts only what cannot be changed: numbers, texts, types, functions.
"""

from __future__ import annotations

import types
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn

_UNCHANGING = (
    type(None), bool, int, float, complex, str, bytes, type, types.ModuleType, torch.dtype,
    torch.device, np.generic,
)  # fmt: skip
_PLAIN = (dict, OrderedDict, list, set)
_Links = list[tuple[Any, int]]  # which key, which slot
T = TypeVar("T")


class Mould(Generic[T]):
    """What is needed to make an object graph again and again.

    Args:
        original: what to copy: plain objects with a ``__dict__`` (torch modules are such), dicts,
            lists, tuples, sets of plain values, weak references and tensors, in any knot. It is
            not kept, and what happens to it later does not show in the casts.

    Raises:
        TypeError: something in it is of another kind, such as a function with a closure.
    """

    def __init__(self, original: T) -> None:
        self._slots: dict[int, int] = {}
        self._classes: list[type] = []
        self._plain: list[Callable[[], Any]] = []
        self._tensors: list[tuple[Tensor, bool]] = []
        self._tuples: list[tuple[list[Any], _Links]] = []
        self._weak: list[int] = []
        self._states: list[int] = []
        self._attributes: list[tuple[int, dict[str, Any], _Links]] = []  # in ``__slots__``
        self._links: list[tuple[int, _Links]] = []
        found = _found(original)
        places = [t.untyped_storage().data_ptr() for t in found if _is_tensor(t) and t.numel()]
        if len(set(places)) < len(places):
            raise TypeError("tensors that share their numbers have no mould")
        # Numbered in the order in which `cast` makes them: what comes first needs nothing else.
        for kind in (_is_object, _is_plain, _is_tensor, _is_tuple, _is_weak):
            for thing in found:
                if kind(thing):
                    self._slots[id(thing)] = len(self._slots)
        for thing in found:
            self._note(thing)
        self._root = self._slots[id(original)]
        self._ready: list[T] = []
        del self._slots

    def stock(self, count: int) -> None:
        """Cast so many beforehand: for a process whose forks then find them ready."""
        self._ready += [self._cast() for _ in range(count - len(self._ready))]

    def cast(self) -> T:
        """Return a new copy of the original as it was when the mould was made."""
        return self._ready.pop() if self._ready else self._cast()

    def _cast(self) -> T:
        made: list[Any] = [object.__new__(cls) for cls in self._classes]
        made += [make() for make in self._plain]
        for tensor, is_parameter in self._tensors:
            copy = tensor.clone()
            made.append(nn.Parameter(copy, tensor.requires_grad) if is_parameter else copy)
        for template, links in self._tuples:
            items = template.copy()
            for position, slot in links:
                items[position] = made[slot]
            made.append(tuple(items))
        made += [weakref.ref(made[slot]) for slot in self._weak]
        for slot, pairs in self._links:
            owner = made[slot]
            for key, inner in pairs:
                owner[key] = made[inner]
        for slot, state in enumerate(self._states):
            object.__setattr__(made[slot], "__dict__", made[state])
        for slot, attributes, links in self._attributes:
            values = {**attributes, **{name: made[inner] for name, inner in links}}
            for name, value in values.items():
                object.__setattr__(made[slot], name, value)
        return cast(T, made[self._root])

    def _note(self, thing: Any) -> None:
        if _is_object(thing):
            self._classes.append(type(thing))
            self._states.append(self._slots[id(thing.__dict__)])
            if slotted := _slotted(thing):
                self._attributes.append((self._slots[id(thing)], *self._template(slotted)))
        elif _is_tensor(thing):
            kept = thing.detach().clone().requires_grad_(thing.requires_grad)
            self._tensors.append((kept, isinstance(thing, nn.Parameter)))
        elif _is_weak(thing):
            self._weak.append(self._slots[id(thing())])
        elif type(thing) is tuple:
            template, links = self._template(list(thing))
            self._tuples.append((template, links))
        else:
            template, links = self._template(thing.copy())
            self._plain.append(template.copy if template else type(thing))
            if links:
                self._links.append((self._slots[id(thing)], links))

    def _template(self, copy: Any) -> tuple[Any, _Links]:
        """Put None in the place of all that is made anew; return the copy, and what goes where."""
        if type(copy) is set:
            return copy, []
        pairs = list(copy.items() if isinstance(copy, dict) else enumerate(copy))
        links = [(key, self._slots[id(v)]) for key, v in pairs if id(v) in self._slots]
        for key, _ in links:
            copy[key] = None  # which keeps the order of a dict's keys
        return copy, links


def _found(root: Any) -> list[Any]:
    """Return all that must be made anew, each thing once; a tuple behind the tuples in it."""
    found: dict[int, Any] = {}
    waiting = [(root, False)]
    while waiting:
        thing, seen = waiting.pop()
        if _is_unchanging(thing):
            continue
        if seen:
            found.setdefault(id(thing), thing)
        elif id(thing) not in found:
            if type(thing) is tuple:
                waiting.append((thing, True))
            else:
                found[id(thing)] = thing
            waiting += [(inner, False) for inner in _inside(thing)]
    return list(found.values())


def _inside(thing: Any) -> list[Any]:
    if _is_tensor(thing):
        if thing.__dict__ or thing.grad is not None or thing.layout is not torch.strided:
            raise TypeError("a tensor with a gradient or attributes of its own has no mould")
        return []
    if _is_weak(thing):
        return [thing()]
    if _is_object(thing):
        return [thing.__dict__, *_slotted(thing).values()]
    if type(thing) in (dict, OrderedDict):
        if not all(map(_is_unchanging, thing)):
            raise TypeError("a dict with changing keys has no mould")
        return list(thing.values())
    if type(thing) is set and not all(map(_is_unchanging, thing)):
        raise TypeError("a set of changing things has no mould")
    if type(thing) in (list, tuple, set):
        return list(thing)
    raise TypeError(f"a {type(thing).__name__} has no mould")


def _is_unchanging(thing: Any) -> bool:
    if type(thing) is types.FunctionType:
        return thing.__closure__ is None
    if type(thing) is types.BuiltinFunctionType:
        return thing.__self__ is None or type(thing.__self__) is types.ModuleType
    return isinstance(thing, _UNCHANGING)


def _is_plain(thing: Any) -> bool:
    return type(thing) in _PLAIN


def _is_tensor(thing: Any) -> bool:
    return type(thing) in (Tensor, nn.Parameter)


def _is_tuple(thing: Any) -> bool:
    return type(thing) is tuple


def _is_weak(thing: Any) -> bool:
    return type(thing) is weakref.ref and thing() is not None


def _is_object(thing: Any) -> bool:
    """Is all there is of it in its ``__dict__`` and its ``__slots__``?"""
    cls: Any = type(thing)
    ordinary = cls.__reduce_ex__ is object.__reduce_ex__ and cls.__new__ is object.__new__
    return ordinary and "__dict__" in dir(cls) and not _is_unchanging(thing)


def _slotted(thing: Any) -> dict[str, Any]:
    names = [name for base in type(thing).__mro__ for name in vars(base).get("__slots__", ())]
    return {name: getattr(thing, name) for name in names if hasattr(thing, name)}
