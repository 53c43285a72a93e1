"""Exports to Canvas, Moodle and Gradescope, held against what these say of their own formats.

The readers here do what the platforms' importers do, after Canvas' ``lib/gradebook_importer.rb``
(``header?``, ``process_pp``, ``process_student``, ``process_submissions``), Moodle's
``mod/assign/feedback/offline/importgradeslib.php`` (``init``, ``next``), and Gradescope's
autograder specification ("Output format").
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from grader import export
from grader.errors import UserError
from grader.intake import came_in
from grader.records import CheckResult, ExerciseResult, HandedIn, LabResult
from tests.grader.intake.test_collect_slips import ALL

LABS = {lab.name: lab for lab in ALL}
LENS, PATCHING = "01_logit_lens", "02_patching"
RULES = "[late]\npercent_per_day = 10\n"
FAIL = CheckResult("test_b", "FAIL", "The rank counts from 0.\nfor 3 it is 2", "you counted from 1")


def result(student: str, score: float, lab: str = LENS, status: str = "graded") -> LabResult:
    exercises = (
        ExerciseResult("logit_lens", score / 2, 10.0, (CheckResult("test_a", "PASS"),)),
        ExerciseResult("token_rank", score / 2, 10.0, (CheckResult("test_a", "PASS"), FAIL)),
    )
    reason = "" if status == "graded" else "cut off"
    return LabResult(student, lab, status, reason, score, 20.0, exercises)  # type: ignore[arg-type]


def run_of(tmp_path: Path, results: list[LabResult], *handed_in: HandedIn) -> Path:
    marks = tmp_path / "marks"
    marks.mkdir(exist_ok=True)
    (marks / "results.jsonl").write_text("".join(json.dumps(asdict(r)) + "\n" for r in results))
    came_in.write(marks, handed_in, (), LABS)
    (tmp_path / "course.toml").write_text(RULES)
    return marks


def exported(tmp_path: Path, marks: Path, to: str, source: str = "", **options: Any) -> Path:
    target = tmp_path / f"out.{to}"
    given = None
    if source:
        given = tmp_path / "source.csv"
        given.write_bytes(source.encode("utf-8"))
    course = tmp_path / "course.toml"
    said = export.export(marks, to, target, LABS, course=course, source=given, **options)
    assert str(target) in said
    (tmp_path / "said").write_text(said)
    return target


# Canvas ----------------------------------------------------------------------------------

GRADEBOOK = (
    '\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,"Lab 1: Logit lens (111)",Quiz (112),'
    '"Patching, lab 2 (113)",Labs Current Score,Current Score\r\n'
    ",,,,,Manual Posting,,,,\r\n"
    "    Points Possible,,,,,100.0,5.0,20.0,(read only),(read only)\r\n"
    '"Lovelace, Ada",12345,u1,ada@uni.edu,A,,3.0,,,\r\n'
    '"Hopper, Grace",12346,u2,grace@uni.edu,A,55.0,4.0,7.0,,\r\n'
    '"Turing, Alan",12347,u3,alan@uni.edu,A,66.0,,8.0,,\r\n'
    '"Student, Test",12348,,x,A,,,,,\r\n'
)


def canvas_reads(path: Path) -> dict[str, Any]:
    """What Canvas' importer takes from a file, after its own source."""
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    header = rows[0]
    assert len(header) > 3
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert header[2] == "SIS User ID"
    assert header[3] == "SIS Login ID"
    assert "Section" in header[4]  # the last column of student information
    assignments = {n: title for n, title in enumerate(header) if n > 4}
    # Canvas takes whatever has no number in brackets for a new assignment.
    assert all(re.fullmatch(r".+ \(\d+\)", title) for title in assignments.values())
    found: dict[str, Any] = {"titles": list(assignments.values()), "possible": {}, "marks": {}}
    for row in rows[1:]:
        assert len(row) == len(header)
        if "Points Possible" in row[0]:
            found["possible"] = {title: row[n] for n, title in assignments.items()}
        elif not all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell) for cell in row):
            found["marks"][int(row[1])] = [row[n].strip() for n in assignments]
    return found


