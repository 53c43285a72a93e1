"""Rosters as instructors have them, and challenges whose answer is in nothing a student holds."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest
import torch
from labkit import models, planted
from safetensors import safe_open

from grader import seeds
from grader.errors import UserError
from grader.handout import roster

pytestmark = pytest.mark.xdist_group("course")
LAB = "07_entropy"
SECRET = seeds.Secret(b"a course secret of many bytes")


def csv(folder: Path, content: str | bytes) -> Path:
    path = folder / "roster.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "student\nada\nGrace Hopper\n",
        "\ufeffstudent\r\nada\r\nGrace Hopper\r\n",
        "name,Student,section\nx,ada,1\ny,Grace Hopper,2\n",
        "id;mark\nada;1\nGrace Hopper;2\n",
        "Student ID\tgroup\nada\t1\nGrace Hopper\t1\n",
        "ada\nGrace Hopper\n",
        'student\n"ada"\n\n  Grace Hopper  \n,\n',
    ],
)
def test_ids_are_found_in_every_usual_form(tmp_path: Path, content: str) -> None:
    assert roster.students(csv(tmp_path, content)) == ["ada", "Grace Hopper"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no student"),
        ("student\n", "no student"),
        ("student\nada\nAda \n", "'Ada' twice"),
        (b"student\n\xe9ric\n", "not UTF-8"),
        ('student\n"ada\n', "is no CSV"),
    ],
)
def test_a_bad_roster_is_one_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        roster.students(csv(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_an_absent_roster_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the roster"):
        roster.students(tmp_path / "none.csv")


@pytest.fixture
def files(course: Path, own_helpers: None) -> dict[PurePosixPath, bytes]:
    """The challenges of two students in a course whose lab has one."""
    helpers = course / "solutions" / LAB / "entropy_helpers.py"
    helpers.write_text(helpers.read_text() + '\nCHALLENGE = "induction"\n')
    made = roster.weights(course, ["ada", "Grace Hopper"], SECRET)
    assert made == roster.weights(course, ["ada", "Grace Hopper"], SECRET), "not the same bytes"
    return made


def test_each_student_has_a_file_under_a_name_that_tells_nothing(
    files: dict[PurePosixPath, bytes],
) -> None:
    folder = PurePosixPath("labs", LAB, "challenges")
    assert set(files) == {folder / planted.challenge_file(s) for s in ("ada", "Grace Hopper")}
    assert len(set(files.values())) == 2
    assert not any("ada" in path.name for path in files)


def test_the_circuit_comes_from_the_secret(
    files: dict[PurePosixPath, bytes], tmp_path: Path
) -> None:
    content = files[PurePosixPath("labs", LAB, "challenges", planted.challenge_file("ada"))]
    path = tmp_path / "ada.safetensors"
    path.write_bytes(content)
    held = planted.Planted.load(path)
    hidden = models.planted("induction", seeds.challenge_seed(SECRET, "ADA ", LAB))
    public = models.planted("induction", planted.challenge_seed(LAB, "ada"))
    assert torch.equal(held.tokens, hidden.tokens)
    assert torch.allclose(held.model(held.tokens), hidden.model(hidden.tokens))
    assert not torch.equal(held.model.W_Q, public.model.W_Q)


def test_the_truth_is_in_nothing_the_student_holds(
    files: dict[PurePosixPath, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(next(iter(files.values())))
    assert planted.Planted.load(path).truth is None
    with safe_open(path, framework="pt") as stored:
        said = " ".join([*stored.keys(), json.dumps(stored.metadata())]).lower()
    seed = seeds.challenge_seed(SECRET, "ada", LAB)
    truth = models.planted("induction", seed).truth
    for word in ("truth", "seed", str(seed), *truth, SECRET.key.decode()):
        assert word not in said


def test_a_lab_without_a_challenge_gets_no_files(released_course: Path, own_helpers: None) -> None:
    assert roster.weights(released_course, ["ada"], SECRET) == {}
