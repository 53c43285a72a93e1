"""The autograder for Gradescope: what its specification asks of the zip, and a run from that zip.

The specification ("Autograder Specifications"): setup.sh and an executable run_autograder at the
root of the zip; it is unpacked to /autograder/source, run_autograder is started in /autograder, and
writes /autograder/results/results.json. submission_metadata.json has id, created_at, users.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader import sandbox
from grader.autograder import pack as gradescope_zip
from grader.autograder import run as gradescope_run
from grader.course import labs
from grader.errors import UserError
from tests.grader.export.test_export_platforms import gradescope_reads

LAB = labs.named("01_logit_lens")
SUBMITTED = Path(__file__).parents[2] / "submissions"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("autograder")
    (folder / "secret.key").write_text("a course secret of many bytes")
    (folder / "roster.csv").write_text("student,email\nada,ada@uni.edu\n")
    isolation = "strong" if sandbox.rungs().strong else "weak"
    gradescope_zip.write(
        LAB, folder / "a.zip", roster=folder / "roster.csv", isolation=isolation,
        index="https://example.org/simple",
    )  # fmt: skip
    return folder / "a.zip"


def test_the_zip_is_as_gradescope_asks(packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        modes = {name: archive.getinfo(name).external_attr >> 16 for name in names}
        setup = archive.read("setup.sh").decode()
    for name in ("setup.sh", "run_autograder"):
        assert modes[name] & stat.S_IXUSR
    assert setup.startswith("#!/usr/bin/env bash\n")
    assert "PIP_EXTRA_INDEX_URL=https://example.org/simple" in setup
    assert f"grader/checks/{LAB.name}/test_logit_lens.py" in names
    assert not [name for name in names if "02_patching" in name or "__pycache__" in name]
    assert gradescope_zip.SECRET not in names


def test_the_scripts_are_valid_bash(packed: Path, tmp_path: Path) -> None:
    for name in ("setup.sh", "run_autograder"):
        with zipfile.ZipFile(packed) as archive:
            (tmp_path / name).write_bytes(archive.read(name))
        subprocess.run(["bash", "-n", str(tmp_path / name)], check=True)


@pytest.fixture
def container(packed: Path, tmp_path: Path) -> Path:
    """/autograder as Gradescope's harness leaves it, elsewhere."""
    base = tmp_path / "autograder"
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(base / "source")
    shutil.copy(base / "source" / "run_autograder", base / "run_autograder")
    (base / "run_autograder").chmod(0o755)
    (base / "results").mkdir()
    (base / "submission").mkdir()
    users = [
        {"email": "grace@uni.edu", "id": 8, "name": "Grace Hopper"},
        {"email": "ada@uni.edu", "id": 7, "name": "Ada Lovelace"},
    ]
    about = {"id": 123456, "created_at": "2026-03-01T14:22:32.365935-07:00", "users": users}
    (base / "submission_metadata.json").write_text(json.dumps(about))
    return base


def test_a_submission_is_graded_from_the_zip_alone(container: Path) -> None:
    notebook = SUBMITTED / "ada" / LAB.name / f"{LAB.topic}.ipynb"
    shutil.copy(notebook, container / "submission" / "logit_lens (1).ipynb")
    # Its own copy of the course, not this one.
    paths = os.pathsep.join(str(container / "source" / part) for part in ("", "labs"))
    environment = os.environ | {
        "AUTOGRADER": str(container), "PYTHON": sys.executable, "PYTHONPATH": paths,
    }  # fmt: skip
    done = subprocess.run(
        [str(container / "run_autograder")], cwd=container, env=environment, capture_output=True,
        text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    got = gradescope_reads(container / "results" / "results.json")
    # The sample class' golden result: ada has everything right, the challenge too, though this is
    # a pair's and the other is named first: her roster id is the name that is in the notebook.
    assert got["score"] == LAB.max_score
    assert got["extra_data"]["student"] == "grace@uni.edu"
    assert {test["status"] for test in got["tests"]} == {"passed"}


def test_a_submission_without_a_notebook_is_told_so_and_an_accident_is_no_zero(
    container: Path,
) -> None:
    (container / "submission" / "logit_lens.pdf").write_text("%PDF")
    gradescope_run.run(LAB, container, "weak")
    got = gradescope_reads(container / "results" / "results.json")
    assert got["score"] == 0
    assert "only logit_lens.pdf: the .ipynb file itself is needed" in got["output"]
    (container / "results" / "results.json").unlink()
    (container / "submission_metadata.json").write_text("{")
    with pytest.raises(UserError, match="does not say who handed in"):
        gradescope_run.run(LAB, container, "weak")
    assert not (container / "results" / "results.json").exists()
