"""`python -m grader check`: a student's own notebook, once and on every save."""

from __future__ import annotations

import io
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from grader import desk
from grader.course import labs, notebooks
from grader.course.labs import ROOT, Lab
from grader.errors import UserError
from tests import sample_class


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

    monkeypatch.setattr(desk, "time", SimpleNamespace(sleep=glance))
    desk.watch(lab, console)
    shown = text.getvalue()
    first, second = shown.split("next: commit_layer", 1)
    assert f"{len(lab.exercises) - 1} of {len(lab.exercises)} exercises pass" in first
    assert "not written yet" in second
    assert shown.rstrip().endswith("stopped")
