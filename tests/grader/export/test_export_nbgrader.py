"""A run's marks in nbgrader's gradebook, read back by nbgrader's own API and its own export."""

from __future__ import annotations

import contextlib
import csv
import json
import sqlite3
import stat
from dataclasses import asdict
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader import export
from grader.course import labs
from grader.course.labs import Lab
from grader.errors import UserError
from grader.records import CheckResult, ExerciseResult, LabResult, ManualQuestion
from tests.nbgrader_course import CHECK, LAB, QUESTION, in_gradebook, nbgrader

pytestmark = pytest.mark.xdist_group("course")


def result(lab: Lab, student: str, score: float, status: str = "graded") -> LabResult:
    """One student's marks; "fault" is a graded notebook on which one of our checks broke."""
    checks: tuple[CheckResult, ...] = (CheckResult("test_shift", "PASS"),)
    if status == "fault":
        checks, status = (*checks, CheckResult("test_uniform", "FAULT")), "graded"
    (exercise,) = lab.exercises
    return LabResult(
        student,
        lab.name,
        status,  # type: ignore[arg-type]
        "",
        score,
        exercise.points,
        (ExerciseResult(exercise.name, score, exercise.points, checks),),
        tuple(ManualQuestion(q.name, q.max_score) for q in lab.questions),
    )


@pytest.fixture
def lab(course: Path) -> Lab:
    return labs.find(course)[LAB]


def put(course: Path, *found: LabResult) -> Path:
    """Write results as a run does, and export them into the course's gradebook."""
    marks, database = course / "marks", course / "gradebook.db"
    marks.mkdir(exist_ok=True)
    (marks / "results.jsonl").write_text("".join(json.dumps(asdict(r)) + "\n" for r in found))
    said = export.export(marks, "nbgrader", database, labs.find(course))
    assert str(database) in said
    return database


def dump(database: Path) -> list[str]:
    with sqlite3.connect(database) as connection:
        return list(connection.iterdump())


def test_nbgrader_reads_the_marks_of_the_results(course: Path, lab: Lab) -> None:
    given = {"ada": 2.0, "bela": 1.3333, "nil": 0.0, "O'Neil, Zoë": 0.5}
    database = put(
        course,
        *(result(lab, student, score) for student, score in given.items()),
        result(lab, "cut", 0.0, "unreadable"),
        result(lab, "ill", 0.0, "missing"),
    )
    marks = in_gradebook(database, LAB)
    assert {student: cells[CHECK] for student, cells in marks.items()} == {**given, "cut": 0.0}
    nbgrader(course, "export", f"--CourseDirectory.db_url=sqlite:///{database}")
    with (course / "grades.csv").open(newline="") as file:
        text = file.read()
    # nbgrader quotes nothing: the student with a comma is looked at above.
    rows = csv.DictReader(line for line in text.splitlines() if "Neil" not in line)
    read = {row["student_id"]: (float(row["raw_score"]), float(row["max_score"])) for row in rows}
    points = 2.0 + sum(question.max_score for question in lab.questions)
    scores = {name: score for name, score in given.items() if "Neil" not in name}
    # nbgrader lists every student it knows; the one who handed in nothing it does not know.
    assert read == {name: (score, points) for name, score in {**scores, "cut": 0.0}.items()}


def test_the_cells_are_those_of_generate_assignment(course: Path, lab: Lab) -> None:
    database = put(course, result(lab, "ill", 0.0, "missing"))
    ours = cells(database)
    database.unlink()
    nbgrader(course, "generate_assignment", LAB, "--force")
    assert cells(database) == ours
    assert {name for name, *_ in ours} >= {CHECK, QUESTION}


def cells(database: Path) -> set[tuple[str, float | None, str, str]]:
    with Gradebook(f"sqlite:///{database}") as book:
        notebook = book.find_notebook("entropy", LAB)
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
        return {
            (cell.name, points.get(cell.name), cell.source, cell.checksum)
            for cell in notebook.source_cells
        }


