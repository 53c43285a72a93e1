"""Fingerprints: a few numbers by which a returned value is recognised, but not rebuilt.

A value becomes its size and three projections on fixed vectors, each with four significant digits.
The vectors are plain arithmetic on whole numbers, so that every machine and library version makes
the same ones. ``misconceptions.json`` holds the fingerprints of the wrong answers we know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeGuard

import torch
from torch import Tensor, nn

Print = list[float | str]

_IRRATIONALS = (math.sqrt(2), math.sqrt(3), math.sqrt(5))
_MOST = 1 << 20  # entries looked at; a wrong answer shows long before
_TOLERANCE = 1e-3


def fingerprint(value: object) -> Print:
    """Return ``[size, p1, p2, p3]``, or words where there are no numbers to project.

    Tensors, numbers, modules (their parameters and buffers) and lists, tuples and mappings of
    these are numbers. An exception gives ``["error", type name]``, a value with NaN or infinity in
    it ``["not finite", how many]``, anything else ``["value", type name]``.
    """
    if isinstance(value, BaseException):
        return ["error", type(value).__name__]
    parts = _numbers(value)
    if parts is None:
        return ["value", type(value).__name__]
    size = sum(part.numel() for part in parts)
    heads = [part[:_MOST].cpu().to(torch.float64) for part in parts]
    flat = torch.cat(heads)[:_MOST] if heads else torch.zeros(0, dtype=torch.float64)
    broken = int((~torch.isfinite(flat)).sum())
    if broken:
        return ["not finite", float(broken)]
    places = torch.arange(1, flat.numel() + 1, dtype=torch.int64)
    squares = (places * places).to(torch.float64)
    projections = []
    for irrational in _IRRATIONALS:
        turns = squares * irrational
        vector = 2 * (turns - turns.floor()) - 1
        total = float((vector * flat).sum()) / math.sqrt(max(flat.numel(), 1))
        projections.append(float(f"{total:.4g}"))
    return [float(size), *projections]


def same(mine: Print, theirs: Print) -> bool:
    """Whether two fingerprints are of one value, as far as rounding lets one tell."""
    if not is_numeric(mine) or not is_numeric(theirs):
        return list(mine) == list(theirs)
    # A projection can be small by cancellation: its error goes with the size of the others.
    scale = max(map(abs, [*mine[1:], *theirs[1:]]), default=0.0)
    return mine[0] == theirs[0] and all(
        abs(a - b) <= _TOLERANCE * scale for a, b in zip(mine[1:], theirs[1:], strict=True)
    )


def is_numeric(one: Print) -> TypeGuard[list[float]]:
    """Whether this is a fingerprint of numbers."""
    return len(one) == 1 + len(_IRRATIONALS) and not any(isinstance(part, str) for part in one)


def _numbers(value: object) -> list[Tensor] | None:
    """All numbers in a value as flat tensors, or None when something in it is no number."""
    if isinstance(value, Tensor):
        flat = value.detach().flatten()
        return [torch.view_as_real(flat).flatten() if flat.is_complex() else flat]
    if isinstance(value, bool | int | float):
        try:
            return [torch.tensor([float(value)], dtype=torch.float64)]
        except OverflowError:
            return [torch.tensor([math.inf], dtype=torch.float64)]
    if isinstance(value, nn.Module):
        value = [*value.parameters(), *value.buffers()]
    if isinstance(value, Mapping):
        value = [value[key] for key in sorted(value, key=str)]
    if isinstance(value, list | tuple):
        parts: list[Tensor] = []
        for item in value:
            inner = _numbers(item)
            if inner is None:
                return None
            parts += inner
        return parts
    return None
