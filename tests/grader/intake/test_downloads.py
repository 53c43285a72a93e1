"""Downloads of Canvas, Moodle and Gradescope, named as their own sources name them.

Canvas: lib/content_zipper.rb (``get_filename``, ``add_upload_submission``). Moodle:
mod/assign/classes/downloader.php. Gradescope: submission_metadata.yml as its exports have it.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.intake.collect import Collected, gather
from grader.intake.people import People
from tests.grader.intake.test_collect_slips import ALL, LENS, PATCHING, notebook

BODY = notebook(title="01 logit lens")


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def gathered(
    tmp_path: Path,
    files: dict[str, bytes],
    labs: object = ALL,
    roster: str = "",
    packed: bool = True,
) -> Collected:
    """What is found in a download, as the zip it is or unpacked by hand."""
    place, scratch = tmp_path / "download.zip", tmp_path / "scratch"
    scratch.mkdir()
    if packed:
        place.write_bytes(zipped(files))
    else:
        place = tmp_path / "download"
        for name, content in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
    people = People()
    if roster:
        (tmp_path / "roster.csv").write_text(roster)
        people = People.read(tmp_path / "roster.csv")
    return gather(place, labs, scratch, people)  # type: ignore[arg-type]


def statuses(found: Collected) -> dict[tuple[str, str], str]:
    return {(s.student, s.lab[:2]): s.status for s in found.submissions}


# Canvas ----------------------------------------------------------------------------------

CANVAS = {
    "lovelaceada_12345_678901_logit_lens.ipynb": BODY,
    "hopper_grace_LATE_12346_678902_logit_lens-1.ipynb": BODY,
    "żółćłukasz_12347_678903_01_logit_lens.ipynb": BODY,
    "turingalan_12348_678904_Untitled.ipynb": BODY,
    "noethere_12349_678905_logit_lens.pdf": b"%PDF",
    "typed_12350_text.html": b"<p>",
    "hopper_grace_LATE_12346_678906_patching.ipynb": b"{}",
}


@pytest.mark.parametrize("packed", [True, False])
def test_canvas(tmp_path: Path, packed: bool) -> None:
    found = gathered(tmp_path, CANVAS, packed=packed)
    assert found.system == "canvas"
    assert statuses(found) == {
        ("lovelaceada_12345", "01"): "graded", ("lovelaceada_12345", "02"): "missing",
        ("hopper_grace_12346", "01"): "graded", ("hopper_grace_12346", "02"): "graded",
        ("żółćłukasz_12347", "01"): "graded", ("żółćłukasz_12347", "02"): "missing",
        ("turingalan_12348", "01"): "graded", ("turingalan_12348", "02"): "missing",
        ("noethere_12349", "01"): "missing", ("noethere_12349", "02"): "missing",
        ("typed_12350", "01"): "missing", ("typed_12350", "02"): "missing",
    }  # fmt: skip
    late = {h.student: (h.key, h.name, h.late, h.when) for h in found.handed_in if h.file}
    assert late["hopper_grace_12346"] == ("12346", "hopper_grace", True, "")
    assert late["lovelaceada_12345"] == ("12345", "lovelaceada", False, "")
    assert {h.student: h.key for h in found.handed_in}["noethere_12349"] == "12349"
    reasons = {s.student: s.reason for s in found.submissions if s.lab == LENS.name}
    assert "noethere_12349_678905_logit_lens.pdf" in reasons["noethere_12349"]
    assert {unused.file for unused in found.unused} == {
        "noethere_12349_678905_logit_lens.pdf", "typed_12350_text.html",
    }  # fmt: skip


def test_canvas_anonymous_and_late(tmp_path: Path) -> None:
    files = {
        "anon_K3x9q_678901_logit_lens.ipynb": BODY,
        "LATE_anon_b2Yz1_678902_logit_lens.ipynb": BODY,
    }
    found = gathered(tmp_path, files)
    assert {h.student: h.late for h in found.handed_in} == {"anon_K3x9q": False, "anon_b2Yz1": True}


def test_a_group_of_canvas_is_marked_for_each_member(tmp_path: Path) -> None:
    """Canvas' group export has these columns; the id in the file's name is one member's."""
    roster = (
        "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
        "Ada Lovelace,12345,,ada@uni.edu,A,Lens Grinders,77,\n"
        "Grace Hopper,12346,,grace@uni.edu,A,Lens Grinders,77,\n"
        "Alan Turing,12347,,alan@uni.edu,A,,,\n"
    )
    files = {
        "lensgrinders_12345_678901_logit_lens.ipynb": BODY,
        "turingalan_12347_678902_logit_lens.ipynb": BODY,
    }
    found = gathered(tmp_path, files, [LENS], roster)
    members = {s.student: s.members for s in found.submissions}
    both = ("ada@uni.edu", "grace@uni.edu")
    assert members == {both[0]: both, both[1]: both, "alan@uni.edu": ()}
    keys = {h.student: h.key for h in found.handed_in}
    assert keys == {both[0]: "", both[1]: "", "alan@uni.edu": "12347"}  # hers alone it is not


