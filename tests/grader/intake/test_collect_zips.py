"""Zips of students, as ``submit`` writes them, wherever their notebooks may lie."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from labkit import submit

from grader.course import labs
from grader.course.labs import Lab
from grader.intake.collect import Collected, gather

ROOT = Path("/no/such/course")
LENS = Lab("01_logit_lens", "logit_lens", ROOT, (), (), ())
PATCHING = Lab("02_patching", "patching", ROOT, (), (), ())
BOTH = (LENS, PATCHING)
INSIDE = "Ada Lovelace/01_logit_lens/logit_lens.ipynb"


def _zip(path: Path, *names: str) -> Path:
    """A zip whose files hold their own names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def _gathered(place: Path, tmp_path: Path, asked: tuple[Lab, ...] = BOTH) -> Collected:
    scratch = tmp_path / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    return gather(place, asked, scratch)


def _found(collected: Collected) -> dict[tuple[str, str], str]:
    return {
        (s.student, s.lab[:2]): s.notebook.read_text() if s.notebook else s.status
        for s in collected.submissions
    }


@pytest.mark.parametrize(
    "place",
    [
        "Ada Lovelace_01_logit_lens.zip",
        "Ada Lovelace_01_logit_lens (1).zip",
        "hand-in.zip",
        "01_logit_lens/Ada Lovelace.zip",
        "01_logit_lens/Ada Lovelace_01_logit_lens.zip",
        "Ada Lovelace/01_logit_lens.zip",
        "Ada Lovelace/anything.zip",
        "Ada Lovelace/01_logit_lens/Ada Lovelace_01_logit_lens.zip",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_zip_of_submit_is_taken_wherever_it_lies(
    tmp_path: Path, place: str, packed: bool
) -> None:
    root = tmp_path / "in"
    _zip(root / place, INSIDE, "CONTENTS.txt")
    (root / "bo" / "01_logit_lens").mkdir(parents=True)
    (root / "bo" / "01_logit_lens" / "logit_lens.ipynb").write_text("bo")
    if place.startswith("01"):  # students in labs, then all of them
        (root / "01_logit_lens" / "bo").mkdir()
        (root / "bo" / "01_logit_lens" / "logit_lens.ipynb").rename(
            root / "01_logit_lens" / "bo" / "logit_lens.ipynb"
        )
        shutil.rmtree(root / "bo")
    if packed:
        root = Path(shutil.make_archive(str(tmp_path / "class"), "zip", root))
    collected = _gathered(root, tmp_path)
    assert _found(collected) == {("Ada Lovelace", "01"): INSIDE, ("bo", "01"): "bo"}


def test_only_zips_and_several_labs(tmp_path: Path) -> None:
    for student in ("ada", "bo"):
        for name in ("01_logit_lens/logit_lens", "02_patching/patching"):
            lab = name.split("/")[0]
            if (student, lab) != ("bo", "02_patching"):
                _zip(tmp_path / "in" / f"{student}_{lab}.zip", f"{student}/{name}.ipynb")
    assert _found(_gathered(tmp_path / "in", tmp_path)) == {
        ("ada", "01"): "ada/01_logit_lens/logit_lens.ipynb",
        ("ada", "02"): "ada/02_patching/patching.ipynb",
        ("bo", "01"): "bo/01_logit_lens/logit_lens.ipynb",
        ("bo", "02"): "missing",
    }


def test_the_zips_own_name_and_place_say_whose_it_is(tmp_path: Path) -> None:
    """What stands in a zip is its writer's word: it must not become another's submission."""
    _zip(tmp_path / "in" / "eve_01_logit_lens.zip", INSIDE)
    _zip(tmp_path / "in" / "mallory" / "01_logit_lens.zip", INSIDE)
    assert set(_found(_gathered(tmp_path / "in", tmp_path))) == {("eve", "01"), ("mallory", "01")}


def test_two_of_one_student_are_not_chosen_between(tmp_path: Path) -> None:
    _zip(tmp_path / "in" / "ada_01_logit_lens.zip", "ada/01_logit_lens/logit_lens.ipynb")
    _zip(tmp_path / "in" / "ada_01_logit_lens (1).zip", "ada/01_logit_lens/logit_lens.ipynb")
    (submission,) = _gathered(tmp_path / "in", tmp_path).submissions
    assert submission.status == "unreadable"
    assert "more than one" in submission.reason


def test_a_zip_without_use_is_its_students_reason_or_listed(tmp_path: Path) -> None:
    root = tmp_path / "in"
    _zip(root / "ada_01_logit_lens.zip", INSIDE)
    _zip(root / "bo_01_logit_lens.zip", "bo/notes.txt")
    (root / "chen_01_logit_lens.zip").write_bytes(b"PK no zip")
    (root / "holiday.zip").write_bytes(b"PK no zip")
    _zip(root / "all.zip", INSIDE, "Bo/01_logit_lens/logit_lens.ipynb")
    (root / "link_01_logit_lens.zip").symlink_to(root / "ada_01_logit_lens.zip")
    collected = _gathered(root, tmp_path, (LENS,))
    reasons = {s.student: s.reason for s in collected.submissions if s.notebook is None}
    assert set(reasons) == {"bo", "chen", "link"}
    assert "holds no notebook" in reasons["bo"]
    assert "not a zip file" in reasons["chen"]
    assert "is a link" in reasons["link"]
    unused = {one.file: one.why for one in collected.unused}
    assert set(unused) == {"holiday.zip", "all.zip"}
    assert "2 students" in unused["all.zip"]


def test_a_zip_cannot_write_outside_or_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.intake.archives.MAX_INNER", 1_000)
    _zip(tmp_path / "in" / "ada_01_logit_lens.zip", "../../../away.ipynb", INSIDE)
    _zip(tmp_path / "in" / "bo_01_logit_lens.zip", *(f"{n}.ipynb" for n in range(200)), "x" * 900)
    collected = _gathered(tmp_path / "in", tmp_path)
    assert _found(collected) == {("ada", "01"): INSIDE, ("bo", "01"): "unreadable"}
    assert not list(tmp_path.rglob("away.ipynb"))


def test_what_submit_writes_is_what_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = labs.named("01")
    shutil.copytree(lab.released, tmp_path / "labs" / lab.name)
    monkeypatch.chdir(tmp_path)
    for student in ("Ada Lovelace", "bo_01_logit_lens"):
        submit.submit("1", student, tmp_path / "in")
    found = _gathered(tmp_path / "in", tmp_path, (lab,))
    assert [s.student for s in found.submissions] == ["Ada Lovelace", "bo_01_logit_lens"]
    document: Any = json.loads((lab.released / f"{lab.topic}.ipynb").read_text())
    for submission in found.submissions:
        assert submission.notebook is not None
        assert json.loads(submission.notebook.read_text()) == document
