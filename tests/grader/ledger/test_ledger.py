"""The ledger survives kills at any byte, keeps its history, and ends with the same bytes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.ledger import chain, results
from grader.ledger.ledger import Ledger
from grader.records import CheckResult, ExerciseResult, LabResult
from grader.seeds import PUBLIC, Secret

_LAB = "01_small"


def _result(student: str, score: float = 1.5, lab: str = _LAB) -> LabResult:
    checks = (CheckResult("test_a", "PASS"), CheckResult("test_b", "FAIL", "No.\nyours: «½»"))
    exercises = (ExerciseResult("center", score, 3.0, checks, "0f"),)
    return LabResult(student, lab, "graded", "", score, 3.0, exercises, digest=f"d{score}")


def _run(path: Path, news: list[LabResult], gone: list[tuple[str, str]] | None = None) -> bytes:
    with Ledger(path, PUBLIC) as ledger:
        ledger.begin()
        for result in news:
            ledger.add(result)
        ledger.seal(gone or [])
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "marks" / "results.jsonl"


def test_what_is_added_is_read_back_in_order(path: Path) -> None:
    _run(path, [_result("bo"), _result("ada", lab="02_next"), _result("ada")])
    with Ledger(path, PUBLIC) as ledger:
        assert ledger.known() == [("ada", _LAB), ("ada", "02_next"), ("bo", _LAB)]
        assert ledger.get(("bo", _LAB)) == _result("bo")
        assert ledger.get(("cy", _LAB)) is None
        standing = ledger.standing()
        assert len(standing) == 3
        for _ in range(2):  # it can be gone through again
            assert [(r.student, r.lab) for r in standing] == ledger.known()
    assert results.read(path) == list(standing)
    *_, seal = (json.loads(line) for line in path.read_text().splitlines())
    assert seal["sealed"] == 3


def test_the_bytes_hang_on_neither_the_order_nor_on_kills(path: Path, tmp_path: Path) -> None:
    class_of = [_result(f"s{number}") for number in range(12)]
    once = _run(tmp_path / "once.jsonl", class_of)
    draw = random.Random(1)
    for _ in range(20):
        path.unlink(missing_ok=True)
        left = list(class_of)
        draw.shuffle(left)
        while left:
            with Ledger(path, PUBLIC) as ledger:
                ledger.begin()
                for _ in range(draw.randint(1, 6)):
                    if left:
                        ledger.add(left.pop())
            data = path.read_bytes()
            torn = chain.line(chain.stamp(results.encode(_result("x")), "", PUBLIC))
            path.write_bytes(data + torn[: draw.randrange(len(torn) - 1)])
        assert _run(path, []) == once


def test_each_result_is_on_disk_before_add_returns(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        real(handle)
        synced.append(os.fstat(handle).st_size)

    with Ledger(path, PUBLIC) as ledger:
        ledger.begin()
        monkeypatch.setattr(os, "fsync", fsync)
        for name in "abc":
            ledger.add(_result(name))
            assert path.stat().st_size in synced, "the line was not flushed before the sync"


def test_a_kill_at_any_byte_loses_at_most_the_line_in_the_making(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # thousands of them; not what is tested
    whole = _run(path, [_result("a"), _result("b")])
    ends = [number for number, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        # A line is whole with or without the newline after it.
        kept = [name for name, end in zip("ab", ends, strict=False) if size >= end]
        with Ledger(path, PUBLIC) as ledger:
            assert [student for student, _ in ledger.known()] == kept, size
        assert _run(path, [_result("b"), _result("a")]) == whole, size


def test_what_was_sealed_stays_byte_for_byte_and_only_changes_are_added(path: Path) -> None:
    first = _run(path, [_result("ada"), _result("bo"), _result("cy")])
    with Ledger(path, PUBLIC) as ledger:
        ledger.begin()
        for result in (_result("cy", 3.0), _result("bo"), _result("dee")):
            ledger.add(result)
        ledger.seal([("ada", _LAB)])
        moved = [(b and b.score, a.student, a.score) for b, a in ledger.changes()]
    assert moved == [(1.5, "cy", 3.0), (None, "dee", 1.5)]
    data = path.read_bytes()
    assert data.startswith(first)
    added = [json.loads(line) for line in data[len(first) :].splitlines()]
    assert [line.get("student") for line in added] == ["ada", "cy", "dee", None]
    assert added[0]["gone"] is True
    assert added[-1]["sealed"] == 3
    assert chain.problems(path, PUBLIC) == []
    assert [r.student for r in results.read(path)] == ["bo", "cy", "dee"]


def test_nothing_new_leaves_the_file_alone(path: Path) -> None:
    _run(path, [_result("ada"), _result("bo")])
    before = path.stat()
    _run(path, [_result("ada")])
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_change_that_is_taken_back_before_the_seal_leaves_no_trace(path: Path) -> None:
    first = _run(path, [_result("ada")])
    with Ledger(path, PUBLIC) as ledger:
        ledger.begin()
        ledger.add(_result("ada", 3.0))  # and this run is killed
    assert _run(path, [_result("ada")]) == first


def test_whoever_comes_back_after_being_gone_is_there_again(path: Path) -> None:
    _run(path, [_result("ada"), _result("bo")])
    _run(path, [], [("ada", _LAB)])
    with Ledger(path, PUBLIC) as ledger:
        assert ledger.known() == [("bo", _LAB)]
    _run(path, [_result("ada")])
    assert [r.student for r in results.read(path)] == ["bo", "ada"]


def test_a_broken_chain_is_one_line_that_names_the_place_and_changes_nothing(path: Path) -> None:
    data = _run(path, [_result("ada"), _result("bo"), _result("cy")])
    damaged = data.replace(b'"student": "bo"', b'"student": "by"')
    path.write_bytes(damaged)
    with pytest.raises(UserError, match=r"line 2 \(by, 01_small\) was changed.*verify") as error:
        Ledger(path, PUBLIC)
    assert "\n" not in str(error.value)
    assert path.read_bytes() == damaged
    assert [p.name for p in path.parent.iterdir()] == ["results.jsonl"]


def test_another_secret_is_refused_and_changes_nothing(path: Path) -> None:
    data = _run(path, [_result("ada"), _result("bo")])
    with pytest.raises(UserError, match="with this secret"):
        Ledger(path, Secret(b"another course, another key"))
    assert path.read_bytes() == data


def test_two_runs_on_one_folder_do_not_mix(path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from grader.ledger.ledger import Ledger\n"
        "from grader.seeds import PUBLIC\n"
        "from grader.errors import UserError\n"
        "try:\n    Ledger(pathlib.Path(sys.argv[1]), PUBLIC)\n"
        "except UserError as error:\n    print(error)\n"
    )
    with Ledger(path, PUBLIC) as ledger:
        ledger.begin()
        ledger.add(_result("ada"))
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        assert "another run is writing" in done.stdout
        ledger.add(_result("bo"))
        ledger.seal()
    assert len(results.read(path)) == 2


@pytest.mark.parametrize("when", ["add", "seal"])
def test_a_write_that_fails_loses_nothing_that_was_there(
    path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    whole = _run(path.with_name("whole.jsonl"), [_result("ada"), _result("bo")])

    def no_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with Ledger(path, PUBLIC) as ledger:
        ledger.begin()
        ledger.add(_result("ada"))
        if when == "seal":
            ledger.add(_result("bo"))
        before = path.read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", no_disk)
            with pytest.raises(OSError, match="No space left"):
                ledger.add(_result("bo", 0.5)) if when == "add" else ledger.seal()
        assert path.read_bytes() == before
        assert not list(path.parent.glob("*.part"))
        ledger.add(_result("bo"))
        ledger.seal()
    assert path.read_bytes() == whole


def test_the_index_knows_what_is_to_be_graded_again(path: Path) -> None:
    fault = ExerciseResult("center", 3.0, 3.0, (CheckResult("test_a", "FAULT", "ours"),))
    why = "it broke (our fault)"
    broken = replace(_result("cy"), exercises=(), status="unreadable", reason=why)
    claimed = replace(_result("dee"), reason=f"code cell 3 could not be run: RuntimeError: {why}")
    _run(path, [_result("ada"), replace(_result("bo"), exercises=(fault,)), broken, claimed])
    with Ledger(path, PUBLIC) as ledger:
        entries = {student: ledger.entry((student, _LAB)) for student in ("ada", "bo", "cy", "dee")}
    assert {name: entry and entry.is_ours for name, entry in entries.items()} == {
        "ada": False, "bo": True, "cy": True, "dee": False,
    }  # fmt: skip
    assert entries["ada"] is not None
    assert entries["ada"].digest == "d1.5"
