"""The code attacks: found by looking, and each turned into a submission.

An attack is a file ``<family>/<name>.py``: what a student would have typed into the cell of the
exercises that it defines. Its docstring says what it goes for. Two constants may stand in it:
``LIMIT``, words that the feedback must hold, because the attack runs into that limit, and
``SPOILS``, true when it may cost the honest part of its own submission too.

An attack never imports what it aims at: the canaries are constants that the builder puts at the
top of the notebook. One that gets through returns `WON`, or changes a canary, or earns marks.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from grader.course import notebooks
from grader.course.labs import Lab
from tests import sample_class

ROOT = Path(__file__).parent
LAB = sample_class.LAB
HONEST = ("final_norm", "commit_layer")
"""Solved rightly in every submission: one before the attacked exercises, one after most of them."""
WON = "the attack got through"


@dataclass(frozen=True)
class Attack:
    """One code attack.

    Attributes:
        family, name: the file's place.
        code: what the student typed, docstring included.
        exercises: those of the lab that the code defines; the first one's cell holds the code.
        limit: words that the feedback of the attacked exercises must hold, or "".
        spoils: it may cost the honest part too.
    """

    family: str
    name: str
    code: str
    exercises: tuple[str, ...]
    limit: str = ""
    spoils: bool = False

    @property
    def student(self) -> str:
        """Who hands it in."""
        return f"{self.family}-{self.name}"

    def program(self, canaries: Mapping[str, object]) -> str:
        """Return the code with its canaries, to be run and called without a notebook."""
        return f"{constants(canaries)}\n{self.code}"


def find(lab: Lab) -> list[Attack]:
    """Return every attack on disk, by family and name."""
    names = [exercise.name for exercise in lab.exercises]
    return [_read(path, names) for path in sorted(ROOT.glob("*/*.py"))]


def honest_score(lab: Lab) -> float:
    """Return what the honest part is worth."""
    return sum(e.points for e in lab.exercises if e.name in HONEST)


def honest(lab: Lab, canaries: Mapping[str, object]) -> Any:
    """Return the released notebook with the honest part solved, and the canaries at its top.

    The other exercises are broken off in the middle of a line, which costs no time to grade.
    """
    notebook = notebooks.student_notebook(lab.cells, lab.name)
    for exercise in lab.exercises:
        source = exercise.cell.source if exercise.name in HONEST else f"def {exercise.name}("
        sample_class.write(notebook, exercise.name, source)
    top = nbformat.v4.new_code_cell(constants(canaries), id="canaries")
    notebook.cells.insert(0, top)
    return notebook


def submission(lab: Lab, attack: Attack, canaries: Mapping[str, object]) -> Any:
    """Return the honest notebook with an attack typed into the cells of its exercises."""
    notebook = honest(lab, canaries)
    for exercise in attack.exercises:
        sample_class.write(notebook, exercise, "# above\n")
    sample_class.write(notebook, attack.exercises[0], attack.code)
    return notebook


def constants(canaries: Mapping[str, object]) -> str:
    """Return the canaries as a notebook's constants."""
    lines = [f"{name} = {value!r}" for name, value in {"WON": WON, **canaries}.items()]
    return "\n".join(lines) + "\n"


def _read(path: Path, exercises: list[str]) -> Attack:
    code = path.read_text()
    defined: list[str] = []
    said: dict[str, Any] = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.append(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            defined.append(node.targets[0].id)
            if isinstance(node.value, ast.Constant):
                said[node.targets[0].id] = node.value.value
    attacked = tuple(name for name in exercises if name in defined)
    limit, spoils = said.get("LIMIT", ""), said.get("SPOILS", False)
    return Attack(path.parent.name, path.stem, code, attacked, limit, spoils)
