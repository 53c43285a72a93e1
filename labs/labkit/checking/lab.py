"""The lab around a notebook: its exercises in order, their points, and their misconceptions.

All of it stands in ``misconceptions.json`` beside the notebook, which ``grader release`` makes:

    {"lab": "01_logit_lens",
     "exercises": [{"name": "residual_stack", "points": 2.0,
                    "misconceptions": [{"name": ..., "sentence": ..., "prints": [...]}]}]}

Without the file a check still works; it then knows no misconceptions and no next exercise.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.checking.fingerprints import Print, is_numeric, same

FILE = "misconceptions.json"


@dataclass(frozen=True)
class Misconception:
    """A known mistake: its name, the sentence for the student, and what the check sees of it."""

    name: str
    sentence: str
    prints: tuple[Print, ...]


@dataclass(frozen=True)
class Exercise:
    """An exercise of the lab, in so far as the check needs to know it."""

    name: str
    points: float
    misconceptions: tuple[Misconception, ...]

    def recognise(self, prints: Sequence[Print]) -> list[Misconception]:
        """Return the misconceptions that leave these prints: none, one, or some alike to it.

        All prints have to agree, the place where the check stopped among them. A run that ended in
        an exception, or in no numbers at all, is not evidence enough.
        """
        returned = [one for one in prints if one[0] != "stop"]
        if not returned or not (is_numeric(returned[-1]) or returned[-1][0] == "not finite"):
            return []
        return [
            known
            for known in self.misconceptions
            if len(known.prints) == len(prints) and all(map(same, prints, known.prints))
        ]


@dataclass(frozen=True)
class Lab:
    """A lab's exercises in the notebook's order."""

    name: str
    exercises: tuple[Exercise, ...]

    def exercise(self, name: str) -> Exercise | None:
        """Return the exercise of this name, or None."""
        return next((one for one in self.exercises if one.name == name), None)

    def next_after(self, name: str, passed: Collection[str]) -> Exercise | None:
        """Return the next exercise to work on: later ones first, then those left behind."""
        names = [one.name for one in self.exercises]
        start = names.index(name) + 1 if name in names else 0
        order = [*self.exercises[start:], *self.exercises[:start]]
        return next((one for one in order if one.name not in passed), None)

    def progress(self, passed: Collection[str]) -> tuple[int, int]:
        """Return how many of the lab's exercises pass, and how many there are."""
        return sum(one.name in passed for one in self.exercises), len(self.exercises)


def find(exercise: str, folders: Iterable[Path]) -> Lab | None:
    """Return the first lab in these folders that has the exercise."""
    for folder in folders:
        lab = read(folder / FILE)
        if lab is not None and lab.exercise(exercise) is not None:
            return lab
    return None


def read(path: Path) -> Lab | None:
    """Read a lab's file; None when there is none, or it is damaged: a check needs it only to help.

    Args:
        path: the ``misconceptions.json``.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        exercises = tuple(
            Exercise(
                str(one["name"]),
                float(one["points"]),
                tuple(map(_misconception, one["misconceptions"])),
            )
            for one in content["exercises"]
        )
        return Lab(str(content["lab"]), exercises)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _misconception(known: dict[str, Any]) -> Misconception:
    prints = tuple(list(one) for one in known["prints"])
    return Misconception(str(known["name"]), str(known["sentence"]), prints)
