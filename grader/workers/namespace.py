"""One notebook's definitions, and what can be asked of them: requests in, data out.

A worker holds a student's; the judge holds the solution's and the misconceptions' in just the same
way. This module knows nothing of checks, expected values, seeds or other students.
"""

from __future__ import annotations
import __future__

import ast
import random
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import torch
from labkit import native
from torch import Tensor, nn
from transformer_lens import ActivationCache
from transformer_lens.model_bridge import TransformerBridge

from grader.line import nests, wire
from grader.line.faults import StudentFault, describe
from grader.line.wire import Frame, WireError

# Annotations are not evaluated: one that leans on an experiment costs nobody a function.
_FLAGS = __future__.annotations.compiler_flag

CallBack = Callable[[int, Any], Any]


class Namespace:
    """A notebook's names, and the objects that its functions made.

    Args:
        call_back: ``(number, args) -> value``, how a callable argument reaches its owner.
        name: the module's, which classes remember.
    """

    def __init__(self, call_back: CallBack | None = None, name: str = "submission") -> None:
        self.module = ModuleType(name)
        self.names: dict[str, Any] = self.module.__dict__
        self.objects: dict[int, Any] = {}
        self.call_back = call_back

    def handle(self, request: Frame) -> Frame:
        """Answer one request. A student's exception is an answer too; nothing escapes."""
        tree = request.tree
        try:
            models = [self._model(part, request.tensors) for part in tree.get("models", [])]
            reader = _Reader(self, models, request.tensors)
            operation = getattr(self, f"_do_{tree['op']}")
            _seed(tree["seed"])
            value = operation(tree, lambda part: wire.unpack(part, request.tensors, reader))
        except BaseException as error:
            return Frame({"error": describe(error)})
        tensors: list[Tensor] = []
        try:
            return Frame({"ok": self.pack(value, tensors)}, tensors)
        except BaseException as error:  # a student's object may raise from anywhere
            return Frame({"error": describe(error)})

    def pack(self, value: Any, tensors: list[Tensor]) -> Any:
        """Pack a result; what is no data is held here and crosses as a handle."""
        return wire.pack(value, tensors, lambda other: self._other(other, tensors))

    def _other(self, value: Any, tensors: list[Tensor]) -> Any:
        """Pack what is not plain data: convert a kin of plain data, else hold it by a handle."""
        plain: Any
        if isinstance(value, np.generic):
            plain = value.item()
        elif isinstance(value, Tensor):
            plain = value.detach().as_subclass(Tensor)
        elif isinstance(value, tuple | list):
            plain = tuple(value) if isinstance(value, tuple) else list(value)
        elif isinstance(value, dict):
            plain = dict(value)
        elif isinstance(value, bool | int | float | str):
            base = next(b for b in (bool, int, float, str) if isinstance(value, b))
            plain = base(value)
        else:
            number = len(self.objects) + 1
            self.objects[number] = value
            return {"k": "handle", "n": number, "t": type(value).__name__[:80]}
        return self.pack(plain, tensors)

    # What a request can ask for -------------------------------------------------------------

    def _do_run(self, tree: Any, read: Callable[[Any], Any]) -> list[Any]:
        """Run statements one by one; return what went wrong as [position, description]."""
        problems: list[Any] = []
        for position, (source, cell, line) in enumerate(read(tree["statements"])):
            filename = f"<cell {cell}>"
            try:
                tree = compile(source, filename, "exec", _FLAGS | ast.PyCF_ONLY_AST, True)
                ast.increment_lineno(tree, line - 1)
                exec(compile(tree, filename, "exec", _FLAGS, dont_inherit=True), self.names)
            except MemoryError:
                raise
            except BaseException as error:
                problems.append([position, describe(error)])
        return problems

    def _do_replace(self, tree: Any, read: Callable[[Any], Any]) -> None:
        """Run statements in a namespace of their own and take over some of its names."""
        other = Namespace(self.call_back, "solution")
        sys.modules["solution"] = other.module  # dataclasses look their annotations up there
        other._do_run(tree, read)
        for name in read(tree["names"]):
            self.names[name] = other.names[name]

    def _do_names(self, tree: Any, read: Callable[[Any], Any]) -> list[str]:
        return sorted(n for n in self.names if type(n) is str and not n.startswith("__"))

    def _do_value(self, tree: Any, read: Callable[[Any], Any]) -> Any:
        return self._named(tree["name"])

    def _do_keep(self, tree: Any, read: Callable[[Any], Any]) -> Any:
        return read(tree["value"])

    def _do_call(self, tree: Any, read: Callable[[Any], Any]) -> Any:
        args, kwargs = read(tree["args"]), read(tree["kwargs"])
        target = tree["target"]
        function = self._named(target) if type(target) is str else self.objects[target]
        for name in tree.get("method") or ():
            function = getattr(function, name)
        match tree.get("want", "value"):
            case "after":
                result = function(*args, **kwargs)
                return (result, tuple(args))
            case "gradients":
                return self._gradients(function, args, kwargs, read(tree["wrt"]))
        return function(*args, **kwargs)

    def _do_state(self, tree: Any, read: Callable[[Any], Any]) -> dict[str, Tensor]:
        owner = self._module(tree["handle"])
        return dict([*owner.named_parameters(), *owner.named_buffers()])

    def _do_load(self, tree: Any, read: Callable[[Any], Any]) -> None:
        owner = self._module(tree["handle"])
        current = dict([*owner.named_parameters(), *owner.named_buffers()])
        with torch.no_grad():
            for name, value in read(tree["tensors"]).items():
                if name not in current:
                    raise AttributeError(f"{type(owner).__name__} has no parameter named {name}")
                current[name].copy_(value)

    # ----------------------------------------------------------------------------------------

    def _gradients(
        self, function: Any, args: list[Any], kwargs: dict[str, Any], wrt: list[Any]
    ) -> Any:
        """Call, differentiate the scalar result, and return it with the asked gradients."""
        args, leaves = list(args), {}
        for item in wrt:
            if type(item) is int:
                leaves[item] = nests.each(args[item], _leaf)
                args[item] = nests.each(leaves[item], lambda leaf: leaf)  # containers of its own
            else:
                item.zero_grad(set_to_none=True)
        with torch.enable_grad():
            result = function(*args, **kwargs)
            if isinstance(result, Tensor) and result.requires_grad:
                result.backward()  # type: ignore[no-untyped-call]
        gradients: list[Any] = []
        for item in wrt:
            if type(item) is int:
                gradients.append(nests.each(leaves[item], lambda leaf: getattr(leaf, "grad", None)))
            else:
                gradients.append({name: p.grad for name, p in item.named_parameters()})
        return (result, gradients)

    def _named(self, name: str) -> Any:
        if name not in self.names:
            raise StudentFault(f"the notebook does not define {name}")
        return self.names[name]

    def _module(self, number: int) -> nn.Module:
        owner = self.objects[number]
        if not isinstance(owner, nn.Module):
            raise StudentFault(f"{type(owner).__name__} is not a torch module")
        return owner

    def _model(self, part: Any, tensors: list[Tensor]) -> TransformerBridge:
        weights = wire.unpack(part["weights"], tensors, _refuse)
        model = native.boot(part["config"], dtype=weights.dtype)
        native.pour(model, weights)
        return model


