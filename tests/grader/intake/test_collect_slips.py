"""Names that students, browsers and instructors really give: taken where plain, else said why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.course.labs import Exercise, Lab
from grader.course.source import Cell
from grader.intake import naming
from grader.intake.collect import Collected, gather

ROOT = Path("/no/such/course")


def lab(name: str, *exercises: str) -> Lab:
    made = tuple(Exercise(e, 1.0, Cell("code", "", e, None, None, None, 0, 0)) for e in exercises)
    return Lab(name, name[3:], ROOT, (), made, ())


LENS = lab("01_logit_lens", "logit_lens", "token_rank", "challenge_answer")
PATCHING = lab("02_patching", "noise_map", "challenge_answer")
PROBES = lab("04_probes", "mass_mean", "challenge_answer")
ALL = [LENS, PATCHING, PROBES]


def notebook(title: str = "", code: str = "", grade_id: str = "") -> bytes:
    """A notebook as Jupyter writes it, as far as matters here."""
    about = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    cells = [{"cell_type": "code", "source": code, "metadata": about, "outputs": []}]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    if title:
        document["metadata"] = {"title": title}
    return json.dumps(document).encode()


def gathered(tmp_path: Path, files: dict[str, bytes], labs: list[Lab] = ALL) -> Collected:
    place = tmp_path / "class"
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return gather(place, labs, scratch)


def graded(found: Collected, place: Path) -> dict[tuple[str, str], str]:
    return {
        (s.student, s.lab[:2]): s.notebook.relative_to(place).as_posix()
        for s in found.submissions
        if s.notebook is not None
    }


@pytest.mark.parametrize(
    "name",
    ["01_logit_lens", "01_Logit_Lens", "logit_lens", "Logit Lens", "logit-lens", "LogitLens",
     "lab1", "Lab 01", "lab-1", "Lab1_logit_lens", "1_logit_lens", "logit_lens (1)",
     "logit_lens-Copy1", "logit_lens - Copy", "logit_lens - Copy (2)", "logit_lens copy 2",
     "logit_lens-3", "logit_lens (2)-1", "logit_lens_final", "logit_lens_v2", "ｌogit_lens"],
)  # fmt: skip
def test_a_lab_is_known_by_every_usual_spelling(name: str) -> None:
    assert naming.lab_named(name, ALL) == LENS


@pytest.mark.parametrize(
    "name", ["1", "01", "lab", "lens", "homework", "lab11", "logit_lens_helpers", "", "(1)", "-1"]
)
def test_a_name_that_says_little_is_no_labs(name: str) -> None:
    assert naming.lab_named(name, ALL) is None


@pytest.mark.parametrize(
    ("name", "student"),
    [("ada_01_logit_lens", "ada"), ("ada_logit_lens", "ada"), ("ada lab1", "ada"),
     ("ada-Lab 01", "ada"), ("logit_lens_ada", "ada"), ("lab1-ada lovelace", "ada lovelace"),
     ("ada_01_logit_lens (1)", "ada"), ("eve_01_logit_lens_2_01_logit_lens", "eve_01_logit_lens_2"),
     ("01_logit_lens_b.b", "b.b"), ("logit_lens", "")],
)  # fmt: skip
def test_student_and_lab_are_told_apart_in_one_name(name: str, student: str) -> None:
    assert naming.split(name, ALL) == [(LENS, student)]


def test_a_name_with_two_labs_in_it_tells_neither() -> None:
    assert {lab.name for lab, _ in naming.split("patching_logit_lens", ALL)} == {
        "01_logit_lens",
        "02_patching",
    }


def test_folders_and_files_of_the_usual_misspellings_are_taken(tmp_path: Path) -> None:
    files = {
        "ada/01_Logit_Lens/logit_lens.ipynb": b"",
        "ben/logit_lens/Untitled.ipynb": b"",
        "cy/lab1/logit_lens (1).ipynb": b"",
        "dee/logit_lens-Copy1.ipynb": b"",
        "dee/02_patching/patching.ipynb": b"",
        "eli_lab1.ipynb": b"",
        "logit_lens_flo.ipynb": b"",
    }
    found = gathered(tmp_path, files)
    names = {key[0]: name for key, name in graded(found, tmp_path / "class").items()}
    assert set(names) == {"ada", "ben", "cy", "dee", "eli", "flo"}
    assert set(graded(found, tmp_path / "class").values()) == set(files)
    assert found.unused == []


@pytest.mark.parametrize("above", ["", "class/"])
def test_the_other_way_round(tmp_path: Path, above: str) -> None:
    files = {
        f"{above}01_logit_lens/ada/logit_lens.ipynb": b"",
        f"{above}01_logit_lens/ben/x.ipynb": b"",
        f"{above}lab2/ada/patching.ipynb": b"",
        f"{above}lab2/cy.ipynb": b"",
        f"{above}lab2/dee_patching.ipynb": b"",
    }
    found = gathered(tmp_path, files)
    assert set(graded(found, tmp_path / "class").values()) == set(files)
    assert set(graded(found, tmp_path / "class")) == {
        ("ada", "01"), ("ben", "01"), ("ada", "02"), ("cy", "02"), ("dee", "02"),
    }  # fmt: skip


def test_one_lab_the_other_way_round(tmp_path: Path) -> None:
    files = {"01_logit_lens/ada/logit_lens.ipynb": b"", "01_logit_lens/ben/logit_lens.ipynb": b""}
    found = gathered(tmp_path, files, [LENS])
    assert [s.student for s in found.submissions] == ["ada", "ben"]


def test_what_no_name_tells_is_told_by_the_content(tmp_path: Path) -> None:
    files = {
        "ada/Untitled.ipynb": notebook(title="01 logit lens"),
        "ben/Untitled1.ipynb": notebook(code="def noise_map(model):\n    return 1\n"),
        "cy.ipynb": notebook(grade_id="mass_mean"),
        "dee/scratch.ipynb": notebook(code="challenge_answer = {}"),
        "eli/both.ipynb": notebook(code="def noise_map(): ...\n\ndef token_rank(): ...\n"),
        "flo/broken.ipynb": b"{",
        "gus/logit_lens.ipynb": b"{",
    }
    found = gathered(tmp_path, files)
    assert graded(found, tmp_path / "class") == {
        ("ada", "01"): "ada/Untitled.ipynb", ("ben", "02"): "ben/Untitled1.ipynb",
        ("cy", "04"): "cy.ipynb", ("gus", "01"): "gus/logit_lens.ipynb",
    }  # fmt: skip
    reasons = {unused.file: unused.why for unused in found.unused}
    assert "neither its name nor what stands in it" in reasons["dee/scratch.ipynb"]
    assert "holds exercises of 01_logit_lens and 02_patching" in reasons["eli/both.ipynb"]
    assert "cannot be read" in reasons["flo/broken.ipynb"]


def test_nothing_is_left_out_silently(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.course.labs.find", lambda root: {lab.name: lab for lab in ALL})
    files = {
        "ada/01_logit_lens/logit_lens.ipynb": b"1",
        "ada/01_logit_lens/logit_lens-Copy1.ipynb": b"2",
        "ada/logit_lens.ipynb": b"3",
        "ada/lab1/logit_lens.ipynb": b"4",
        "ada/old things/logit_lens.ipynb": b"5",
        "logit_lens (1).ipynb": b"6",
        "patching_logit_lens.ipynb": b"7",
        "marks.xlsx": b"8",
        "ada/sorry.docx": b"0",
        "02_patching/ada/patching.ipynb": b"9",
    }
    found = gathered(tmp_path, files, [LENS])
    (only,) = found.submissions
    assert only.notebook is not None
    assert only.notebook.read_bytes() == b"1"
    unused = {unused.file: unused.why for unused in found.unused}
    assert unused == {
        "ada/01_logit_lens/logit_lens-Copy1.ipynb": "logit_lens.ipynb beside it was taken",
        "ada/logit_lens.ipynb": "ada has a folder 01_logit_lens, which was taken",
        "ada/lab1": "ada has a folder 01_logit_lens, which was taken",
        "ada/old things": "a folder whose name means no lab",
        "logit_lens (1).ipynb": "its name does not say whose it is: call it "
        "<student>_01_logit_lens.ipynb",
        "patching_logit_lens.ipynb": "its name fits 01_logit_lens and 02_patching",
        "marks.xlsx": "not a notebook",
        "ada/sorry.docx": "not a notebook",
        "02_patching/ada": "it is of 02_patching, which was not asked for",
    }


def test_two_that_could_be_meant_are_a_reason(tmp_path: Path) -> None:
    files = {
        "ada/lab1/x.ipynb": b"1", "ada/logit_lens/x.ipynb": b"2",
        "ben_logit_lens.ipynb": b"1", "ben_logit_lens (1).ipynb": b"2",
        "cy/01_logit_lens/logit_lens.ipynb": b"1",
    }  # fmt: skip
    found = {s.student: s for s in gathered(tmp_path, files).submissions}
    assert found["ada"].status == "unreadable"
    assert "lab1, logit_lens" in found["ada"].reason
    assert found["ben"].status == "unreadable"
    assert "ben_logit_lens (1).ipynb" in found["ben"].reason
    assert found["cy"].status == "graded"


def test_nbgraders_timestamp_is_when_it_came_in(tmp_path: Path) -> None:
    usual = "01_logit_lens/logit_lens.ipynb"
    files = {
        f"ada/{usual}": b"",
        "ada/01_logit_lens/timestamp.txt": b"2026-02-02 15:58:23.948203 UTC",
        f"ben/{usual}": b"",
        "ben/01_logit_lens/timestamp.txt": b"yesterday",
    }
    (came,) = gathered(tmp_path, files).handed_in
    assert (came.student, came.system) == ("ada", "nbgrader")
    assert came.when == "2026-02-02T15:58:23.948203+00:00"
