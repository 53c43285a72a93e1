"""What took longest: kept beside the results, and shown for those of whom it is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from grader.ledger import timings
from grader.pages import feedback, report
from grader.pages.rows import OfLab
from grader.pages.times import times
from grader.records import CheckResult, ExerciseResult, LabResult, Timing

LAB = "01_logit_lens"


def _result(student: str, status: str = "graded") -> LabResult:
    checks = (CheckResult("test_a", "PASS"),)
    names = ("quick", "slow", "<i>odd</i>")
    exercises = tuple(ExerciseResult(name, 1.0, 1.0, checks) for name in names)
    return LabResult(student, LAB, status, "", 3.0, 3.0, exercises)  # type: ignore[arg-type]


def _timing(student: str, quick: float, slow: float, rest: float = 0.5) -> Timing:
    return Timing(student, LAB, {"quick": quick, "slow": slow}, rest)


def test_what_is_added_is_read_and_an_exercise_taken_over_keeps_its_seconds(tmp_path: Path) -> None:
    path = tmp_path / timings.FILE
    assert timings.read(path) == {}
    timings.add(path, _timing("ada", 0.123456, 2))
    timings.add(path, _timing("bö\udce9", 1, 1))
    timings.add(path, Timing("ada", LAB, {"slow": 3.0}, 0.25))
    assert timings.read(path) == {
        ("ada", LAB): Timing("ada", LAB, {"quick": 0.1235, "slow": 3.0}, 0.25),
        ("bö\udce9", LAB): _timing("bö\udce9", 1, 1),
    }
    assert len(path.read_bytes().splitlines()) == 3


@pytest.mark.parametrize(
    "line",
    [
        '{"student": "eve", "la', "[]", "null", "7", "{}", "\xff\xfe",
        '{"student": "eve", "lab": "l", "exercises": {"a": "1"}, "rest": 1}',
        '{"student": "eve", "lab": "l", "exercises": {"a": NaN}, "rest": 1}',
        '{"student": "eve", "lab": "l", "exercises": {"a": -1}, "rest": 1}',
        '{"student": ["eve"], "lab": "l", "exercises": {}, "rest": 1}',
        '{"student": "eve", "lab": "l", "exercises": [], "rest": 1}',
    ],
)  # fmt: skip
def test_a_damaged_line_costs_itself_alone(tmp_path: Path, line: str) -> None:
    path = tmp_path / timings.FILE
    timings.add(path, _timing("ada", 1, 2))
    with path.open("ab") as file:
        file.write(line.encode("latin-1"))  # and no end of line: a run was killed
    timings.add(path, _timing("bo", 1, 2))
    assert set(timings.read(path)) == {("ada", LAB), ("bo", LAB)}


def test_the_slowest_come_first_with_whose_they_are() -> None:
    results = [_result(student) for student in ("ada", "bo", "chen", "di")]
    where = {(r.student, r.lab): f"{r.student}.html" for r in results}
    known = [_timing("ada", 0.1, 1), _timing("bo", 0.3, 9), _timing("chen", 0.2, 2)]
    found = times(OfLab(results, LAB), {(one.student, one.lab): one for one in known}, where)
    assert found is not None
    assert [(one.name, one.median, one.longest, one.who.student) for one in found.exercises] == [
        ("slow", 2, 9, "bo"),
        ("quick", 0.2, 0.3, "bo"),
    ]
    assert found.exercises[0].who.href == f"bo.html#{feedback.anchor('slow')}"
    assert [(who.student, round(spent, 6)) for who, spent in found.submissions] == [
        ("bo", 9.8), ("chen", 2.7), ("ada", 1.6),
    ]  # fmt: skip
    assert found.median == pytest.approx(2.7)


def test_the_class_page_shows_it_where_it_is_known() -> None:
    results = [_result("ada"), _result("<b>bo</b>"), _result("eve", "unreadable")]
    old = report.page(results)
    assert "What took longest" not in old
    known = {("<b>bo</b>", LAB): _timing("<b>bo</b>", 0.034, 12.3)}
    page = BeautifulSoup(report.page(results, timings=known), "html.parser")
    took = page.find(class_="took")
    assert took is not None
    text = " ".join(took.get_text(" ").split())
    assert "slow 12 s 12 s <b>bo</b>" in text
    assert "quick 0.034 s 0.034 s" in text
    assert "less than 13 s" in text
    links = {str(link["href"]) for link in took.find_all("a")}
    assert all(link.startswith("feedback/") for link in links)


def test_a_timing_is_plain_ascii_json(tmp_path: Path) -> None:
    timings.add(tmp_path / "t", _timing("żó", 1 / 3, 0))
    line = json.loads((tmp_path / "t").read_bytes().decode("ascii"))
    assert line == {
        "student": "żó",
        "lab": LAB,
        "exercises": {"quick": 0.3333, "slow": 0},
        "rest": 0.5,
    }
