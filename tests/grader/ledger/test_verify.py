"""``verify`` says what holds or what was done, and changes nothing; ``regrade`` needs results."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.ledger import verify
from grader.ledger.ledger import Ledger
from grader.records import LabResult
from grader.seeds import PUBLIC, Secret

_SECRET = Secret(b"a course secret of thirty-two b.")


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """A folder with two runs' results: three, then one of them graded again."""
    for scores in ({"ada": 1.0, "bo": 2.0, "cy": 3.0}, {"bo": 4.0}):
        with Ledger(tmp_path / "results.jsonl", _SECRET) as ledger:
            ledger.begin()
            for student, score in scores.items():
                ledger.add(LabResult(student, "01_small", "graded", "", score, 9.0, ()))
            ledger.seal()
    return tmp_path


def _head(marks: Path) -> str:
    lines, _ = verify.report(marks, _SECRET)
    found = re.fullmatch("head: ([0-9a-f]{32})", lines[-1])
    assert found is not None
    return found[1]


def test_what_holds_is_said_with_the_head(marks: Path) -> None:
    data = (marks / "results.jsonl").read_bytes()
    lines, holds = verify.report(marks, _SECRET)
    assert holds
    assert "3 results, the chain holds" in lines[0]
    with Ledger(marks / "results.jsonl", _SECRET) as ledger:
        assert ledger.head == _head(marks)
    assert (marks / "results.jsonl").read_bytes() == data


def test_a_run_that_was_stopped_is_no_problem_and_is_said(marks: Path) -> None:
    with Ledger(marks / "results.jsonl", _SECRET) as ledger:
        ledger.begin()
        ledger.add(LabResult("dee", "01_small", "graded", "", 1.0, 9.0, ()))
    lines, holds = verify.report(marks, _SECRET)
    assert holds
    assert "1 more are not sealed" in lines[1]


def test_a_noted_head_shows_that_runs_were_cut_off(marks: Path) -> None:
    noted = _head(marks)
    path = marks / "results.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    assert verify.report(marks, _SECRET)[1], "the file alone does not show it"
    lines, holds = verify.report(marks, _SECRET, noted)
    assert not holds
    assert "cut off" in lines[0]
    assert verify.report(marks, _SECRET, _head(marks)[:12])[1]


def test_no_results_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give the folder that grade --out wrote"):
        verify.report(tmp_path, PUBLIC)


def test_the_command_names_each_problem_on_its_line_and_exits_1(marks: Path) -> None:
    path, key = marks / "results.jsonl", marks / "secret.key"
    key.write_bytes(_SECRET.key)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[0] = lines[0].replace(b'"score": 1.0', b'"score": 9.0')
    del lines[4]
    path.write_bytes(b"".join(lines))
    command = [sys.executable, "-m", "grader", "verify", str(marks), "--secret", str(key)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    changed, removed = done.stdout.splitlines()
    assert "line 1 (ada, 01_small) was changed" in changed
    assert "removed before line 5 (the seal of a run)" in removed
    assert done.stderr == ""


def test_regrade_without_results_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "grader", "regrade", str(tmp_path), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "python -m grader grade comes first" in done.stderr
    assert done.stderr.count("\n") == 1
