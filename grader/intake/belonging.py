"""Which lab a notebook belongs to when its name does not tell: by what stands in it.

The released notebook carries its lab's name as its title; a student who lost that still has the
exercises, by their cells' grade ids or as functions. Nothing of it is run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from grader.course.labs import Lab
from grader.intake import naming, reading


def told(path: Path, labs: Sequence[Lab]) -> tuple[Lab | None, str]:
    """Tell the lab of a notebook from its content.

    Args:
        path: the notebook; it may be damaged.
        labs: all labs of the course.

    Returns:
        (the lab, ""), or (None, why it cannot be told: a sentence).
    """
    if path.is_symlink() or not path.is_file():
        return None, "its name tells no lab, and it is a link or a folder, not a file"
    try:
        notebook = reading.read(path)
    except reading.Unreadable as error:
        return None, f"its name tells no lab, and it cannot be read: {error}"
    if titled := naming.lab_named(notebook.title, labs):
        return titled, ""
    asked = Counter(exercise.name for lab in labs for exercise in lab.exercises)
    grade_ids = {cell.grade_id for cell in notebook.cells}
    code = "\n".join(cell.source for cell in notebook.code)
    defined = set(re.findall(r"^(?:async +)?(?:def|class) +(\w+)", code, re.MULTILINE))
    # An exercise that two labs have tells neither.
    found = [
        lab
        for lab in labs
        if any(asked[e.name] == 1 and e.name in grade_ids | defined for e in lab.exercises)
    ]
    if len(found) == 1:
        return found[0], ""
    if found:
        names = " and ".join(lab.name for lab in found)
        return None, f"its name tells no lab, and it holds exercises of {names}"
    return None, "neither its name nor what stands in it tells a lab"
