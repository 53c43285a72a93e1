"""Marks from outcomes: a share of the points per passed check; a fault of ours costs nothing."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, get_args

import pytest

from grader.course.labs import Exercise, Lab
from grader.judging.score import score, without_marks
from grader.records import CheckResult, CheckStatus, LabResult, ManualQuestion, Submission


def lab(*points: float) -> Lab:
    cell: Any = None
    exercises = tuple(Exercise(f"e{n}", value, cell) for n, value in enumerate(points))
    return Lab("01_x", "x", Path("/nowhere"), (), exercises, (ManualQuestion("why", 2.0),))


def graded(points: list[float], *statuses: str, notes: tuple[str, ...] = ()) -> LabResult:
    """One string of letters per exercise: P, F, E for what the check gave, X for a fault."""
    names = {"P": "PASS", "F": "FAIL", "E": "ERROR", "X": "FAULT"}
    checks: dict[str, list[CheckResult]] = {
        f"e{n}": [CheckResult(f"test_{i}", names[letter]) for i, letter in enumerate(letters)]  # type: ignore[arg-type]
        for n, letters in enumerate(statuses)
    }
    return score(Submission("ada", "01_x", Path("n.ipynb")), lab(*points), checks, notes)


@pytest.mark.parametrize(
    ("statuses", "share"),
    [
        ("PPPP", 1.0), ("PPPF", 0.75), ("PPEE", 0.5), ("PFEF", 0.25), ("FFFF", 0.0), ("EEEE", 0.0),
        ("P", 1.0), ("F", 0.0), ("XPPF", 2 / 3), ("XXXF", 0.0), ("XXXP", 1.0), ("XX", 1.0),
        ("X", 1.0), ("", 0.0),
    ],
)  # fmt: skip
def test_an_exercise_earns_its_points_in_the_proportion_of_passed_checks(
    statuses: str, share: float
) -> None:
    result = graded([6.0], statuses)
    assert result.exercises[0].score == pytest.approx(6 * share, abs=1e-4)
    assert result.score == result.exercises[0].score
    assert result.exercises[0].max_score == 6.0


def test_every_status_is_known_here() -> None:
    assert set(get_args(CheckStatus)) == {"PASS", "FAIL", "ERROR", "FAULT"}


def test_the_lab_is_the_sum_in_the_labs_order_with_what_nobody_checked_at_zero() -> None:
    result = graded([3.0, 2.0, 5.0], "PF", "PP")
    assert [(e.name, e.score, e.max_score) for e in result.exercises] == [
        ("e0", 1.5, 3.0), ("e1", 2.0, 2.0), ("e2", 0.0, 5.0),
    ]  # fmt: skip
    assert (result.score, result.max_score) == (3.5, 10.0)
    assert (result.student, result.lab, result.status, result.reason) == (
        "ada",
        "01_x",
        "graded",
        "",
    )
    assert result.manual == (ManualQuestion("why", 2.0),)


def test_written_questions_are_not_in_the_maximum() -> None:
    assert graded([3.0], "P").max_score == 3.0


def test_sums_are_rounded_and_full_marks_are_the_maximum() -> None:
    for points in ([0.1] * 3 + [0.7], [0.1, 0.2], [0.7, 0.1, 0.1]):
        result = graded(points, *["PPP"] * len(points))
        assert result.score == result.max_score
        assert len(str(result.max_score)) <= 6
    assert graded([1.0] * 3, "PFF", "PFF", "PFF").score == pytest.approx(1.0, abs=2e-4)


def test_marks_lie_between_zero_and_the_points_and_a_pass_never_costs() -> None:
    for letters in itertools.product("PFEX", repeat=4):
        mine = graded([7.0], "".join(letters)).score
        assert 0 <= mine <= 7.0
        for place in range(4):
            better = "".join([*letters[:place], "P", *letters[place + 1 :]])
            assert graded([7.0], better).score >= mine or letters[place] == "X"


def test_a_fault_is_said_to_the_instructor() -> None:
    assert "1 check broke through our own fault" in graded([1.0], "PX").reason
    both = graded([1.0, 1.0], "PX", "X", notes=("a note", "another"))
    assert both.reason.startswith("a note; another; 2 checks broke through our own fault")
    assert both.reason.endswith("an instructor must look")


def test_checks_are_kept_as_they_came_and_strangers_are_ignored() -> None:
    mine = CheckResult("test_a", "FAIL", "it is not", "You forgot")
    submission = Submission("ada", "01_x", None)
    result = score(submission, lab(1.0), {"e0": [mine], "other": [CheckResult("b", "PASS")]})
    assert result.exercises[0].checks == (mine,)
    assert len(result.exercises) == 1
    assert result.score == 0.0


def test_without_marks_says_why_and_names_every_exercise() -> None:
    submission = Submission("bob", "01_x", None, "missing", "no folder 01_x")
    result = without_marks(submission, lab(3.0, 2.0))
    assert (result.status, result.reason) == ("missing", "no folder 01_x")
    assert (result.score, result.max_score) == (0.0, 5.0)
    assert [(e.name, e.score, e.checks) for e in result.exercises] == [("e0", 0, ()), ("e1", 0, ())]
    assert result.manual == (ManualQuestion("why", 2.0),)
