"""Mutants by number: which notebook, which mutators, what it may cost. The same seed, the same."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.draft import DoesNotApply, Draft, start

SUBMISSIONS = Path(__file__).parents[1] / "submissions"
# In the order in which they are applied: a cell is moved before it is broken, and written at last.
_LEVELS = ("structure", "sources", "documents", "files", "places")
_ONE_EACH = ("files", "places")  # two encodings, or two places, would be nonsense

_TRIES = 300

_Change = Callable[[Random, Draft], "frozenset[str] | str | None"]


@dataclass(frozen=True)
class Mutator:
    """One way to change a submission."""

    name: str
    level: str
    promise: str  # what must be kept: "all marks", "all others" or "nothing"
    change: _Change


@dataclass(frozen=True)
class Mutant:
    """One submission of the fuzzed class."""

    number: int
    base: str  # the student of the sample class whose notebook it was
    mutators: tuple[str, ...]
    draft: Draft
    costs: frozenset[str] | None  # exercises whose marks may change; None: all of them

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"mutant {self.number}, {self.base}: {' + '.join(self.mutators)}"

    def write(self, folder: Path) -> None:
        """Put it into a class folder."""
        self.draft.write(folder / self.draft.student, self.draft.bytes())


def mutators() -> list[Mutator]:
    """Find them all."""
    promises = {"Kept": "all marks", "Touched": "all others", "Lost": "nothing"}
    found = []
    for level in _LEVELS:
        module = importlib.import_module(f"tests.fuzz.{level}")
        for name, function in vars(module).items():
            own = inspect.isfunction(function) and function.__module__ == module.__name__
            if own and not name.startswith("_"):
                promise = promises[function.__annotations__["return"]]
                found.append(Mutator(name, level, promise, function))
    return found


def bases() -> dict[str, Path]:
    """Return the notebooks of the sample class, by student."""
    return {path.parents[1].name: path for path in sorted(SUBMISSIONS.glob("*/*/*.ipynb"))}


def mutants(count: int, seed: int) -> Iterator[Mutant]:
    """Make mutants; every mutator comes first in turn, with none to two others beside it."""
    known = mutators()
    for number in range(count):
        draw = Random(f"{seed} {number}")
        tries = (_mutant(number, draw, known) for _ in range(_TRIES))
        mutant = next(filter(None, tries), None)
        if mutant is None:
            raise RuntimeError(f"{known[number % len(known)].name} finds nothing to change")
        yield mutant


def _mutant(number: int, draw: Random, known: list[Mutator]) -> Mutant | None:
    """Try to make one; None where the mutators drawn find nothing to change."""
    base, path = draw.choice(list(bases().items()))
    # One that loops for ever costs a second each time.
    if base == "looping" and draw.random() < 0.8:
        return None
    first = known[number % len(known)]
    chosen = [first]
    for other in draw.sample(known, draw.choice([0, 0, 1, 1, 2])):
        levels = [mutator.level for mutator in chosen]
        too_large = "hundred_megabytes" in other.name
        if other in chosen or too_large or (other.level in _ONE_EACH and other.level in levels):
            continue
        chosen.append(other)
    if "hundred_megabytes" in first.name and number >= 2 * len(known):
        chosen[0] = next(m for m in known if m.name == "has_megabytes_of_output")
    chosen.sort(key=lambda mutator: _LEVELS.index(mutator.level))
    draft = start(path, f"m{number:05}")
    costs: set[str] = set()
    everything = not draft.notebook
    for mutator in chosen:
        try:
            cost = mutator.change(draw, draft)
        except DoesNotApply:
            return None
        everything |= mutator.promise == "nothing"
        costs |= cost if isinstance(cost, frozenset) else frozenset()
    names = tuple(mutator.name for mutator in chosen)
    return Mutant(number, base, names, draft, None if everything else frozenset(costs))
