"""What each feature's module gives: templates, and the words for one pair of twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Twins:
    """The words for two texts of one template.

    Attributes:
        without, having: a word for each slot; they differ in the feature's slots alone.
        filler: which word, or pair of words, carries the feature.
    """

    without: Mapping[str, str]
    having: Mapping[str, str]
    filler: int


class Feature(Protocol):
    """The module of a feature, as `labelled` uses it."""

    NAMES: tuple[str, str]
    TEMPLATES: tuple[str, ...]

    def twins(self, rng: Random, template: int) -> Twins:
        """Draw the words for two texts of a template."""


def pick(rng: Random, items: Sequence[_Item]) -> tuple[int, _Item]:
    """Draw an item, and say which it is."""
    place = rng.randrange(len(items))
    return place, items[place]


def capital(words: str) -> str:
    """Begin with a capital letter, and leave the other letters alone."""
    return words[:1].upper() + words[1:]