def test_a_flat_class_with_numbers_is_no_download_of_canvas(tmp_path: Path) -> None:
    files = {"eve_3_01_logit_lens.ipynb": BODY, "ada_01_logit_lens.ipynb": BODY}
    found = gathered(tmp_path, files, [LENS])
    assert found.system == ""
    assert set(statuses(found)) == {("eve_3", "01"), ("ada", "01")}


# Moodle ----------------------------------------------------------------------------------

MOODLE = {
    "Ada Lovelace_12345_assignsubmission_file_/logit_lens.ipynb": BODY,
    "Ada Lovelace_12345_assignsubmission_onlinetext_/onlinetext.html": b"<p>see file</p>",
    "Grace Hopper_12346_assignsubmission_file/drafts/Untitled (2).ipynb": BODY,
    "Łukasz Żółć_12347_assignsubmission_onlinetext/onlinetext.html": b"<p>sorry</p>",
    "Alan Turing_12348_assignsubmission_file_/logit_lens.ipynb.txt": b"",
    "Emmy Noether_12349_assignsubmission_file_/logit_lens.ipynb": b"1",
    "Emmy Noether_12349_assignsubmission_file_/logit_lens (1).ipynb": b"2",
    "Two Lost_12350_assignsubmission_file_/logit_lens_a.ipynb": b"1",
    "Two Lost_12350_assignsubmission_file_/logit_lens_b.ipynb": b"2",
}


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("above", ["", "Course-Lab 1-998/"])
def test_moodle_in_folders(tmp_path: Path, packed: bool, above: str) -> None:
    files = {above + name: content for name, content in MOODLE.items()}
    found = gathered(tmp_path, files, packed=packed)
    assert found.system == "moodle"
    assert statuses(found) == {
        ("Ada Lovelace_12345", "01"): "graded",
        ("Alan Turing_12348", "01"): "missing",
        ("Emmy Noether_12349", "01"): "graded",
        ("Grace Hopper_12346", "01"): "graded",
        ("Two Lost_12350", "01"): "unreadable",
        ("Łukasz Żółć_12347", "01"): "missing",
    }
    by_student = {s.student: s for s in found.submissions}
    chosen = by_student["Emmy Noether_12349"].notebook
    assert chosen is not None
    assert chosen.read_bytes() == b"1"
    assert "logit_lens_a.ipynb, logit_lens_b.ipynb" in by_student["Two Lost_12350"].reason
    assert {h.student: (h.key, h.name) for h in found.handed_in}["Ada Lovelace_12345"] == (
        "12345",
        "Ada Lovelace",
    )
    unused = {unused.file for unused in found.unused}
    assert "Emmy Noether_12349_assignsubmission_file_/logit_lens (1).ipynb" in unused
    assert "Łukasz Żółć_12347_assignsubmission_onlinetext/onlinetext.html" in unused


