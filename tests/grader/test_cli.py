"""The command line as a user meets it: exit codes, one-line errors, help with an example."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course import labs

COMMANDS = (
    "release", "new", "check", "submit", "grade", "regrade", "verify", "doctor", "export",
    "similar", "board",
)  # fmt: skip


def _grader(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "COLUMNS": "140"},
    )


def _one_line(result: subprocess.CompletedProcess[str]) -> str:
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("grader: ")
    return lines[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str) -> None:
    result = _grader(command, "--help")
    assert result.returncode == 0
    assert f"Example: python -m grader {command}" in result.stdout


def test_the_overview_names_every_command() -> None:
    result = _grader()
    for command in COMMANDS:
        assert f" {command} " in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["grade", "nowhere", "--out", "o"], "no such folder or zip file: nowhere"),
        (["grade", ".", "--out", "o", "--lab", "99_nothing"], "no lab is called '99_nothing'"),
        (["grade", ".", "--out", "o", "--secret", "none.key"], "cannot read the secret file"),
        (["grade", ".", "--out", "o", "--isolation", "some"], "--isolation is strong or weak"),
        (["grade", ".", "--out", "o", "--workers", "0"], "workers"),
        (["check", "nothing"], "no lab is called 'nothing'"),
        (["check", "1", "--join", "x"], "--join and --nickname go together"),
        (["release", "--roster", "r.csv"], "--roster and --secret go together"),
        (["nonsense"], "No such command"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line(
    arguments: list[str], says: str, tmp_path: Path
) -> None:
    result = _grader(*(str(tmp_path) if a == "." else a for a in arguments))
    assert result.returncode == 2
    assert says in _one_line(result)


def test_a_short_secret_is_refused_and_not_shown(tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.write_text("swordfish")
    line = _one_line(_grader("grade", tmp_path, "--out", tmp_path / "o", "--secret", key))
    assert "shorter than 16 bytes" in line
    assert "swordfish" not in line


def test_a_folder_without_submissions_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    result = _grader("grade", tmp_path / "in", "--out", tmp_path / "o")
    assert result.returncode == 2
    assert "no submissions in" in _one_line(result)
    assert not (tmp_path / "o").exists()


def test_a_file_that_is_no_zip_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "class.zip"
    path.write_text("not a zip")
    result = _grader("grade", path, "--out", tmp_path / "o")
    assert result.returncode == 2
    assert "is not a zip file that can be read" in _one_line(result)


def test_doctor_names_versions_model_and_isolation() -> None:
    result = _grader("doctor")
    for word in ("torch 2.13.0", "transformer-lens 3.9", "nbgrader 0.9.6", "smollm2", "Landlock"):
        assert word in result.stdout, word
    assert ("isolation is strong" in result.stdout) == ("look" not in result.stdout)


def test_a_class_in_a_zip_with_one_unreadable_notebook_exits_0(tmp_path: Path) -> None:
    import zipfile

    lab = labs.named("1")
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(f"ann_{lab.name}.ipynb", "{")
        bundle.writestr(f"bob_{lab.name}.ipynb", (lab.released / f"{lab.topic}.ipynb").read_text())
    out = tmp_path / "o"
    result = _grader("grade", path, "--out", out)
    assert result.returncode == 0, result.stderr
    assert "1 graded, 1 unreadable" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert (out / "index.html").exists()
    assert (out / "gradebook.csv").read_text().count("\n") == 3
