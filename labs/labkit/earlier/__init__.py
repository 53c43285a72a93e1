"""The functions that a student wrote in earlier labs, at work in a later one (lab 07).

    from labkit import earlier
    earlier.evaluate(scores, labels)   # yours from lab 04 where it works, else a stand-in
    earlier.table()                    # function, lab, whose, and why

A function is looked for in the notebook of its lab, beside the folder that Python runs in
(``../04_probes/probes.ipynb``). Its definition is taken out as in grading: the imports and what it
leads to, no experiments. Then it has to pass a few properties on random data, in a given time.
Where there is no notebook (in grading there is none), or it does not pass, a stand-in does the
work, made of scikit-learn, scipy and PyTorch: it gives what the lab's text promises, and it is
nobody's solution.

    taking     from a notebook to a function
    trying     within a time limit
    accepting  the properties of each function
    standins   the stand-ins
    choosing   which of the two, and why: `table`, `choose`
"""

from __future__ import annotations

from typing import Any

from labkit.earlier.accepting import ACCEPTANCE, LABS
from labkit.earlier.choosing import Choice, Table, choose, forget, table

__all__ = ["LABS", "Choice", "Table", "choose", "forget", "table"]


def __getattr__(name: str) -> Any:
    if name in ACCEPTANCE:
        return choose(name).function
    raise AttributeError(f"labkit.earlier has no function {name!r}: there is {', '.join(LABS)}")


def __dir__() -> list[str]:
    return sorted([*__all__, *LABS])
