"""gradebook.csv: read back by Python's own reader, and harmless in a spreadsheet."""

import csv
import random
from pathlib import Path

import pytest

from grader.marks import gradebook
from grader.records import CheckResult, ExerciseResult, LabResult

_LAB, _NEXT = "01_logit_lens", "02_patching"


def _result(
    student: str, lab: str = _LAB, scores: dict[str, float] | None = None, fault: str = ""
) -> LabResult:
    marks = {"residual_stack": 2.0, "final_norm": 0.5} if scores is None else scores
    exercises = tuple(
        ExerciseResult(
            name, score, 2.0, (CheckResult("test_a", "FAULT" if name == fault else "PASS"),)
        )
        for name, score in marks.items()
    )
    return LabResult(student, lab, "graded", "", sum(marks.values()), 4.0, exercises)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_a_student_and_a_column_a_lab_and_exercise(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.csv"
    gradebook.write(
        path, [_result("bo"), _result("ada", _NEXT, {"logit_diff": 1.25}), _result("ada")]
    )
    rows = _rows(path)
    assert list(rows[0]) == [
        "student",
        "01_logit_lens",
        "01_logit_lens/residual_stack",
        "01_logit_lens/final_norm",
        "02_patching",
        "02_patching/logit_diff",
        "notes",
    ]
    assert [row["student"] for row in rows] == ["ada", "bo"]
    assert rows[0]["01_logit_lens"] == "2.5"
    assert rows[0]["01_logit_lens/residual_stack"] == "2"
    assert rows[0]["02_patching/logit_diff"] == "1.25"
    assert rows[1]["02_patching"] == ""


def test_every_field_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.csv"
    gradebook.write(path, [_result('O"Brien, Pat'), _result("two\nlines")])
    for line in path.read_text().replace("two\nlines", "").splitlines():
        assert line.startswith('"')
        assert line.endswith('"')
    assert [row["student"] for row in _rows(path)] == ['O"Brien, Pat', "two\nlines"]


@pytest.mark.parametrize(
    "student",
    ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1", "＝1", "=cmd|' /C calc'!A0"],
)
def test_no_cell_is_a_formula(tmp_path: Path, student: str) -> None:
    path = tmp_path / "gradebook.csv"
    unreadable = LabResult(student, _LAB, "unreadable", "=1+1", 0.0, 4.0, ())
    gradebook.write(path, [_result(student, student + "lab"), unreadable])
    with path.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'" + student in cells
    for cell in cells:
        assert cell.strip()[:1] not in ("=", "+", "-", "@", "＝"), cell


def test_no_mark_is_an_empty_cell_with_a_note_not_a_zero(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.csv"
    zeros = (ExerciseResult("residual_stack", 0.0, 2.0, ()),)
    gradebook.write(
        path,
        [
            LabResult("a", _LAB, "unreadable", "the file is\ncut short", 0.0, 4.0, zeros),
            LabResult("b", _LAB, "missing", "no folder", 0.0, 4.0, zeros),
            _result("c", scores={"residual_stack": 0.0, "final_norm": 0.0}),
        ],
    )
    a, b, c = _rows(path)
    assert a[_LAB] == a[f"{_LAB}/residual_stack"] == b[_LAB] == ""
    assert a["notes"] == "01_logit_lens: unreadable, the file is cut short"
    assert b["notes"] == "01_logit_lens: missing, no folder"
    assert (c[_LAB], c[f"{_LAB}/residual_stack"], c["notes"]) == ("0", "0", "")


def test_a_fault_keeps_the_mark_and_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.csv"
    gradebook.write(path, [_result("a", fault="final_norm")])
    (row,) = _rows(path)
    assert row[_LAB] == "2.5"
    assert row["notes"] == (
        "01_logit_lens: checks failed on our side and do not count (final_norm)"
    )


def test_the_bytes_do_not_depend_on_the_order_of_results(tmp_path: Path) -> None:
    results = [_result(f"s{i}", lab) for i in range(20) for lab in (_LAB, _NEXT)]
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    gradebook.write(one, results)
    random.Random(0).shuffle(results)
    gradebook.write(other, results)
    assert one.read_bytes() == other.read_bytes()


def test_the_exercises_keep_the_order_of_the_lab() -> None:
    usual = _result("a", scores={"z": 1.0, "a": 1.0, "m": 1.0})
    odd = _result("b", scores={"a": 1.0, "z": 1.0, "new": 1.0})
    empty = [LabResult(s, _LAB, "missing", "", 0.0, 4.0, ()) for s in "cdefg"]
    names = gradebook.exercise_names([odd, usual, _result("h", scores={"z": 1, "a": 1, "m": 1})])
    assert names == {_LAB: ("z", "a", "m", "new")}
    assert gradebook.exercise_names([*empty, usual]) == {_LAB: ("z", "a", "m")}


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (100.0, "100"), (17.5, "17.5"), (2 / 3, "0.6667")]
)
def test_numbers_say_no_more_than_they_know(value: float, text: str) -> None:
    assert gradebook.number(value) == text


def test_a_folder_name_that_was_never_unicode_still_has_its_row(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.csv"
    gradebook.write(path, [_result("bad\udcff")])
    assert _rows(path)[0]["student"] == "bad\\udcff"
