"""What a saved notebook holds of a lab: what is written, and what of it grading will not have.

It reads cells as the grader does (`labkit.leaning`), runs nothing and marks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labkit import history
from labkit.bindings import Part, defined_by, imported_by, is_unwritten
from labkit.checking.notebook import leanings
from labkit.leaning import Survivors, survivors

# A cell as it was given, a class with one method left to write, a value to fill in.
_GIVEN = re.compile(r"^ *# YOUR CODE HERE\n *raise NotImplementedError\(\)", re.MULTILINE)


@dataclass(frozen=True)
class Inventory:
    """What was found in a notebook.

    Attributes:
        written: the exercises that were written, or at least begun, in the lab's order.
        unwritten: those that are still as they were given.
        unanswered: written questions that nobody answered.
        warnings: what will not survive, a sentence each.
    """

    written: tuple[str, ...]
    unwritten: tuple[str, ...]
    unanswered: int
    warnings: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return it as lines of text."""
        count = len(self.written) + len(self.unwritten)
        lines = [f"written: {len(self.written)} of {count} exercises"]
        if self.unwritten:
            lines.append(f"not written: {', '.join(self.unwritten)}")
        if self.unanswered:
            one = self.unanswered == 1
            lines.append(f"{self.unanswered} question{'' if one else 's'} not answered")
        return lines + [f"careful: {warning}" for warning in self.warnings]


def take(document: dict[str, Any], exercises: Sequence[str]) -> Inventory:
    """Take a notebook's inventory.

    Args:
        document: the notebook's JSON.
        exercises: the names of the lab's exercises, in order.
    """
    cells = [cell for cell in document.get("cells", []) if isinstance(cell, dict)]
    code = [_source(cell) for cell in cells if cell.get("cell_type") == "code"]
    found = survivors(code, keep=exercises)
    parts = [Part(k.cell, k.node, defined_by(k.node), imported_by(k.node)) for k in found.kept]
    defined = set().union(*(part.defined | part.imported for part in parts))
    own = {name: [p.cell for p in parts if name in p.defined] for name in exercises}
    unwritten = tuple(
        name
        for name in exercises
        if is_unwritten(name, parts) or (own[name] and _GIVEN.search(code[own[name][-1] - 1]))
    )
    written = tuple(name for name in exercises if name in defined and name not in unwritten)
    warnings = [f"code cell {n} is not valid Python ({why})" for n, why in found.broken.items()]
    for name in exercises:
        if name not in defined:
            warnings.append(_lost(name, found))
        elif leaning := leanings(name, code, exercises) if name in written else {}:
            variables = " and ".join(f"`{v}` (code cell {cell})" for v, cell in leaning.items())
            warnings.append(
                f"`{name}` uses {variables}, which will not be there when it is graded: compute it "
                "inside the function, or make it an argument"
            )
    warnings += [
        f"the `{name}` in this file is not the one that ran last: save the notebook (Ctrl-S), or "
        "run the cell again, then submit once more"
        for name in history.newer_than(code, written)
    ]
    return Inventory(written, unwritten, sum(map(_unanswered, cells)), tuple(warnings))


def _lost(name: str, found: Survivors) -> str:
    if name in found.left_out:
        return (
            f"`{name}` is made in code cell {found.left_out[name]} inside something that grading "
            "does not run: define it at the top level of a cell"
        )
    return f"`{name}` is not in the notebook: its cell was removed or renamed"


def _unanswered(cell: dict[str, Any]) -> bool:
    return cell.get("cell_type") == "markdown" and _source(cell).rstrip().endswith(
        "YOUR ANSWER HERE"
    )


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)
