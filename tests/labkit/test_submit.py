"""Handing in: the zip is what the grader reads, and what will not survive is said beforehand."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from labkit import history, inventory
from labkit.errors import LabError
from labkit.submit import find, submit

from grader.course import labs
from grader.intake.collect import collect

LAB = labs.named("01")
NOTEBOOK = f"{LAB.topic}.ipynb"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A student's folder: the released lab, as a bundle has it; no kernel ever ran."""
    shutil.copytree(LAB.released, tmp_path / "labs" / LAB.name)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _change(course: Path, change: Callable[[list[dict]], None]) -> None:  # type: ignore[type-arg]
    path = course / "labs" / LAB.name / NOTEBOOK
    document = json.loads(path.read_text())
    for cell in document["cells"]:
        cell["source"] = "".join(cell["source"])
    change(document["cells"])
    path.write_text(json.dumps(document))


def _replace(cells: list[dict], name: str, source: str) -> None:  # type: ignore[type-arg]
    (cell,) = [c for c in cells if f"def {name}(" in c["source"]]
    cell["source"] = source


def test_the_zip_is_graded_as_it_is(course: Path) -> None:
    path, found = submit("1", "Ada Lovelace")
    assert path == course / f"Ada Lovelace_{LAB.name}.zip"
    (handed_in,) = collect(path, [LAB], course / "scratch")
    assert (handed_in.student, handed_in.lab, handed_in.status) == (
        "Ada Lovelace",
        LAB.name,
        "graded",
    )
    notebook = course / "labs" / LAB.name / NOTEBOOK
    assert handed_in.notebook is not None
    assert handed_in.notebook.read_bytes() == notebook.read_bytes()
    with zipfile.ZipFile(path) as archive:
        contents = archive.read("CONTENTS.txt").decode()
    assert hashlib.sha256(notebook.read_bytes()).hexdigest() in contents
    assert "\n".join(found.lines()) in contents


def test_an_untouched_notebook_is_said_to_be_unwritten(course: Path) -> None:
    _, found = submit("logit_lens", "ada")
    assert found.written == ()
    assert found.unwritten == tuple(exercise.name for exercise in LAB.exercises)
    assert found.warnings == ()
    assert found.unanswered == len(LAB.questions)


def test_what_will_not_survive_is_named(course: Path) -> None:
    first, second, third, fourth = [e.name for e in LAB.exercises][:4]

    def change(cells: list[dict]) -> None:  # type: ignore[type-arg]
        _replace(cells, first, f"stack = list(model(1))\ndef {first}(x):\n    return stack")
        _replace(cells, second, "pass")
        _replace(cells, third, f"def {third}(x:\n    return x")
        _replace(cells, fourth, f"with torch.no_grad():\n    def {fourth}(x):\n        return x")

    _change(course, change)
    _, found = submit("01_logit_lens", "ada")
    said = "\n".join(found.warnings)
    assert f"`{first}` uses `stack` (code cell " in said
    assert f"`{second}` is not in the notebook: its cell was removed or renamed" in said
    assert "is not valid Python" in said
    assert f"`{fourth}` is made in code cell" in said


def test_a_notebook_that_was_not_saved_is_noticed(tmp_path: Path) -> None:
    given = "import torch\n" + "# a given cell, long enough to tell this notebook from others\n" * 2
    old, new = "def lens(x):\n    return x", "def lens(x):\n    return x + 1"
    database = tmp_path / "history.sqlite"
    manager = HistoryManager(shell=InteractiveShell(), hist_file=str(database))
    for line, source in enumerate([given, old, new], start=1):
        manager.store_inputs(line, source)
    manager.writeout_cache()
    manager.end_session()
    assert history.newer_than([given, old], ["lens"], database) == ["lens"]
    assert history.newer_than([given, new], ["lens"], database) == []
    assert history.newer_than([given + "# another notebook", old], ["lens"], database) == []
    assert history.newer_than([given, old], ["lens"], tmp_path / "none.sqlite") == []


@pytest.mark.parametrize(
    ("lab", "student", "what"),
    [
        ("9", "ada", f"no lab '9': there are {LAB.name}"),
        ("1", " / ", "a submission needs your name"),
        ("elsewhere.ipynb", "ada", "no notebook at elsewhere.ipynb"),
    ],
)
def test_what_a_student_can_cause_is_one_line(
    course: Path, lab: str, student: str, what: str
) -> None:
    with pytest.raises(LabError, match=what):
        submit(lab, student)


def test_a_damaged_notebook_and_a_missing_one_are_one_line(course: Path) -> None:
    notebook = course / "labs" / LAB.name / NOTEBOOK
    notebook.write_text('{"cells": [')
    with pytest.raises(LabError, match="is damaged: open it in JupyterLab"):
        submit("1", "ada")
    notebook.unlink()
    with pytest.raises(LabError, match="no notebook at"):
        submit("1", "ada")


def test_a_lab_is_found_from_within_its_folder(course: Path) -> None:
    folder = course / "labs" / LAB.name
    assert find("1", folder) == folder / NOTEBOOK
    assert find(str(folder / NOTEBOOK), course) == folder / NOTEBOOK
    with pytest.raises(LabError, match="no labs in"):
        find("1", Path("/"))


def test_the_command_says_what_it_wrote(course: Path) -> None:
    command = [sys.executable, "-m", "labkit.submit", "1", "--name", "ada"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=course)
    assert done.returncode == 0, done.stderr
    assert f"wrote {course / f'ada_{LAB.name}.zip'}" in done.stdout
    assert "written: " in done.stdout
    done = subprocess.run([*command[:3], "9"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_an_inventory_of_odd_json_is_no_crash() -> None:
    found = inventory.take({"cells": [None, {"cell_type": "code", "source": None}]}, ["lens"])
    assert found.written == found.unwritten == ()
    assert len(found.warnings) == 1
