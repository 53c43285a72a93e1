"""Marks from outcomes: arithmetic only, no input or output.

An exercise earns its points in the proportion of its checks that pass. A FAULT is ours: that
check does not count either way, and the result says that somebody must look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.course.labs import Lab
from grader.records import CheckResult, ExerciseResult, LabResult, Submission


def score(
    submission: Submission,
    lab: Lab,
    checks: Mapping[str, Sequence[CheckResult]],
    notes: Sequence[str] = (),
) -> LabResult:
    """Turn the outcomes of a lab's checks into marks.

    Args:
        submission: whose they are.
        lab: exercises and points.
        checks: the outcomes by exercise.
        notes: remarks on the notebook; they become the reason.
    """
    exercises = tuple(
        ExerciseResult(
            exercise.name,
            _share(exercise.points, checks.get(exercise.name, ())),
            exercise.points,
            tuple(checks.get(exercise.name, ())),
        )
        for exercise in lab.exercises
    )
    faults = sum(check.status == "FAULT" for e in exercises for check in e.checks)
    remarks = list(notes)
    if faults:
        remarks.append(
            f"{faults} {'check' if faults == 1 else 'checks'} broke through our own fault and "
            "did not count: an instructor must look"
        )
    return LabResult(
        submission.student,
        lab.name,
        "graded",
        "; ".join(remarks),
        round(sum(e.score for e in exercises), 4),
        round(lab.max_score, 4),
        exercises,
        lab.questions,
    )


def without_marks(submission: Submission, lab: Lab) -> LabResult:
    """Make the result of a submission that could not be graded; its reason says why."""
    exercises = tuple(ExerciseResult(e.name, 0.0, e.points, ()) for e in lab.exercises)
    return LabResult(
        submission.student,
        lab.name,
        submission.status,
        submission.reason,
        0.0,
        round(lab.max_score, 4),
        exercises,
        lab.questions,
    )


def _share(points: float, checks: Sequence[CheckResult]) -> float:
    counted = [check for check in checks if check.status != "FAULT"]
    if not counted:
        # All our fault, or no checks at all: never a student's zero.
        return points if checks else 0.0
    passed = sum(check.status == "PASS" for check in counted)
    return round(points * passed / len(counted), 4)
