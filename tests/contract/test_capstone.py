"""Lab 07's reports with marks: each rubric line has its mark, and the marks add up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.course import labs

LAB = labs.named("07_capstone")
EXAMPLES = LAB.checks / "examples"
RUBRIC = next(
    re.findall(r"\(\d\) \*([^*]+)\*:", " ".join(cell.source.split()))
    for cell in LAB.cells
    if cell.question == "report"
)


def marks(path: Path) -> tuple[dict[str, float], float]:
    """The mark of each rubric line, and the sum that the file states."""
    text = path.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+?) \| (0|0\.5|1) \| ([^|]+?) \|$", text, re.MULTILINE)
    assert all(len(reason.split()) >= 5 for _, _, reason in rows), "a mark without its reason"
    total = re.search(r"^\*\*Together: ([\d.]+) of (\d+) points\.\*\*", text, re.MULTILINE)
    assert total is not None and int(total[2]) == len(RUBRIC)
    return {name: float(mark) for name, mark, _ in rows}, float(total[1])


def test_the_rubric_has_a_point_a_line() -> None:
    points = {question.name: question.max_score for question in LAB.questions}
    assert len(RUBRIC) == len(set(RUBRIC)) == points["report"]


@pytest.mark.parametrize("name", ["strong.md", "weak.md"])
def test_each_line_is_marked_and_the_marks_add_up(name: str) -> None:
    found, total = marks(EXAMPLES / name)
    assert list(found) == RUBRIC
    assert sum(found.values()) == total


@pytest.mark.parametrize("name", ["strong.md", "weak.md"])
def test_a_report_is_as_long_as_was_asked(name: str) -> None:
    report = (EXAMPLES / name).read_text(encoding="utf-8").partition("\n## Marks\n")[0]
    assert 300 <= len(report.split()) <= 560


def test_the_two_are_of_different_quality() -> None:
    strong, weak = (marks(EXAMPLES / name)[1] for name in ("strong.md", "weak.md"))
    assert strong >= len(RUBRIC) - 1 and weak <= len(RUBRIC) / 2


def test_no_student_gets_them() -> None:
    texts = {path.read_bytes() for path in EXAMPLES.iterdir()}
    for path in (labs.ROOT / "labs").rglob("*.md"):
        assert "examples" not in path.parts and path.read_bytes() not in texts
