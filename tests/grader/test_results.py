"""results.jsonl survives kills, and ends with the same bytes whatever happened on the way."""

import json
import os
from pathlib import Path

import pytest

from grader import results
from grader.errors import UserError
from grader.records import CheckResult, ExerciseResult, LabResult, ManualQuestion


def _result(student: str, lab: str = "01_logit_lens", score: float = 1.5) -> LabResult:
    checks = (
        CheckResult("test_a", "PASS"),
        CheckResult("test_b", "FAIL", "A sentence.\nyours: «½»", "You forgot the norm."),
    )
    exercises = (ExerciseResult("final_norm", score, 3.0, checks),)
    questions = (ManualQuestion("why", 2.0),)
    return LabResult(student, lab, "graded", "", score, 3.0, exercises, questions, digest="ab12")


def _class() -> list[LabResult]:
    return [_result("bo"), _result("ada", "02_patching", 2.0), _result("ada")]


def test_what_is_appended_is_read_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "out" / "results.jsonl"
    assert results.read(path) == []
    for result in _class():
        results.append(path, result)
    assert results.read(path) == _class()


def test_a_line_holds_the_documented_keys_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    results.append(path, _result("ada"))
    (line,) = path.read_text().splitlines()
    record = json.loads(line)
    assert list(record)[:7] == [
        "student", "lab", "status", "reason", "score", "max_score", "exercises",
    ]  # fmt: skip
    assert list(record["exercises"][0]) == ["name", "score", "max_score", "checks"]
    assert record["exercises"][0]["checks"][1] == {
        "id": "test_b",
        "status": "FAIL",
        "message": "A sentence.\nyours: «½»",
        "misconception": "You forgot the norm.",
    }


def test_each_result_is_on_disk_before_append_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.jsonl"
    synced: list[int] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        real(handle)
        synced.append(os.fstat(handle).st_size)

    monkeypatch.setattr(os, "fsync", fsync)
    for result in _class():
        results.append(path, result)
        assert path.stat().st_size in synced, "the line was not flushed before the sync"


def test_a_kill_at_any_byte_loses_at_most_the_record_in_the_making(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a thousand appends; not what is tested
    path = tmp_path / "results.jsonl"
    whole = [_result("a"), _result("b")]
    ends = [0]
    for result in whole:
        results.append(path, result)
        ends.append(path.stat().st_size)
    data = path.read_bytes()
    for size in range(len(data) + 1):
        path.write_bytes(data[:size])
        # A record is whole with or without the newline after it.
        survivors = whole[: sum(size >= end - 1 for end in ends[1:])]
        assert results.read(path) == survivors, size
        for result in whole[len(survivors) :]:
            results.append(path, result)
        results.append(path, _result("c"))
        assert results.read(path) == [*whole, _result("c")], size
        assert path.read_bytes().startswith(data), size


def test_zeros_left_by_a_crash_of_the_machine_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    results.append(path, _result("a"))
    with path.open("ab") as file:
        file.write(b"\0" * 500)
    assert results.read(path) == [_result("a")]
    results.append(path, _result("b"))
    assert results.read(path) == [_result("a"), _result("b")]


@pytest.mark.parametrize("damage", [b"{]", b'{"student": "x"}', b"[1]", b"\xff\xfe"])
def test_damage_in_the_middle_is_one_clear_line_with_the_place(
    tmp_path: Path, damage: bytes
) -> None:
    path = tmp_path / "results.jsonl"
    results.append(path, _result("a"))
    path.write_bytes(path.read_bytes() + damage + b"\n")
    results.append(path, _result("b"))
    with pytest.raises(UserError, match=r"results\.jsonl:2: .*Delete the line") as error:
        results.read(path)
    assert "\n" not in str(error.value)


def test_graded_again_means_the_later_record_holds(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for score in (0.0, 3.0):
        results.append(path, _result("ada", score=score))
    assert [result.score for result in results.read(path)] == [3.0]


def test_the_final_bytes_do_not_depend_on_the_order_or_on_earlier_records(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    for result in _class():
        results.append(one, result)
    results.append(other, _result("gone"))
    for result in [*reversed(_class()), _result("bo", score=1.5)]:
        results.append(other, result)
    results.finish(one, results.read(one))
    results.finish(other, [r for r in results.read(other) if r.student != "gone"])
    assert one.read_bytes() == other.read_bytes()
    assert [(r.student, r.lab) for r in results.read(one)] == [
        ("ada", "01_logit_lens"),
        ("ada", "02_patching"),
        ("bo", "01_logit_lens"),
    ]


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


@pytest.mark.parametrize("student", ["a\nb", "\udcff never unicode", "\u2028", 'quo"te', "日本"])
def test_any_id_comes_back_and_stays_on_one_line(tmp_path: Path, student: str) -> None:
    path = tmp_path / "results.jsonl"
    results.append(path, _result(student))
    assert path.read_bytes().count(b"\n") == 1
    assert results.read(path) == [_result(student)]
