"""Pack a request: plain data, and what only crosses towards the worker.

A model crosses as its configuration and weights, once per request however often it is mentioned;
an activation cache as its tensors and its model; a callable as a number that is called back; an
object that lives in the worker as its handle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import torch
from labkit import native
from torch import Tensor
from transformer_lens import ActivationCache
from transformer_lens.model_bridge import TransformerBridge

from grader.line import wire
from grader.line.wire import Handle


@runtime_checkable
class Held(Protocol):
    """Something that stands for an object in the worker."""

    handle: Handle


class Packing:
    """Packs one request: also models (each once), caches, callables and handles."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.models: list[dict[str, Any]] = []
        self.callables: list[Callable[..., Any]] = []
        self._seen: dict[int, int] = {}

    def pack(self, value: Any) -> Any:
        return wire.pack(value, self.tensors, self._other)

    def _other(self, value: Any) -> Any:
        if isinstance(value, TransformerBridge):
            return {"k": "model", "i": self._model(value)}
        if isinstance(value, ActivationCache):
            tensors = {name: tensor.detach() for name, tensor in value.items()}
            return {"k": "cache", "i": self._model(value.model), "tensors": self.pack(tensors)}
        if isinstance(value, Held):
            return {"k": "object", "n": value.handle.number}
        if isinstance(value, torch.Size):
            return self.pack(tuple(value))
        if callable(value):
            self.callables.append(value)
            return {"k": "callable", "n": len(self.callables) - 1}
        raise TypeError(f"a check cannot pass a {type(value).__name__} to a student's function")

    def _model(self, model: Any) -> int:
        if id(model) not in self._seen:
            self._seen[id(model)] = len(self.models)
            weights = self.pack(native.flat(model))
            self.models.append({"config": native.config_of(model), "weights": weights})
        return self._seen[id(model)]
