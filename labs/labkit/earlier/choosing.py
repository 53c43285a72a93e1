"""Yours or a stand-in: one decision for each function, and the table of all of them."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.earlier import standins
from labkit.earlier.accepting import ACCEPTANCE, LABS, SECONDS
from labkit.earlier.taking import function
from labkit.earlier.trying import why_not
from labkit.errors import LabError

_TO_TAKE = 60.0  # seconds: the imports of a notebook come with the first of its functions
_HEADINGS = ("function", "lab", "whose", "why")


@dataclass(frozen=True)
class Choice:
    """Which function does the work.

    Attributes:
        name, lab: of the function.
        whose: "yours" or "stand-in".
        why: in one line.
    """

    name: str
    lab: str
    whose: str
    why: str
    function: Callable[..., Any] = field(repr=False)


@dataclass(frozen=True)
class Table:
    """The choices, printed as a table."""

    choices: tuple[Choice, ...]

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Function, lab, whose and why, for each."""
        return [(c.name, c.lab, c.whose, c.why) for c in self.choices]

    def __str__(self) -> str:
        rows = [_HEADINGS, *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return "\n".join(
            "  ".join([*(text.ljust(w) for text, w in zip(row, widths, strict=False)), row[3]])
            for row in rows
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        lines = [
            "".join(f"<{tag} style='text-align:left'>{html.escape(text)}</{tag}>" for text in row)
            for tag, row in [("th", _HEADINGS), *(("td", row) for row in self.rows)]
        ]
        return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


_chosen: dict[tuple[str, Path], Choice] = {}


def choose(name: str, folder: Path | None = None) -> Choice:
    """Decide once who does the work of a function.

    Args:
        name: one of `LABS`.
        folder: holds the labs' folders; by default the one above the working directory.

    Raises:
        LabError: no such function.
    """
    if name not in LABS:
        raise LabError(f"labkit.earlier has no function {name!r}: there is {', '.join(LABS)}")
    above = _above() if folder is None else folder
    if (name, above) not in _chosen:
        _chosen[name, above] = _decide(name, above)
    return _chosen[name, above]


def table(names: Sequence[str] = tuple(LABS), folder: Path | None = None) -> Table:
    """Return who does the work of each function, and why.

    Raises:
        LabError: a function that is not there.
    """
    return Table(tuple(choose(name, folder) for name in names))


def forget() -> None:
    """Decide anew the next time: for a notebook in which something was mended since."""
    _chosen.clear()


def _above() -> Path:
    try:
        return Path.cwd().parent
    except OSError:  # a working directory that is gone, or that may not be looked at
        return Path("/nonexistent")


def _decide(name: str, folder: Path) -> Choice:
    lab = LABS[name]
    notebook = folder / lab / f"{lab[3:]}.ipynb"
    substitute: Callable[..., Any] = getattr(standins, name)
    taken: list[Any] = []
    steps = (
        (lambda: taken.append(function(notebook, name)), _TO_TAKE),
        (lambda: ACCEPTANCE[name](taken[0]), SECONDS),
    )
    # A definition may hang as well as a call: a default value is computed with it.
    why = next((said for step, limit in steps if (said := why_not(step, limit))), "")
    if why:
        return Choice(name, lab, "stand-in", why, substitute)
    return Choice(name, lab, "yours", "it passes", taken[0])
