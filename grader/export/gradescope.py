"""``--to gradescope``: a ``results.json`` per submission, as a Gradescope autograder writes it.

``<target>/<submission>/results.json``, named as in the download the class was graded from, else by
the student. The fields are those of Gradescope's autograder specification: ``score`` is the final
mark (it overrides the sum of the tests), each exercise is a test with its own points, and what a
student reads about it is the test's ``output``. Nothing hidden is in it: its text is the feedback
page's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.course.labs import Lab
from grader.ledger.results import replace
from grader.marks.rules import FinalMark
from grader.marks.run import Marks
from grader.pages import places
from grader.pages.feedback import sentence
from grader.records import ExerciseResult, LabResult

USUAL = "gradescope"
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def write(marks: Marks, labs: Mapping[str, Lab], target: Path) -> str:
    """Write one file for each submission; see `grader.export`.

    Raises:
        UserError: the marks are of several labs.
        OSError: a file cannot be written.
    """
    lab = marks.only_lab()
    names: dict[str, LabResult] = {}
    for result in marks.results:
        came = marks.came(result)
        own = came.key if came and came.system == "gradescope" and came.key else result.student
        names.setdefault(own, result)  # a group's submission is one
    folders = places.file_names(names)
    for name, result in names.items():
        data = to_bytes(document(result, marks.final(result)))
        replace(target / folders[name] / "results.json", data)
    return f"{len(names)} submissions of {lab}: {target / '<submission>' / 'results.json'}"


def document(result: LabResult, mark: FinalMark) -> dict[str, Any]:
    """What Gradescope reads of one result."""
    said = [result.reason] if result.reason else []
    if mark.final is not None:
        said += mark.reasons
    return {
        "score": round(mark.final or 0.0, 4),
        "output": _text("\n".join(said)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(exercise, result) for exercise in result.exercises],
        "extra_data": {
            "lab": result.lab, "student": _text(result.student), "status": result.status,
            "raw": result.score, "max": result.max_score,
        },
    }  # fmt: skip


def to_bytes(content: dict[str, Any]) -> bytes:
    """The file's bytes: ASCII, since a name can hold what UTF-8 cannot."""
    return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode("ascii")


def _test(exercise: ExerciseResult, result: LabResult) -> dict[str, Any]:
    full = result.status == "graded" and exercise.score >= exercise.max_score
    return {
        "name": exercise.name,
        "score": exercise.score,
        "max_score": exercise.max_score,
        "status": "passed" if full else "failed",
        "output": _text(_output(exercise)),
        "output_format": "text",
        "visibility": "visible",
    }


def _output(exercise: ExerciseResult) -> str:
    """The mistake that was recognised, then each property that does not hold; then the count."""
    bad = [check for check in exercise.checks if check.status in ("FAIL", "ERROR")]
    lines = [check.misconception for check in bad if check.misconception]
    for check in bad:
        first, rest = sentence(check.message)
        lines += [f"{first}\n{rest}" if rest else first]
    faults = sum(check.status == "FAULT" for check in exercise.checks)
    if faults:
        lines.append(f"{faults} checks broke through our own fault and do not count")
    passed = sum(check.status == "PASS" for check in exercise.checks)
    if exercise.checks:
        lines.append(f"{passed} of {len(exercise.checks)} checks pass")
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _text(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)
