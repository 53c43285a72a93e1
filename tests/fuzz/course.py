"""Lab 01 with cheap checks only: a real notebook is then graded in a twentieth of a second."""

from __future__ import annotations

import shutil
from pathlib import Path

from grader.course import labs
from grader.course.labs import Lab
from tests.fuzz.draft import EXERCISES, LAB

_VALUE_CHECK = '''\
"""A check of the challenge's answer that plants no model."""

from grader.assertions import holds


def test_is_filled_in(student):
    """`challenge_answer` is a dict of four entries, and all are filled in."""
    answer = student.value("challenge_answer")
    holds(isinstance(answer, dict) and len(answer) == 4, "There are not four entries.")
    holds(all(value is not None for value in answer.values()), "An entry is not filled in.")
'''


def write_course(root: Path) -> Lab:
    """Write lab 01 into a folder, with the checks of `EXERCISES` alone; return it."""
    junk = shutil.ignore_patterns("__pycache__")
    real = labs.named(LAB)
    for folder in ("solutions", "labs"):
        shutil.copytree(labs.ROOT / folder / LAB, root / folder / LAB, ignore=junk)
    checks = root / "grader" / "checks" / LAB
    (checks / "misconceptions").mkdir(parents=True)
    for name in EXERCISES:
        if name == "challenge_answer":
            (checks / f"test_{name}.py").write_text(_VALUE_CHECK)
            continue
        shutil.copy(real.checks / f"test_{name}.py", checks)
        shutil.copy(real.checks / "misconceptions" / f"{name}.py", checks / "misconceptions")
    return labs.find(root)[LAB]
