"""Whose fault it is: a check that breaks on what a student returned costs the student that check.

Only a check that breaks on the solution too, or a worker that cannot be started, is our own fault.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.labs import Lab
from grader.judging import plugin
from grader.judging.exam import Outcome
from grader.judging.judge import Judge
from grader.records import ExerciseResult, LabResult, Submission
from grader.workers.processes import Nursery
from tests import small_course

STUMBLES = '''

def test_third_number(student):
    """The third number of the first row is what is left of it."""
    import torch

    row = student.center(torch.tensor([[1.0, 2.0, 6.0]], dtype=torch.float64))[0].tolist()
    assert row[2] == 3.0
'''
BREAKS = '''

def test_ours(student):
    """It breaks whatever comes back."""
    import torch

    return [][len(student.center(torch.ones(1, 3)))]
'''


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return small_course.write_course(tmp_path / "course")


def graded(nursery: Nursery, lab: Lab, folder: Path, answer: str) -> LabResult:
    path = folder / "small.ipynb"
    path.write_bytes(small_course.notebook(lab, {"center": answer}))
    return Judge(nursery).grade(Submission("ann", lab.name, path), lab)


def add(lab: Lab, check: str) -> None:
    path = lab.checks / "test_center.py"
    path.write_text(path.read_text() + check)


def exercise(result: LabResult, name: str) -> ExerciseResult:
    return next(mark for mark in result.exercises if mark.name == name)


HONEST = "def center(x):\n    return x - x.mean(-1, keepdim=True)\n"
SHORT = "def center(x):\n    return (x - x.mean(-1, keepdim=True))[:, :0]\n"


def test_a_reply_over_which_a_check_stumbles_takes_no_check_out_of_the_mark(
    nursery: Nursery, lab: Lab, tmp_path: Path
) -> None:
    add(lab, STUMBLES)
    assert exercise(graded(nursery, lab, tmp_path, HONEST), "center").score == 2
    mark = exercise(graded(nursery, lab, tmp_path, SHORT), "center")
    check = next(check for check in mark.checks if check.id == "test_third_number")
    assert check.status == "FAIL"
    assert check.message == (
        "The third number of the first row is what is left of it.\n"
        "What came back has not the form that the exercise asks for: it could not be looked at."
    )
    assert mark.score == 0


def test_a_check_that_breaks_on_the_solution_too_is_ours(
    nursery: Nursery, lab: Lab, tmp_path: Path
) -> None:
    add(lab, BREAKS)
    result = graded(nursery, lab, tmp_path, HONEST)
    mark = exercise(result, "center")
    assert [check.status for check in mark.checks] == ["PASS", "PASS", "FAULT"]
    assert mark.score == 2  # it does not count
    assert "broke through our own fault" in result.reason


def test_a_worker_that_cannot_be_started_is_ours(
    nursery: Nursery, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(lab_folder: Path) -> None:
        raise OSError("no worker could be started: out of luck")

    monkeypatch.setattr(nursery, "session", refuse)
    result = graded(nursery, lab, tmp_path, HONEST)
    statuses = {check.status for mark in result.exercises for check in mark.checks}
    assert statuses == {"FAULT"}


def test_a_fault_is_tried_again_before_anybody_is_told(
    nursery: Nursery, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = plugin.run

    def unlucky(*args: object) -> list[Outcome]:
        outcomes = run(*args)  # type: ignore[arg-type]
        outcomes[0] = Outcome(outcomes[0].of, "FAULT", "a passing cloud", error=OSError())
        return outcomes

    monkeypatch.setattr(plugin, "run", unlucky)
    result = graded(nursery, lab, tmp_path, HONEST)
    assert result.score == result.max_score
    assert result.reason == ""