def test_a_human_must_look_where_no_mark_can_stand_alone(course: Path, lab: Lab) -> None:
    database = put(
        course,
        result(lab, "ada", 2.0),
        result(lab, "cut", 0.0, "unreadable"),
        result(lab, "ours", 2.0, "fault"),
    )
    assert waiting(database, CHECK) == {"cut", "ours"}
    assert waiting(database, QUESTION) == {"ada", "cut", "ours"}


def waiting(database: Path, name: str) -> set[str]:
    with Gradebook(f"sqlite:///{database}") as book:
        return {
            submission.student.id
            for submission in book.assignment_submissions(LAB)
            if book.find_grade(name, "entropy", LAB, submission.student.id).needs_manual_grade
        }


def test_the_same_export_again_changes_nothing(course: Path, lab: Lab) -> None:
    found = [result(lab, "ada", 2.0), result(lab, "cut", 0.0, "unreadable")]
    once = dump(put(course, *found))
    assert dump(put(course, *found)) == once


def test_a_new_mark_replaces_the_old_one_and_a_humans_stays(course: Path, lab: Lab) -> None:
    database = put(course, result(lab, "ada", 1.0), result(lab, "bela", 1.0))
    with Gradebook(f"sqlite:///{database}") as book:
        for name, score in ((CHECK, 1.5), (QUESTION, 1.0)):
            grade = book.find_grade(name, "entropy", LAB, "ada")
            grade.manual_score, grade.needs_manual_grade = score, False
        book.update_or_create_student("ada", last_name="Lovelace")
        book.db.commit()
    put(course, result(lab, "ada", 1.0), result(lab, "bela", 2.0))
    assert waiting(database, CHECK) == set()
    put(course, result(lab, "ada", 2.0), result(lab, "bela", 2.0))
    assert in_gradebook(database, LAB)["bela"][CHECK] == 2.0
    with Gradebook(f"sqlite:///{database}") as book:
        grade = book.find_grade(CHECK, "entropy", LAB, "ada")
        assert (grade.auto_score, grade.manual_score, grade.score) == (2.0, 1.5, 1.5)
        assert book.find_student("ada").last_name == "Lovelace"
    # Their mark was given for other checks: nbgrader too asks for another look then.
    assert waiting(database, CHECK) == {"ada"}
    assert waiting(database, QUESTION) == {"bela"}


def test_an_export_that_fails_leaves_the_gradebook_as_it_was(course: Path, lab: Lab) -> None:
    database = put(course, result(lab, "ada", 1.0))
    before = database.read_bytes()
    other = lab.name.replace("07", "08")
    stray = LabResult("ada", other, "graded", "", 1.0, 1.0, ())
    with pytest.raises(UserError, match=f"{other}, which is no lab"):
        put(course, result(lab, "bela", 2.0), stray)
    longer = LabResult(
        "bela", LAB, "graded", "", 3.0, 3.0, (ExerciseResult("token_entropy", 3.0, 3.0, ()),)
    )
    with pytest.raises(UserError, match="run grade again first"):
        put(course, longer)
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        with pytest.raises(UserError, match="locked"):
            put(course, result(lab, "bela", 2.0))
    assert database.read_bytes() == before
    assert not list(course.glob("*.part"))


def test_what_is_no_gradebook_is_left_alone(course: Path, lab: Lab) -> None:
    database = course / "gradebook.db"
    database.write_text("a text file")
    with pytest.raises(UserError, match="cannot be written as an nbgrader gradebook"):
        put(course, result(lab, "ada", 1.0))
    assert database.read_text() == "a text file"
    database.unlink()
    database.mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        put(course, result(lab, "ada", 1.0))


def test_the_gradebooks_permissions_and_course_stay(course: Path, lab: Lab) -> None:
    nbgrader(course, "generate_assignment", LAB, "--force")
    database = course / "gradebook.db"
    database.chmod(0o640)
    put(course, result(lab, "ada", 1.0))
    assert stat.S_IMODE(database.stat().st_mode) == 0o640
    with sqlite3.connect(database) as connection:
        found = connection.execute("select name, course_id from assignment").fetchall()
    assert found == [(LAB, "interp-labs")]
