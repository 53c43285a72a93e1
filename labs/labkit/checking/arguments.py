"""Arguments of a student's function: copies to work on, and what the function did to them."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

_SMALL = 2_000_000  # parameters; beyond, a copy of a model's weights takes too long


@dataclass(frozen=True)
class Change:
    """Something a call did to one of its arguments.

    Attributes:
        kind: which argument, and what kind of thing; the same for whoever does it.
        sentence: for the student.
    """

    kind: str
    sentence: str


class Arguments:
    """The arguments of one call.

    Attributes:
        args: what to pass on, copies of tensors and of containers of tensors; modules and other
            objects are passed as they are.
        kwargs: likewise.
    """

    def __init__(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        self._originals = [*args, *kwargs.values()]
        self.args = [copied(value) for value in args]
        self.kwargs = {name: copied(value) for name, value in kwargs.items()}
        self._names = _names(function, len(args)) + list(kwargs)
        # Only models with hooks: training a lens in place is what some exercises ask for.
        self._models = {
            number: _Model(value)
            for number, value in enumerate(self._originals)
            if isinstance(value, nn.Module) and hasattr(value, "hook_dict")
        }

    def changes(self) -> list[Change]:
        """Say what the call changed, and undo what it did to models."""
        found = []
        passed = [*self.args, *self.kwargs.values()]
        for number, (before, after) in enumerate(zip(self._originals, passed, strict=True)):
            name = self._names[number] if number < len(self._names) else ""
            label = f"argument {number + 1}" + (f" (`{name}`)" if name else "")
            if number in self._models:
                for kind, what in self._models[number].changes().items():
                    found.append(Change(f"{number} {kind}", f"Your function {what.format(label)}"))
            elif not unchanged(before, after):
                sentence = (
                    f"Your function changed its {label} in place: work on a copy (`.clone()`)"
                )
                found.append(Change(f"{number} in place", sentence))
        return found


def copied(value: Any) -> Any:
    """Return a copy of tensors, and of lists, tuples, mappings and caches that hold some."""
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if type(value) in (list, tuple):
        return type(value)(copied(item) for item in value)
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    if type(getattr(value, "cache_dict", None)) is dict:  # TransformerLens' ActivationCache
        twin = copy.copy(value)
        twin.cache_dict = copied(value.cache_dict)
        return twin
    return value


def unchanged(before: Any, after: Any) -> bool:
    """Whether what `copied` made is still what it was made from, bit for bit."""
    if isinstance(before, Tensor):
        if before.shape != after.shape or before.dtype != after.dtype:
            return False
        both_nan = (before != before) & (after != after)
        return bool(((before == after) | both_nan).all())
    if type(before) in (list, tuple):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if type(before) is dict:
        return before.keys() == after.keys() and all(
            unchanged(item, after[key]) for key, item in before.items()
        )
    if type(getattr(before, "cache_dict", None)) is dict:
        return unchanged(before.cache_dict, after.cache_dict)
    return True


class _Model:
    """A model as it was before a call: its hooks, and its weights when they are few."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._hooks = _hook_counts(model)
        small = sum(weight.numel() for weight in model.parameters()) <= _SMALL
        self._weights = (
            {name: weight.detach().clone() for name, weight in model.named_parameters()}
            if small
            else {}
        )

    def changes(self) -> dict[str, str]:
        """What was done to the model, by kind, and undo it; ``{}`` stands for the argument."""
        found = {}
        now = _hook_counts(self._model)
        left = [name for name, count in now.items() if count > self._hooks.get(name, 0)]
        if left:
            found["hook"] = (
                f"left a hook on its {{}}, at {left[0]}: use `model.hooks(...)` or "
                "`run_with_hooks`, which take it off again"
            )
            self._model.reset_hooks()
        changed = False
        with torch.no_grad():
            for name, weight in self._model.named_parameters():
                before = self._weights.get(name)
                if before is not None and not torch.equal(before, weight):
                    weight.copy_(before)
                    changed = True
        if changed:
            found["weights"] = "changed the weights of its {}"
        return found


def _hook_counts(model: Any) -> dict[str, int]:
    return {
        name: len(point.fwd_hooks) + len(point.bwd_hooks) for name, point in model.hook_dict.items()
    }


def _names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first parameters, as far as the signature tells."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return [""] * count
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in parameters if parameter.kind in plain]
    return (names + [""] * count)[:count]
