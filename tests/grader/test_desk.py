"""`python -m grader check`: a student's own notebook, once and on every save."""

from __future__ import annotations

import io
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from labkit import board
from rich.console import Console

from grader import desk
from grader.course import labs, notebooks
from grader.course.labs import ROOT, Lab
from grader.errors import UserError
from grader.records import CheckResult, ExerciseResult, LabResult
from tests import sample_class
from tests.grader import boards


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Lab 01 in a course of its own, so that its notebook can be written into."""
    (tmp_path / "solutions").symlink_to(ROOT / "solutions")
    (tmp_path / "grader").symlink_to(ROOT / "grader")
    shutil.copytree(ROOT / "labs" / sample_class.LAB, tmp_path / "labs" / sample_class.LAB)
    return labs.find(tmp_path)[sample_class.LAB]


def _console() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, width=160, highlight=False), text


def _save(lab: Lab, student: str, without: str | None = None) -> None:
    notebook = sample_class.solved(lab, student)
    if without is not None:
        sample_class.write(
            notebook, without, f"def {without}(ranks):\n    raise NotImplementedError"
        )
    path = lab.released / f"{lab.topic}.ipynb"
    path.with_suffix(".new").write_bytes(notebooks.to_bytes(notebook))
    path.with_suffix(".new").replace(path)


def test_a_solved_notebook_shows_full_points_for_the_typed_name(lab: Lab) -> None:
    _save(lab, "somebody typed this")
    console, text = _console()
    assert desk.check(lab, console) == 0
    shown = text.getvalue()
    assert f"{lab.max_score:g} of {lab.max_score:g} points" in shown
    for exercise in lab.exercises:
        assert exercise.name in shown
    for question in lab.questions:
        assert question.name in shown


def test_the_released_notebook_says_what_is_to_be_written(lab: Lab) -> None:
    console, text = _console()
    assert desk.check(lab, console) == 0
    assert "not written yet" in text.getvalue()
    assert f"0 of {lab.max_score:g} points" in text.getvalue()


def test_a_damaged_notebook_is_one_sentence(lab: Lab) -> None:
    (lab.released / f"{lab.topic}.ipynb").write_text('{"cells": [')
    console, text = _console()
    assert desk.check(lab, console) == 1
    assert "not valid JSON" in text.getvalue()


def test_no_notebook_is_one_line(lab: Lab) -> None:
    (lab.released / f"{lab.topic}.ipynb").unlink()
    with pytest.raises(UserError, match="run python -m grader release"):
        desk.check(lab, _console()[0])


def test_watch_runs_again_on_save_and_shows_the_next_exercise(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(lab, "ada", without="commit_layer")
    console, text = _console()
    looks = threading.Event()
    ends = time.monotonic() + 120

    def glance(seconds: float) -> None:
        """Stand in for sleep: save when the first verdict is out, stop after the second."""
        shown = text.getvalue()
        if "next: commit_layer" in shown and not looks.is_set():
            looks.set()
            time.sleep(0.02)  # a later time stamp
            _save(lab, "ada")
        elif time.monotonic() > ends or f"{lab.max_score:g} of {lab.max_score:g}" in shown:
            raise KeyboardInterrupt

    monkeypatch.setattr(desk, "time", SimpleNamespace(sleep=glance, strftime=time.strftime))
    desk.watch(lab, console)
    shown = text.getvalue()
    first, second = shown.split("next: commit_layer", 1)
    assert f"{len(lab.exercises) - 1} of {len(lab.exercises)} exercises pass" in first
    assert "not written yet" in second
    assert shown.rstrip().endswith("stopped")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What a board that was joined is told."""
    heard: list[tuple[str, str]] = []
    listen = [lambda outcome: heard.append((outcome.name, outcome.status))]
    monkeypatch.setattr("labkit.checking.outcomes.listeners", listen)
    return heard


def _mark(name: str, digest: str, *statuses: str, message: str = "") -> ExerciseResult:
    checks = tuple(CheckResult(f"test_{n}", s, message) for n, s in enumerate(statuses))  # type: ignore[arg-type]
    passed = sum(status == "PASS" for status in statuses)
    return ExerciseResult(name, float(passed), float(len(statuses)), checks, digest)


def _marked(*marks: ExerciseResult) -> LabResult:
    return LabResult("you", "01_small", "graded", "", 0.0, 9.0, marks)


def test_a_board_is_told_of_what_is_written_and_again_when_that_has_changed(
    told: list[tuple[str, str]],
) -> None:
    reporter = desk.Reporter()
    open_one = _mark("later", "c", "ERROR", "ERROR", message="not written yet: it raises")
    first = _marked(_mark("one", "a", "PASS", "PASS"), _mark("two", "b", "PASS", "FAIL"), open_one)
    reporter.tell(first)
    assert told == [("one", "passed"), ("two", "failed")]
    reporter.tell(first)
    assert len(told) == 2, "a save that changed neither"
    reporter.tell(_marked(_mark("one", "a", "PASS"), _mark("two", "B", "PASS", "PASS"), open_one))
    assert told[2:] == [("two", "passed")]
    reporter.tell(_marked(_mark("later", "C", "FAIL")))
    assert told[3:] == [("later", "failed")]


def test_watch_shows_a_line_for_each_exercise_in_the_width_there_is() -> None:
    text = io.StringIO()
    narrow = Console(file=text, width=60, highlight=False)
    long_one = "A property that takes many words to say, and then some more of them.\n0 is not 1"
    open_one = _mark("later", "c", "ERROR", message="not written yet: it raises")
    desk._show_next(
        _marked(
            _mark("one", "a", "PASS", "PASS"),
            _mark("two", "b", "PASS", "FAIL", message=long_one),
            open_one,
        ),
        narrow,
    )
    lines = text.getvalue().splitlines()
    assert lines[0] == "01_small: 1 of 3 exercises pass"
    assert lines[2].split() == ["✓", "one"]
    assert lines[3].split()[:6] == ["✗", "two", "1", "of", "2", "checks."]
    assert lines[3].rstrip().endswith("…")
    assert lines[4].split() == ["–", "later", "not", "written", "yet"]
    assert lines[6].startswith("next: two")
    assert all(len(line) <= 60 for line in lines)


def test_a_board_that_was_joined_counts_what_the_terminal_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERP_LABS_CACHE", str(tmp_path))
    first, second = (exercise.name for exercise in labs.named("01").exercises[:2])
    with boards.served(tmp_path / "board.sqlite") as one:
        board.join(one.link.url, "ada")
        try:
            desk.Reporter().tell(
                _marked(_mark(first, "a", "PASS", "PASS"), _mark(second, "b", "PASS", "FAIL"))
            )
            assert board._sender is not None and board._sender.flush(20)
            assert one.counts(first)[0] == 1
            assert sum(one.counts(second)[:3]) == 1
        finally:
            board.leave()
        assert one.state()["joined"] == 0