def test_moodle_flat_anonymous_and_in_teams(tmp_path: Path) -> None:
    files = {
        "Ada Lovelace_12345_assignsubmission_file_logit_lens.ipynb": BODY,
        "Participant_12346_assignsubmission_file_logit_lens.ipynb": BODY,
        "Team A_77_assignsubmission_file_/logit_lens.ipynb": BODY,
        "Default group_assignsubmission_file_/logit_lens.ipynb": BODY,
    }
    roster = "student,moodle_id,group\nada,12345,\ngrace,12346,\nben,1,Team A\ncy,2,Team A\n"
    found = gathered(tmp_path, files, [LENS], roster)
    members = {s.student: s.members for s in found.submissions}
    team = ("ben", "cy")
    assert members == {"ada": (), "grace": (), "ben": team, "cy": team, "Default group": ()}
    assert (found.strangers, found.unused) == (("Default group",), [])


# Gradescope ------------------------------------------------------------------------------

METADATA = b"""---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '100'
    :email: ada@uni.edu
  :created_at: 2026-03-02 00:30:00.123456000 +01:00
  :score: 3.5
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    tests: []
submission_102:
  :submitters:
  - :name: Grace Hopper
    :sid: '101'
    :email: grace@uni.edu
  - :name: Alan Turing
    :sid: '102'
    :email: alan@uni.edu
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-03-01 12:00:00.000000000 Z
    zone: !ruby/object:ActiveSupport::TimeZone
      name: America/Los_Angeles
submission_103:
  :submitters:
  - :name: No File
    :sid: '103'
  :created_at: 2026-03-01 12:00:00.000000000 Z
"""
GRADESCOPE = {
    "submission_metadata.yml": METADATA,
    "submission_101/logit_lens.ipynb": BODY,
    "submission_102/Untitled.ipynb": BODY,
    "submission_102/notes.txt": b"",
    "submission_103/answers.txt": b"",
    "submission_999/logit_lens.ipynb": BODY,
}


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("above", ["", "assignment_8046601_export/"])
def test_gradescope(tmp_path: Path, packed: bool, above: str) -> None:
    files = {above + name: content for name, content in GRADESCOPE.items()}
    found = gathered(tmp_path, files, packed=packed)
    assert found.system == "gradescope"
    pair = ("grace@uni.edu", "alan@uni.edu")
    assert {(s.student, s.status, s.members) for s in found.submissions} == {
        ("ada@uni.edu", "graded", ()),
        ("grace@uni.edu", "graded", pair),
        ("alan@uni.edu", "graded", pair),
        ("103", "missing", ()),
    }
    when = {h.student: (h.key, h.when) for h in found.handed_in}
    assert when["ada@uni.edu"] == ("submission_101", "2026-03-02T00:30:00.123456+01:00")
    assert when["alan@uni.edu"] == ("submission_102", "2026-03-01T12:00:00+00:00")
    unused = {unused.file: unused.why for unused in found.unused}
    assert "does not say whose" in unused["submission_999"]
    assert unused["submission_102/notes.txt"] == "not a notebook"


@pytest.mark.parametrize(
    "metadata", [b"- a\n- b\n", b"{[", b"\xff\xfe\x00", b"a: !!python/name:os.x\n"]
)
def test_a_damaged_description_is_one_line(tmp_path: Path, metadata: bytes) -> None:
    files = {"submission_metadata.yml": metadata, "submission_1/logit_lens.ipynb": BODY}
    with pytest.raises(
        UserError, match=r"submission_metadata.yml in the Gradescope export"
    ) as told:
        gathered(tmp_path, files)
    assert "\n" not in str(told.value)


# All of them -----------------------------------------------------------------------------