class _Reader:
    """Unpacks what only crosses towards the worker: models, caches, callables, handles."""

    def __init__(
        self, owner: Namespace, models: list[TransformerBridge], tensors: list[Tensor]
    ) -> None:
        self.owner = owner
        self.models = models
        self.tensors = tensors

    def __call__(self, tree: Any) -> Any:
        match tree["k"]:
            case "model":
                return self.models[tree["i"]]
            case "object":
                return self.owner.objects[tree["n"]]
            case "cache":
                tensors = wire.unpack(tree["tensors"], self.tensors, self)
                return ActivationCache(tensors, self.models[tree["i"]])
            case "callable":
                number = tree["n"]

                def call_back(*args: Any) -> Any:
                    assert self.owner.call_back is not None
                    return self.owner.call_back(number, args)

                return call_back
        raise WireError(f"an unknown form {tree['k']!r}")


def _leaf(value: Any) -> Any:
    """A tensor of its own that collects a gradient; whatever else as it is."""
    if isinstance(value, Tensor) and value.is_floating_point():
        return value.detach().clone().requires_grad_(True)
    return value


def _seed(seed: int) -> None:
    """Start every request from the same random state, whatever ran before it."""
    random.seed(seed)
    np.random.seed(seed % (1 << 32))
    torch.default_generator.manual_seed(seed)  # the only one here; torch also asks for GPUs


def _refuse(tree: Any) -> Any:
    raise WireError("an unknown form")