def test_canvas_imports_the_marks(tmp_path: Path) -> None:
    results = [
        result("lovelaceada_12345", 16.0),
        result("lovelaceada_12345", 10.0, PATCHING),
        result("grace@uni.edu", 20.0),
        result("alan@uni.edu", 0.0, PATCHING, "unreadable"),
        result("nobody", 3.0),
    ]
    late = HandedIn("lovelaceada_12345", LENS, "canvas", "12345", "lovelaceada", late=True)
    on_time = HandedIn("lovelaceada_12345", PATCHING, "canvas", "12345", late=False)
    marks = run_of(tmp_path, results, late, on_time)
    got = canvas_reads(exported(tmp_path, marks, "canvas", GRADEBOOK))
    assert got["titles"] == ["Lab 1: Logit lens (111)", "Patching, lab 2 (113)"]
    assert list(got["possible"].values()) == ["100.0", "20.0"]
    assert got["marks"] == {
        12345: ["72", "10"],  # 16 of 20, 10% off, on a scale of 100
        12346: ["100", "7.0"],  # what was there stays where there is no mark to give
        12347: ["66.0", "8.0"],
        12348: ["", ""],
    }
    assert "not in the gradebook, so not in it: nobody" in (tmp_path / "said").read_text()


def test_a_column_that_cannot_be_told_is_named_in_the_course_file(tmp_path: Path) -> None:
    marks = run_of(tmp_path, [result("ada@uni.edu", 16.0)])
    other = GRADEBOOK.replace("Lab 1: Logit lens", "Homework")
    with pytest.raises(UserError, match=r"no column is 01_logit_lens .*Homework \(111\)"):
        exported(tmp_path, marks, "canvas", other)
    (tmp_path / "course.toml").write_text('[columns]\n01_logit_lens = "Homework (111)"\n')
    course = tmp_path / "course.toml"
    export.export(
        marks, "canvas", tmp_path / "o", LABS, course=course, source=tmp_path / "source.csv"
    )
    assert canvas_reads(tmp_path / "o")["marks"][12345] == ["80"]


def test_what_is_no_gradebook_is_one_line(tmp_path: Path) -> None:
    marks = run_of(tmp_path, [result("ada@uni.edu", 16.0)])
    with pytest.raises(UserError, match=r"add --from FILE.csv"):
        exported(tmp_path, marks, "canvas")
    with pytest.raises(UserError, match=r"is not Canvas' gradebook"):
        exported(tmp_path, marks, "canvas", "a,b\n1,2\n")
    assert not (tmp_path / "out.canvas").exists()


def test_a_group_of_canvas_is_found_by_its_members_and_not_by_its_number(tmp_path: Path) -> None:
    """As `handing` records them: the members' own ids, the group's name, and nobody's number."""
    results = [result("ada@uni.edu", 16.0), result("grace@uni.edu", 16.0), result("lens_12347", 4)]
    members = [
        HandedIn(name, LENS, "canvas", "", "lensgrinders", late=False)
        for name in ("ada@uni.edu", "grace@uni.edu")
    ]
    # Without a roster a group is not known as one: its number is Alan's, its name is not.
    unknown = HandedIn("lens_12347", LENS, "canvas", "12347", "lens", late=False)
    marks = run_of(tmp_path, results, *members, unknown)
    got = canvas_reads(exported(tmp_path, marks, "canvas", GRADEBOOK))["marks"]
    assert (got[12345], got[12346], got[12347]) == (["80"], ["80"], ["66.0"])
    assert "not in it: lens_12347" in (tmp_path / "said").read_text()


# Moodle ----------------------------------------------------------------------------------

WORKSHEET = (
    "\ufeffIdentifier,Full name,Email address,Status,Group,Grade,Maximum grade,"
    "Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments\r\n"
    'Participant 12345,Ada Lovelace,ada@uni.edu,"Submitted for grading - 1 day 2 hours late",,,'
    '100.00,Yes,"Monday, 2 March 2026, 2:14 AM",-,\r\n'
    "Participant 12346,Grace Hopper,grace@uni.edu,Submitted for grading,Team A,50.00,100.00,"
    'Yes,"Monday, 2 March 2026, 2:14 AM","Tuesday, 3 March 2026, 1:00 PM",well done\r\n'
    "Participant 12347,Alan Turing,alan@uni.edu,Submitted for grading,Team A,,100.00,Yes,-,-,\r\n"
    "Participant 12348,Emmy Noether,emmy@uni.edu,Submitted for grading,,,100.00,No,-,-,\r\n"
    "Participant 12349,No Body,no@uni.edu,No submission,,,100.00,Yes,-,-,\r\n"
)


