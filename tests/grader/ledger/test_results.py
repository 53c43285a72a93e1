"""What a line of results.jsonl says, and how a run's other files are put in place."""

import json
import os
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.ledger import results
from grader.records import CheckResult, ExerciseResult, LabResult, ManualQuestion


def _result(student: str, lab: str = "01_logit_lens", score: float = 1.5) -> LabResult:
    checks = (
        CheckResult("test_a", "PASS"),
        CheckResult("test_b", "FAIL", "A sentence.\nyours: «½»", "You forgot the norm."),
    )
    exercises = (ExerciseResult("final_norm", score, 3.0, checks),)
    questions = (ManualQuestion("why", 2.0),)
    return LabResult(student, lab, "graded", "", score, 3.0, exercises, questions, digest="ab12")


def test_a_line_holds_the_documented_keys_in_their_order() -> None:
    record = json.loads(results.encode(_result("ada")))
    assert list(record)[:7] == [
        "student", "lab", "status", "reason", "score", "max_score", "exercises",
    ]  # fmt: skip
    assert list(record["exercises"][0]) == ["name", "score", "max_score", "checks", "digest"]
    assert record["exercises"][0]["checks"][1] == {
        "id": "test_b",
        "status": "FAIL",
        "message": "A sentence.\nyours: «½»",
        "misconception": "You forgot the norm.",
    }
    assert results.decode(record) == _result("ada")


def test_later_records_hold_and_what_is_gone_does_not(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    assert results.read(path) == []
    lines = [
        *(results.encode(_result(name)) for name in ("ada", "bo", "cy")),
        b'{"sealed": 3}',
        results.encode(_result("ada", score=3.0)),
        b'{"student": "bo", "lab": "01_logit_lens", "gone": true}',
        b'{"sealed": 2}',
        results.encode(_result("dee"))[:50],
    ]
    path.write_bytes(b"\n".join(lines))
    assert results.read(path) == [_result("cy"), _result("ada", score=3.0)]


@pytest.mark.parametrize("damage", [b"{]", b'{"student": "x"}', b"[1]", b"\xff\xfe", b"7"])
def test_damage_in_the_middle_is_one_clear_line_with_the_place(
    tmp_path: Path, damage: bytes
) -> None:
    path = tmp_path / "results.jsonl"
    line = results.encode(_result("a")) + b"\n"
    path.write_bytes(line + damage + b"\n" + line)
    with pytest.raises(UserError, match=r"results\.jsonl:2: .*verify") as error:
        results.read(path)
    assert "\n" not in str(error.value)


def test_the_order_is_by_student_then_lab() -> None:
    mixed = [_result("bo"), _result("ada", "02_patching"), _result("ada")]
    names = [(result.student, result.lab) for result in results.in_order(mixed)]
    assert names == [("ada", "01_logit_lens"), ("ada", "02_patching"), ("bo", "01_logit_lens")]


def test_replacing_a_file_fails_whole_or_succeeds_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.html"
    results.replace(path, b"old")

    def no_disk(handle: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_disk)
        with pytest.raises(OSError, match="no space"):
            results.replace(path, b"new")
    assert path.read_bytes() == b"old"
    results.replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_refreshing_leaves_a_file_that_is_right_alone(tmp_path: Path) -> None:
    path = tmp_path / "feedback" / "page.html"
    results.refresh(path, b"one")
    before = path.stat()
    results.refresh(path, b"one")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    results.refresh(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["page.html"]


@pytest.mark.parametrize("student", ["a\nb", "\udcff never unicode", "\u2028", 'quo"te', "日本"])
def test_any_id_comes_back_and_stays_on_one_line(student: str) -> None:
    line = results.encode(_result(student))
    assert b"\n" not in line
    assert results.decode(json.loads(line)) == _result(student)
