"""Ctrl-C in a terminal: one line, soon, nothing left running and nothing half written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.ledger import chain, results
from grader.seeds import PUBLIC
from tests import sample_class

_PATIENCE = 120.0  # seconds until a busy machine has come to the moment


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    said: str
    seconds: float
    left: list[str]  # processes of its session that outlived it

    def tidily(self) -> None:
        """State that it ended as it should."""
        # A shell says 130 of both. CPython ends by the signal where the interrupt came while it
        # ran code made of text, as dataclasses do when they are imported, whoever caught it.
        assert self.code in (130, -signal.SIGINT), self.said
        assert self.said.strip().splitlines()[-1].startswith("grader: stopped. ")
        assert "Traceback" not in self.said
        assert "KeyboardInterrupt" not in self.said
        assert self.left == []
        assert self.seconds < 40


def _interrupted(moment: Callable[[], bool], *arguments: str | Path) -> Ended:
    """Press Ctrl-C at a moment: a terminal sends it to every process in the foreground."""
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    ends = time.monotonic() + _PATIENCE
    while not moment() and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.05)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=_PATIENCE)
    seconds = time.monotonic() - began
    left = subprocess.run(["pgrep", "-s", str(process.pid)], capture_output=True, text=True)
    return Ended(process.returncode, said, seconds, left.stdout.split())


def _after(seconds: float) -> Callable[[], bool]:
    began = time.monotonic()
    return lambda: time.monotonic() - began > seconds


@pytest.mark.parametrize("lines", [1, 4], ids=["while it warms up", "while it grades"])
def test_grade_keeps_what_is_done(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "marks" / "results.jsonl"
    moment = lambda: path.exists() and path.read_bytes().count(b"\n") >= lines  # noqa: E731
    command = ("grade", sample_class.SUBMISSIONS, "--out", path.parent, "--isolation", "weak")
    _interrupted(moment, *command).tidily()
    assert len(results.read(path)) >= lines
    assert chain.problems(path, PUBLIC) == []
    assert not list(path.parent.rglob("*.part"))


def test_similar_writes_all_or_nothing(tmp_path: Path) -> None:
    page = tmp_path / "similar.html"
    _interrupted(_after(1.5), "similar", sample_class.SUBMISSIONS, "--out", page).tidily()
    assert list(tmp_path.iterdir()) == []
