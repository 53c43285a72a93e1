"""How the checks of this kernel went, and the block that says so: what to do next, how far one is.

Progress is kept in the kernel's memory alone. Running the notebook again restores it, and it can
never say something else than the notebook does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.checking import lab as labs
from labkit.checking import notebook
from labkit.checking.block import Block, Status
from labkit.checking.fingerprints import Print


class CheckFailed(AssertionError):
    """Raised at the end of a failed check under nbgrader, which marks a cell by its exception."""


@dataclass(frozen=True)
class Outcome:
    """How an exercise's check went the last time it ran in this process.

    Attributes:
        name: the exercise.
        status: "passed", "failed", "unwritten" or "blocked".
        sentence: what is wrong, empty when it passed.
        misconceptions: the names of those that were recognised; several when this check cannot
            tell them apart.
    """

    name: str
    status: Status
    sentence: str = ""
    misconceptions: tuple[str, ...] = ()


listeners: list[Callable[[Outcome], None]] = []
"""Called with each outcome after it is shown; a workshop's board is one. They must not raise."""


class Desk:
    """What the checks of one process share.

    Attributes:
        outcomes: by exercise; the last run counts.
        folder: where ``misconceptions.json`` lies; None for the working directory, which is the
            notebook's own in Jupyter, or a lab below it.
    """

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.folder: Path | None = None

    def finish(self, block: Block, prints: Sequence[Print], is_value: bool) -> None:
        """Complete a block with all that is known of its exercise, show it, and remember it.

        Args:
            block: the result as the check cell found it.
            prints: the fingerprints of this run.
            is_value: whether the exercise is a value; its cell survives into grading by itself.

        Raises:
            CheckFailed: it did not pass and nbgrader is running the notebook.
        """
        lab = labs.find(block.name, self._folders())
        exercise = lab.exercise(block.name) if lab else None
        known = exercise.recognise(prints) if exercise and block.status == "failed" else []
        sentence = "; ".join(filter(None, [block.should, block.sentence]))
        self.outcomes[block.name] = Outcome(
            block.name, block.status, sentence, tuple(one.name for one in known)
        )
        passed = {name for name, one in self.outcomes.items() if one.status == "passed"}
        exercises = {one.name for one in lab.exercises} if lab else set()
        warns = not is_value and block.status in ("passed", "failed")
        notebook.show(
            replace(
                block,
                misconceptions=tuple(one.sentence for one in known),
                warning=_leaning(block.name, exercises) if warns else "",
                next_step=_next_step(block, lab, passed, is_value),
                lab=lab.name if lab else "",
                progress=lab.progress(passed) if lab else None,
            )
        )
        for listener in listeners:
            listener(self.outcomes[block.name])
        if block.status != "passed" and os.environ.get("NBGRADER_EXECUTION"):
            raise CheckFailed(f"{block.name}: {sentence or block.status}") from None

    def _folders(self) -> list[Path]:
        if self.folder is not None:
            return [self.folder]
        here = Path.cwd()
        return [here, *sorted(here.glob("labs/*/")), *sorted(here.glob("[0-9]*/"))]


def _next_step(block: Block, lab: labs.Lab | None, passed: Collection[str], is_value: bool) -> str:
    if block.status == "blocked":
        return ""
    if block.status == "unwritten":
        what = "fill in its value" if is_value else "replace `raise NotImplementedError()`"
        return f"{what} in the cell above, run that cell, then this one again."
    if block.status == "failed":
        return f"change `{block.name}`, run its cell, then this one again."
    following = lab.next_after(block.name, passed) if lab else None
    if following is not None:
        points = f"{following.points:g} point{'' if following.points == 1 else 's'}"
        return f"exercise `{following.name}` ({points})."
    return "every exercise of this lab passes its visible check." if lab else ""


def _leaning(name: str, exercises: Collection[str]) -> str:
    try:
        found = notebook.leanings(name, notebook.cells(), exercises)
    except Exception:  # any notebook can stand behind this; a warning is not worth a failed check
        return ""
    if not found:
        return ""
    made = " and ".join(f"`{variable}` (cell [{number}])" for variable, number in found.items())
    one = len(found) == 1
    return (
        f"`{name}` uses the notebook variable{'' if one else 's'} {made}, which will not be there "
        f"when it is graded. Make {'it an argument' if one else 'them arguments'}, or compute "
        f"{'it' if one else 'them'} inside the function."
    )
