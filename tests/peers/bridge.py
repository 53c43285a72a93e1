"""Our hidden checks inside another grader's kernel, on the functions of the notebook in it.

So that each grader does the same work: same checks, same seeds, same inputs. What is ours alone
stays out: no worker, no line between check and student, and no search for the mistake's name.

What the checks said and what was returned goes to the file ``PEERS_TOLD``, a line a student's
exercise: it tells of an attack that got through.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from grader.course import labs
from grader.course.labs import Lab
from grader.judging import plugin
from grader.judging import score as marks
from grader.judging.exam import Key, LocalExam
from grader.records import CheckResult, Submission
from grader.seeds import PUBLIC

_taken: dict[str, dict[str, bool]] = {}  # exercise -> check -> did it hold; a kernel is one student


def score(lab: str, exercise: str, notebook: Mapping[str, Any]) -> float:
    """Return the points of one exercise: what a hidden test cell of nbgrader ends on.

    Args:
        lab: its folder's name.
        exercise: whose checks to run.
        notebook: the notebook's own names, as ``globals()`` has them.
    """
    asked = labs.named(lab)
    checks = [
        CheckResult(name, "PASS" if held else "FAIL")
        for name, held in _sit(asked, exercise, notebook).items()
    ]
    result = marks.score(Submission("", asked.name, None), asked, {exercise: checks})
    return next(e.score for e in result.exercises if e.name == exercise)


def holds(lab: str, exercise: str, check: str, notebook: Mapping[str, Any]) -> bool:
    """Does one check hold? The exercise's checks are run once, at the first question."""
    if exercise not in _taken:
        _taken[exercise] = _sit(labs.named(lab), exercise, notebook)
    return _taken[exercise][check]


def names(lab: Lab, exercise: str) -> list[str]:
    """Return the names of an exercise's checks."""
    return [check.name for check in plugin.checks(lab, [exercise])]


def _sit(lab: Lab, exercise: str, notebook: Mapping[str, Any]) -> dict[str, bool]:
    # Some notebooks say their student's name only near the end; it decides the inputs, no more.
    key = Key(PUBLIC, str(notebook.get("student_name") or "nobody"), lab)
    outcomes = plugin.run(LocalExam(key, dict(notebook)), [exercise])
    if path := os.environ.get("PEERS_TOLD"):
        with open(path, "a") as file:
            said = [f"{outcome.message} {outcome.trace!r}"[:4000] for outcome in outcomes]
            file.write(json.dumps([str(notebook.get("STUDENT", "")), said]) + "\n")
    return {outcome.check: outcome.status == "PASS" for outcome in outcomes}
