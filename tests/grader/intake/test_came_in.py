"""What a run keeps of how its class came in, and the commands that read it."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from grader import cli, grading
from grader.course import labs
from grader.errors import UserError
from grader.grading import Graded, Order
from grader.intake import came_in
from grader.intake.people import People
from grader.judging.score import without_marks
from grader.marks.course_file import read as read_rules
from grader.records import HandedIn, LabResult, Submission, Unused
from grader.seeds import PUBLIC

LAB = labs.named("01_logit_lens")
ADA = HandedIn("ada", LAB.name, "canvas", "12345", "lovelaceada", late=True, late_seconds=1.5)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    odd = replace(ADA, student="jos\udce9", lab="02_patching", when="2026-03-01T12:00:00+00:00")
    came_in.write(tmp_path, [ADA, odd], [Unused("x.pdf", "not a notebook")], [LAB.name])
    assert came_in.read(tmp_path) == {("ada", LAB.name): ADA, (odd.student, odd.lab): odd}
    # Another run, of this lab alone: what is known of the other stays, the old list does not.
    came_in.write(tmp_path, [replace(ADA, late=False)], [], [LAB.name])
    assert came_in.read(tmp_path)[odd.student, odd.lab] == odd
    assert came_in.read(tmp_path)["ada", LAB.name].late is False
    assert not (tmp_path / came_in.UNUSED).exists()
    came_in.write(tmp_path, [], [], [LAB.name, odd.lab])
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Graded:
    """A run over a download of Canvas, with a judge who gives everybody half the points."""

    def judged(waiting: Iterable[Submission], panel: Any) -> Iterator[tuple[Submission, LabResult]]:
        for submission in waiting:
            result = without_marks(submission, LAB)
            yield submission, replace(result, score=LAB.max_score / 2)

    monkeypatch.setattr("grader.panel.results", judged)
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.writestr("lovelaceada_LATE_12345_91_logit_lens.ipynb", "{}")
        archive.writestr("hopper_12346_92_logit_lens-1.ipynb", "{}")
        archive.writestr("noether_12347_93_notes.pdf", "")
    (tmp_path / "roster.csv").write_text("student,canvas_id\nada,12345\n")
    (tmp_path / "course.toml").write_text("[late]\npercent_per_day = 10\n")
    order = Order(
        tmp_path / "submissions.zip", tmp_path / "marks", (LAB,), 1, PUBLIC,
        people=People.read(tmp_path / "roster.csv"),
        rules=read_rules(tmp_path / "course.toml", [LAB]),
    )  # fmt: skip
    return grading.grade(order, lambda step: None)


def test_a_run_keeps_how_its_class_came_in(graded: Graded, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    known = came_in.read(marks)
    assert {student: (h.key, h.late) for (student, _), h in known.items()} == {
        "ada": ("12345", True), "hopper_12346": ("12346", False), "noether_12347": ("12347", None),
    }  # fmt: skip
    with (marks / came_in.UNUSED).open(newline="") as file:
        unused = {row["file"]: row["why"] for row in csv.DictReader(file)}
    assert unused == {"noether_12347_93_notes.pdf": "not a notebook"}
    half = f"{LAB.max_score / 2:g}"
    page = (marks / "feedback" / "ada" / f"{LAB.name}.html").read_text()
    assert f'<b class="number">{half}</b>' in page
    assert "late, says Canvas, not by how much: 10% off" in page
    assert (
        "by the course"
        not in (marks / "feedback" / "hopper_12346" / f"{LAB.name}.html").read_text()
    )
    assert "not by how much: 10% off" in (marks / "index.html").read_text()
    index = (marks / "index.html").read_text()
    assert '1 file was handed in and not graded: <a href="not_used.csv">' in index
    said = graded.counted()
    assert said[0].startswith("3 submissions: 2 graded, 1 missing")
    assert said[1].endswith("listed with the reasons in not_used.csv")
    assert said[2].endswith("hopper_12346, noether_12347")
    assert len(said) == 3


def test_export_of_that_run_by_the_command_line(graded: Graded, tmp_path: Path) -> None:
    book = "Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (77)\n    Points Possible,,,,,100\n"
    (tmp_path / "book.csv").write_text(book + '"Lovelace, Ada",12345,,a,S,\n')
    arguments = ["--to", "canvas", "--from", str(tmp_path / "book.csv"), "--out"]
    arguments += [str(tmp_path / "c.csv"), "--course", str(tmp_path / "course.toml")]
    done = CliRunner().invoke(cli.app, ["export", str(tmp_path / "marks"), *arguments])
    assert done.exit_code == 0, done.output
    assert "1 marks under Lab 1 (77)" in done.output
    assert (tmp_path / "c.csv").read_text().splitlines()[-1] == '"Lovelace, Ada",12345,,a,S,45'


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["export"], "name the folder"),
        (["export", "m", "--to", "gradescope", "--autograder", "a.zip"], "add --lab"),
        (["export", "--to", "moodle", "--autograder", "a.zip"], "goes with --to gradescope"),
        (["export", "nowhere", "--to", "csv"], "no results in nowhere"),
        (["export", "m", "--to", "x"], "--to is one of canvas, csv, gradescope, moodle, nbgrader"),
        (["similar", "nowhere"], "no such folder or zip file: nowhere"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line(arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(cli.app, arguments, standalone_mode=False)
    assert isinstance(done.exception, UserError)
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)


def test_similar_by_the_command_line(tmp_path: Path) -> None:
    released = (LAB.released / f"{LAB.topic}.ipynb").read_bytes()
    for student in ("ada", "ben"):
        path = tmp_path / "class" / student / LAB.name / f"{LAB.topic}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(released)
    page = tmp_path / "out" / "similar.html"
    done = CliRunner().invoke(
        cli.app, ["similar", str(tmp_path / "class"), "--out", str(page), "--lab", "1"]
    )
    assert done.exit_code == 0, done.output
    assert "a list to look at, not a verdict" in done.output
    assert "no two share more than what the course gave out" in page.read_text()
