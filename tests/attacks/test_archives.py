"""A hostile class folder or zip: who is honest is found, nothing outside is read or written."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course import labs
from grader.course.labs import Lab
from grader.intake.collect import collect
from grader.records import Submission
from tests.attacks import archives

LAB = labs.named("01_logit_lens")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """An honest class of two, whose notebooks tell whose they are."""
    for student in archives.HONEST:
        path = tmp_path / "class" / student / LAB.name / f"{LAB.topic}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"nbformat": 4, "cells": [], "metadata": {"of": student}}))
    return tmp_path / "class"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file outside the class."""
    path = tmp_path / "outside" / "canary.txt"
    path.parent.mkdir()
    path.write_text("untouched")
    return path


def _collected(place: Path, scratch: Path, lab: Lab = LAB) -> dict[str, Submission]:
    scratch.mkdir()
    return {submission.student: submission for submission in collect(place, [lab], scratch)}


def _hold(found: dict[str, Submission], scratch: Path, canary: Path) -> None:
    """What must hold whatever the attack."""
    for student in archives.HONEST:
        notebook = found[student].notebook
        assert found[student].status == "graded"
        assert notebook is not None
        assert json.loads(notebook.read_text())["metadata"]["of"] == student
    for submission in found.values():
        if submission.notebook is None:
            assert submission.status in ("unreadable", "missing")
            assert submission.reason
        else:
            assert submission.notebook.is_file()
            assert not submission.notebook.is_symlink()
        submission.student.encode()
    assert {p.name: p.read_text() for p in canary.parent.iterdir()} == {"canary.txt": "untouched"}
    outside = {path.name for path in scratch.parent.iterdir()}
    assert outside <= {"class", "outside", "scratch", "class.zip", "class.inner"}


@pytest.mark.parametrize("attack", archives.ZIPS, ids=lambda attack: attack.__name__)
def test_a_hostile_zip_harms_nobody(
    attack: Callable[[Path, Path, Path], None], course: Path, canary: Path, tmp_path: Path
) -> None:
    zipped = tmp_path / "class.zip"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that stand there twice
        attack(course, zipped, canary)
    found = _collected(zipped, tmp_path / "scratch")
    _hold(found, tmp_path / "scratch", canary)
    for path in (tmp_path / "scratch").rglob("*"):
        assert not path.is_symlink()
        # Of what may not be work only the name is taken: it may be the reason that a student reads.
        assert path.is_dir() or path.suffix in (".ipynb", ".zip") or path.stat().st_size == 0, path


@pytest.mark.parametrize("attack", archives.FOLDERS, ids=lambda attack: attack.__name__)
def test_a_hostile_folder_harms_nobody(
    attack: Callable[[Path, Path], None], course: Path, canary: Path, tmp_path: Path
) -> None:
    attack(course, canary)
    found = _collected(course, tmp_path / "scratch")
    _hold(found, tmp_path / "scratch", canary)
    evil = found.get(archives.EVIL)
    if evil is not None and evil.notebook is not None:
        content = json.loads(evil.notebook.read_text())
        assert evil.notebook.resolve().is_relative_to(course / archives.EVIL), content


def test_every_attack_on_archives_is_run_and_says_what_it_is_for() -> None:
    written = {
        name
        for name, thing in vars(archives).items()
        if callable(thing)
        and getattr(thing, "__module__", "") == archives.__name__
        and not name.startswith("_")
    }
    assert written == {attack.__name__ for attack in (*archives.ZIPS, *archives.FOLDERS)}
    assert all(attack.__doc__ for attack in (*archives.ZIPS, *archives.FOLDERS))