def test_a_students_own_zip_is_unpacked(tmp_path: Path) -> None:
    files = {
        "a_11_21_work.zip": zipped({"labs/logit_lens.ipynb": BODY, "labs/figure.png": b""}),
        "b_12_22_work.zip": zipped({"notes.txt": b""}),
        "c_13_23_work.zip": b"no zip",
        "d_14_24_work.zip": zipped({"../../evil.ipynb": BODY, "logit_lens.ipynb": BODY}),
        "e_15_25_work.zip": zipped({f"{n}.txt": b"" for n in range(2001)}),
    }
    found = gathered(tmp_path, files, [LENS])
    assert {s.student: s.status for s in found.submissions} == {
        "a_11": "graded", "b_12": "missing", "c_13": "missing", "d_14": "graded",
        "e_15": "missing",
    }  # fmt: skip
    assert not list(tmp_path.glob("**/evil.ipynb"))
    why = {unused.file: unused.why for unused in found.unused if unused.why != "not a notebook"}
    assert "is not a zip file that can be read" in why["c_13_23_work.zip"]
    assert "more than 2000 files" in why["e_15_25_work.zip"]


def test_links_in_a_download_that_was_unpacked_by_hand_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.ipynb").write_bytes(BODY)
    (tmp_path / "outside.zip").write_bytes(zipped({"logit_lens.ipynb": BODY}))
    place, scratch = tmp_path / "download", tmp_path / "scratch"
    place.mkdir()
    scratch.mkdir()
    (place / "a_11_21_logit_lens.ipynb").write_bytes(BODY)
    (place / "b_12_22_logit_lens.ipynb").symlink_to(tmp_path / "outside.ipynb")
    (place / "c_13_23_Untitled.ipynb").symlink_to(tmp_path / "outside.ipynb")
    (place / "d_14_24_work.zip").symlink_to(tmp_path / "outside.zip")
    found = gather(place, [LENS], scratch)
    assert {s.student: s.status for s in found.submissions} == {
        "a_11": "graded", "b_12": "unreadable", "c_13": "unreadable", "d_14": "missing",
    }  # fmt: skip


def test_a_file_that_tells_no_lab_goes_with_the_rest_or_is_listed(tmp_path: Path) -> None:
    one = {"a_11_21_logit_lens.ipynb": BODY, "b_12_22_Untitled.ipynb": b"{cut off"}
    assert statuses(gathered(tmp_path, one)) == {("a_11", "01"): "graded", ("b_12", "01"): "graded"}
    (tmp_path / "two").mkdir()
    two = {**one, "a_11_23_patching.ipynb": BODY}
    found = gathered(tmp_path / "two", two)
    assert statuses(found)["b_12", "01"] == "missing"
    (unused,) = found.unused
    assert unused.file == "b_12_22_Untitled.ipynb"
    assert "cannot be read" in unused.why
    assert "hand it in as <lab>.ipynb" in unused.why


def test_another_labs_file_is_listed_when_one_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.course.labs.find", lambda root: {lab.name: lab for lab in ALL})
    files = {"a_11_21_logit_lens.ipynb": BODY, "a_11_22_patching.ipynb": BODY}
    found = gathered(tmp_path, files, [PATCHING])
    assert statuses(found) == {("a_11", "02"): "graded"}
    (unused,) = found.unused
    assert "it is of 01_logit_lens, which was not asked for" in unused.why


ROSTER = "student;canvas_id;email;name\nada;12345;;\nben;;ben@uni.edu;\ncy;;;Cy Twombly\n"


def test_a_roster_says_who_is_who(tmp_path: Path) -> None:
    files = {
        "lovelaceada_12345_1_logit_lens.ipynb": BODY,
        "twomblycy_2_2_logit_lens.ipynb": BODY,
        "strangerx_3_3_logit_lens.ipynb": BODY,
    }
    found = gathered(tmp_path, files, [LENS], ROSTER)
    assert [s.student for s in found.submissions] == ["ada", "cy", "strangerx_3"]


def test_a_roster_without_students_is_one_line(tmp_path: Path) -> None:
    for text, says in (("a,b\n1,2\n", "no column student"), ("student\n\n", "no student in")):
        (tmp_path / "roster.csv").write_text(text)
        with pytest.raises(UserError, match=says):
            People.read(tmp_path / "roster.csv")