def moodle_reads(path: Path) -> dict[int, tuple[str, str, str]]:
    """Participant -> grade, the time it compares, and comment, as Moodle's importer reads them."""
    data = path.read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data)))
    header = rows[0]
    place = {name: header.index(name) for name in ("Identifier", "Grade", "Feedback comments")}
    modified = header.index("Last modified (grade)")
    found = {}
    for row in rows[1:]:
        number = int(row[place["Identifier"]][len("Participant ") :])
        found[number] = (row[place["Grade"]], row[modified], row[place["Feedback comments"]])
    return found


def test_moodle_imports_the_marks(tmp_path: Path) -> None:
    results = [
        result("Ada Lovelace_12345", 15.0),
        result("Team A_77", 20.0),
        result("emmy@uni.edu", 20.0),
        result("<stranger>", 20.0),
    ]
    handed_in = [
        HandedIn("Ada Lovelace_12345", LENS, "moodle", "12345", "Ada Lovelace"),
        HandedIn("Team A_77", LENS, "moodle", "12349", "Team A"),  # a participant's number too
    ]
    marks = run_of(tmp_path, results, *handed_in)
    got = moodle_reads(exported(tmp_path, marks, "moodle", WORKSHEET))
    assert got[12345][:2] == ("60", "-")
    assert got[12345][2] == "12 of 20 points (2 days late: 20% off (15 to 12))"
    assert got[12346] == ("100", "Tuesday, 3 March 2026, 1:00 PM", "well done")
    assert got[12347][0] == "100"
    assert got[12348] == ("", "-", "")
    assert got[12349] == ("", "-", "")
    said = (tmp_path / "said").read_text()
    assert "1 cannot be changed in Moodle" in said
    assert "not in the worksheet, so not in it: <stranger>" in said


def test_moodle_keeps_its_decimal_comma_and_its_delimiter(tmp_path: Path) -> None:
    marks = run_of(tmp_path, [result("ada@uni.edu", 15.0)])
    german = (
        "Identifier;Email address;Grade;Maximum Grade;Last modified (grade)\r\n"
        "Participant 1;ada@uni.edu;;10,00;-\r\n"
    )
    target = exported(tmp_path, marks, "moodle", german)
    assert target.read_text().splitlines()[1] == "Participant 1;ada@uni.edu;7,5;10,00;-"


def test_one_worksheet_is_of_one_lab(tmp_path: Path) -> None:
    marks = run_of(tmp_path, [result("ada@uni.edu", 15.0), result("ada@uni.edu", 5.0, PATCHING)])
    with pytest.raises(UserError, match=r"holds one lab: add --lab"):
        exported(tmp_path, marks, "moodle", WORKSHEET)
    got = moodle_reads(exported(tmp_path, marks, "moodle", WORKSHEET, lab=PATCHING))
    assert got[12345][0] == "20"  # a quarter of the points, two days late
    with pytest.raises(UserError, match=r"no results of 04_probes"):
        exported(tmp_path, marks, "moodle", WORKSHEET, lab="04_probes")
    with pytest.raises(UserError, match=r"is no grading worksheet"):
        exported(tmp_path, marks, "moodle", "a,b\n1,2\n", lab=PATCHING)


# Gradescope ------------------------------------------------------------------------------

VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
TOP = {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility",
       "extra_data", "tests", "leaderboard"}  # fmt: skip
TEST = {"score", "max_score", "status", "name", "name_format", "number", "output", "output_format",
        "tags", "visibility", "extra_data"}  # fmt: skip


def gradescope_reads(path: Path) -> dict[str, Any]:
    """A results.json, held against Gradescope's specification."""
    found: dict[str, Any] = json.loads(path.read_bytes())
    assert set(found) <= TOP
    assert isinstance(found["score"], float)
    assert found["visibility"] in VISIBILITY
    assert found["stdout_visibility"] in VISIBILITY
    for test in found["tests"]:
        assert set(test) <= TEST
        assert test["status"] in ("passed", "failed")
        assert 0 <= test["score"] <= test["max_score"]
        assert test["visibility"] in VISIBILITY
        assert isinstance(test["output"], str)
    return found


def test_gradescope_gets_one_file_a_submission(tmp_path: Path) -> None:
    results = [result(name, 16.0) for name in ("ada@uni.edu", "grace@uni.edu", "x\ud800/../y")]
    together = [
        HandedIn(name, LENS, "gradescope", "submission_7", late=True)
        for name in ("ada@uni.edu", "grace@uni.edu")
    ]
    target = exported(tmp_path, run_of(tmp_path, results, *together), "gradescope")
    files = sorted(target.glob("*/results.json"))
    assert len(files) == 2  # a group's is one
    assert all(path.parent.parent == target for path in files)
    got = gradescope_reads(target / "submission_7" / "results.json")
    assert got["score"] == pytest.approx(14.4)
    assert "10% off (16 to 14.4)" in got["output"]
    assert [test["name"] for test in got["tests"]] == ["logit_lens", "token_rank"]
    lines = got["tests"][1]["output"].splitlines()
    assert lines == [
        "you counted from 1", "The rank counts from 0.", "for 3 it is 2", "1 of 2 checks pass",
    ]  # fmt: skip


def test_gradescope_says_why_there_are_no_points(tmp_path: Path) -> None:
    marks = run_of(tmp_path, [result("ada", 0.0, status="unreadable")])
    got = gradescope_reads(exported(tmp_path, marks, "gradescope") / "ada" / "results.json")
    assert (got["score"], got["output"]) == (0, "cut off")


# CSV -------------------------------------------------------------------------------------


def test_csv_shows_raw_and_final_marks_with_the_reason(tmp_path: Path) -> None:
    results = [
        result("ada", 16.0), result("ada", 5.0, PATCHING), result("=cmd()", 20.0),
        result("zoe", 0.0, status="missing"),
    ]  # fmt: skip
    marks = run_of(tmp_path, results, HandedIn("ada", LENS, "canvas", late=True))
    (tmp_path / "course.toml").write_text(RULES + "[drop]\nlabs = 1\n")
    target = tmp_path / "marks.csv"
    export.export(marks, "csv", target, LABS, course=tmp_path / "course.toml")
    rows = list(csv.DictReader(io.StringIO(target.read_text())))
    by_key = {(row["student"], row["lab"]): row for row in rows}
    ada = by_key["ada", LENS]
    assert (ada["raw"], ada["final"], ada["max"], ada["days_late"]) == ("16", "14.4", "20", "1")
    assert ada["reasons"].startswith("late, says Canvas")
    total = by_key["ada", "total"]
    assert (total["final"], total["max"], total["dropped"]) == ("14.4", "20", PATCHING)
    assert ("'=cmd()", LENS) in by_key
    zoe = by_key["zoe", LENS]
    assert (zoe["raw"], zoe["final"], zoe["reasons"]) == ("", "", "missing: cut off")


def test_nothing_is_changed_where_it_came_from(tmp_path: Path) -> None:
    marks = run_of(tmp_path, [result("ada@uni.edu", 15.0)])
    before = (marks / "results.jsonl").read_bytes()
    for to, source in (
        ("csv", ""),
        ("gradescope", ""),
        ("canvas", GRADEBOOK),
        ("moodle", WORKSHEET),
    ):
        first = exported(tmp_path, marks, to, source)
        files = [first] if first.is_file() else sorted(first.rglob("*.json"))
        once = [path.read_bytes() for path in files]
        exported(tmp_path, marks, to, source)
        assert [path.read_bytes() for path in files] == once
    assert (marks / "results.jsonl").read_bytes() == before


def test_a_damaged_record_of_how_it_came_in_says_what_to_do(tmp_path: Path) -> None:
    marks = run_of(tmp_path, [result("ada", 15.0)])
    (marks / came_in.FILE).write_text("{nonsense\n")
    with pytest.raises(UserError, match="run python -m grader grade again"):
        export.export(marks, "csv", tmp_path / "o", LABS)
