"""Submissions are found in every layout, and what is odd about one is that one's reason."""

from __future__ import annotations

import os
import random
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import archives
from grader.intake.collect import collect
from grader.records import Submission

ROOT = Path("/no/such/course")
LENS = Lab("01_logit_lens", "logit_lens", ROOT, (), (), ())
PATCHING = Lab("02_patching", "patching", ROOT, (), (), ())
USUAL = "01_logit_lens/logit_lens.ipynb"


def write(root: Path, *names: str) -> Path:
    """Make files whose content is their own name; a name that ends in / is a folder."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.fsencode(name))
    return root


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in names:
            bundle.writestr(name, "" if name.endswith("/") else name)
    return path


def listed(
    place: Path, tmp_path: Path, labs: Sequence[Lab] = (LENS,)
) -> dict[tuple[str, str], Submission]:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    submissions = collect(place, labs, scratch)
    keys = [(s.student, s.lab) for s in submissions]
    assert keys == sorted(set(keys))
    for submission in submissions:
        assert (submission.notebook is None) == (submission.status != "graded")
        assert bool(submission.reason) == (submission.status != "graded")
    return {(s.student, s.lab[:2]): s for s in submissions}


def contents(found: dict[tuple[str, str], Submission]) -> dict[str, str]:
    """Student -> what their notebook holds (its original name), or the status."""
    return {
        student: os.fsdecode(s.notebook.read_bytes()) if s.notebook is not None else s.status
        for (student, _), s in found.items()
    }


NESTED = [f"ada/{USUAL}", f"bob/{USUAL}", f"bob/{USUAL[:14]}helpers.py"]
FLAT = ["ada_01_logit_lens.ipynb", "bob_01_logit_lens.ipynb", "readme.txt"]


@pytest.mark.parametrize("names", [NESTED, FLAT])
@pytest.mark.parametrize("above", ["", "submitted/", "course/", "a/b/submitted/"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_layout_gives_the_same_submissions(
    tmp_path: Path, names: list[str], above: str, packed: bool
) -> None:
    names = [above + name for name in names]
    make = tmp_path / "class"
    place = zipped(tmp_path / "class.zip", *names) if packed else write(make, *names)
    assert contents(listed(place, tmp_path)) == {"ada": names[0], "bob": names[1]}


@pytest.mark.parametrize(
    "student",
    ["Ada Lovelace", "Łukasz Żółć", "学生", "a_b", "o'neil", "dr.no", "x.y@uni.edu", "maria_01_x",
     "eve_01_logit_lens_2", "-rf", "a,b;c", "(copy)", "<b>", "\U0001f600", "_", "100%", "~"],
)  # fmt: skip
def test_student_names_may_be_anything(tmp_path: Path, student: str) -> None:
    nested = write(tmp_path / "n", f"{student}/{USUAL}", f"zed/{USUAL}")
    flat = write(tmp_path / "f", f"{student}_01_logit_lens.ipynb", "zed_01_logit_lens.ipynb")
    archive = zipped(tmp_path / "n.zip", f"{student}/{USUAL}", f"zed/{USUAL}")
    for place in (nested, flat, archive):
        assert set(contents(listed(place, tmp_path, [LENS, PATCHING]))) == {student, "zed"}


def test_a_student_called_submitted_does_not_hide_the_others(tmp_path: Path) -> None:
    place = write(tmp_path / "n", f"submitted/{USUAL}", f"ada/{USUAL}")
    assert set(contents(listed(place, tmp_path))) == {"submitted", "ada"}
    alone = write(tmp_path / "m", f"submitted/{USUAL}")
    assert set(contents(listed(alone, tmp_path))) == {"submitted"}


def test_a_name_that_is_not_utf8_becomes_text(tmp_path: Path) -> None:
    write(tmp_path / "n", f"jos\udce9/{USUAL}", f"zed/{USUAL}")
    found = listed(tmp_path / "n", tmp_path)
    assert contents(found) == {"jos\\udce9": "jos\udce9/" + USUAL, "zed": f"zed/{USUAL}"}
    write(tmp_path / "f", "jos\udce9_01_logit_lens.ipynb")
    assert [student.encode() for student, _ in listed(tmp_path / "f", tmp_path)] == [b"jos\\udce9"]


def test_several_labs_are_told_apart_and_a_missing_one_is_named(tmp_path: Path) -> None:
    both = [LENS, PATCHING]
    nested = write(tmp_path / "n", f"ada/{USUAL}", "ada/02_patching/patching.ipynb", f"bob/{USUAL}")
    flat = write(tmp_path / "f", "ada_01_logit_lens.ipynb", "ada_02_patching.ipynb",
                 "bob_01_logit_lens.ipynb")  # fmt: skip
    for place in (nested, flat):
        found = listed(place, tmp_path, both)
        assert [(key, s.status) for key, s in found.items()] == [
            (("ada", "01"), "graded"), (("ada", "02"), "graded"),
            (("bob", "01"), "graded"), (("bob", "02"), "missing"),
        ]  # fmt: skip
        assert "02_patching" in found["bob", "02"].reason


def test_a_lab_that_nobody_handed_in_is_left_out(tmp_path: Path) -> None:
    place = write(tmp_path / "n", f"ada/{USUAL}", "bob/")
    found = listed(place, tmp_path, [LENS, PATCHING])
    assert {key: s.status for key, s in found.items()} == {
        ("ada", "01"): "graded", ("bob", "01"): "missing",
    }  # fmt: skip


def test_one_lab_may_be_flat_without_its_name(tmp_path: Path) -> None:
    place = write(tmp_path / "f", "ada.ipynb", "bob_01_logit_lens.ipynb")
    assert set(contents(listed(place, tmp_path))) == {"ada", "bob"}
    assert set(contents(listed(place, tmp_path, [LENS, PATCHING]))) == {"bob"}


def test_another_labs_files_are_nobodys_when_one_lab_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "grader.course.labs.find", lambda root: {LENS.name: LENS, PATCHING.name: PATCHING}
    )
    place = write(tmp_path / "f", "ada_01_logit_lens.ipynb", "ada_02_patching.ipynb", "bob.ipynb")
    assert contents(listed(place, tmp_path)) == {
        "ada": "ada_01_logit_lens.ipynb",
        "bob": "bob.ipynb",
    }


def test_a_renamed_notebook_is_found_and_the_usual_name_wins(tmp_path: Path) -> None:
    place = write(
        tmp_path / "n",
        "renamed/01_logit_lens/Untitled1 (final).ipynb",
        "deep/01_logit_lens/mine/logit_lens.ipynb",
        "two/01_logit_lens/copy.ipynb", f"two/{USUAL}",
    )  # fmt: skip
    assert contents(listed(place, tmp_path)) == {
        "renamed": "renamed/01_logit_lens/Untitled1 (final).ipynb",
        "deep": "deep/01_logit_lens/mine/logit_lens.ipynb",
        "two": f"two/{USUAL}",
    }


def test_a_name_can_be_written_on_one_line(tmp_path: Path) -> None:
    names = ["x\ny", "\u202eeve", "\x1b[31m", "\u2028", "zwnj\u200cname"]
    found = listed(write(tmp_path / "n", *(f"{name}/{USUAL}" for name in names)), tmp_path)
    students = sorted(student for student, _ in found)
    assert students == ["\\u2028", "\\u202eeve", "\\x1b[31m", "x\\ny", "zwnj\u200cname"]
    odd = write(tmp_path / "o", "eve/01_logit_lens/a\n.ipynb", "eve/01_logit_lens/b\udce9.ipynb")
    reason = listed(odd, tmp_path)["eve", "01"].reason
    assert reason.endswith("none is called logit_lens.ipynb: a\\n.ipynb, b\\udce9.ipynb")


def test_capital_letters_and_a_folder_of_its_name_hide_no_notebook(tmp_path: Path) -> None:
    names = ["ada/01_logit_lens/LOGIT_LENS.IPYNB", f"bob/{USUAL}/logit_lens.ipynb",
             "cy_01_logit_lens.Ipynb"]  # fmt: skip
    places = write(tmp_path / "n", *names), zipped(tmp_path / "n.zip", *names)
    for place in places:
        assert contents(listed(place, tmp_path)) == {
            "ada": names[0],
            "bob": names[1],
            "cy": names[2],
        }


def test_what_is_there_in_the_place_of_a_notebook_is_named(tmp_path: Path) -> None:
    names = [f"ada/{USUAL}", "bob/01_logit_lens/work.7z", "cy/01_logit_lens/logit_lens.ipynb.txt",
             "dan/01_logit_lens/.hidden.ipynb",
             *(f"eve/01_logit_lens/{n:02}.py" for n in range(12))]  # fmt: skip
    for place in (write(tmp_path / "n", *names), zipped(tmp_path / "n.zip", *names)):
        found = listed(place, tmp_path)
        assert "only work.7z: the .ipynb file itself" in found["bob", "01"].reason
        assert "only logit_lens.ipynb.txt: " in found["cy", "01"].reason
        assert found["dan", "01"].reason == "no notebook in 01_logit_lens"
        assert "08.py, 09.py and 2 more: " in found["eve", "01"].reason


def test_two_notebooks_of_other_names_are_a_reason(tmp_path: Path) -> None:
    place = write(tmp_path / "n", "eve/01_logit_lens/b.ipynb", "eve/01_logit_lens/a.ipynb",
                  f"ada/{USUAL}")  # fmt: skip
    found = listed(place, tmp_path)
    assert found["eve", "01"].status == "unreadable"
    reason = "2 notebooks and none is called logit_lens.ipynb: a.ipynb, b.ipynb"
    assert found["eve", "01"].reason == reason
    assert found["ada", "01"].status == "graded"


def test_what_only_a_machine_left_there_is_not_seen(tmp_path: Path) -> None:
    junk = [
        "ada/01_logit_lens/.ipynb_checkpoints/logit_lens-checkpoint.ipynb",
        "ada/01_logit_lens/.trash/a/b/old.ipynb", ".git/01_logit_lens/x.ipynb", ".DS_Store",
        f"__MACOSX/ada/01_logit_lens/._{USUAL[14:]}", "._ada_01_logit_lens.ipynb",
        "__MACOSX/._ada_01_logit_lens.ipynb", "ada/01_logit_lens/._logit_lens.ipynb",
    ]  # fmt: skip
    only = {"ada": "ada/01_logit_lens/mine.ipynb"}
    names = [*junk, only["ada"]]
    assert contents(listed(write(tmp_path / "n", *names), tmp_path)) == only
    assert contents(listed(zipped(tmp_path / "n.zip", *names), tmp_path)) == only
    flat = write(tmp_path / "f", "._ada_01_logit_lens.ipynb", "ada_01_logit_lens.ipynb",
                 ".ipynb_checkpoints/ada_01_logit_lens-checkpoint.ipynb")  # fmt: skip
    assert set(contents(listed(flat, tmp_path))) == {"ada"}


def test_an_empty_folder_is_missing_in_a_folder_and_in_a_zip(tmp_path: Path) -> None:
    names = [f"ada/{USUAL}", "empty/", "wordy/01_logit_lens/notes.txt", "nolab/logit_lens.ipynb"]
    for place in (write(tmp_path / "n", *names), zipped(tmp_path / "n.zip", *names)):
        found = listed(place, tmp_path)
        assert {student: s.status for (student, _), s in found.items()} == {
            "ada": "graded", "empty": "missing", "nolab": "graded", "wordy": "missing",
        }  # fmt: skip
        assert found["empty", "01"].reason == "no folder 01_logit_lens"
        assert found["wordy", "01"].reason == (
            "no notebook in 01_logit_lens, only notes.txt: the .ipynb file itself is needed"
        )


def test_a_flat_file_is_not_hidden_by_an_empty_folder(tmp_path: Path) -> None:
    place = write(tmp_path / "n", "ada_01_logit_lens.ipynb", "ada/", f"bob/{USUAL}")
    assert contents(listed(place, tmp_path)) == {
        "ada": "ada_01_logit_lens.ipynb", "bob": f"bob/{USUAL}",
    }  # fmt: skip


def test_links_are_not_followed(tmp_path: Path) -> None:
    place = write(tmp_path / "n", f"ada/{USUAL}", "eve/01_logit_lens/", "mallory/")
    (place / "eve" / USUAL).symlink_to(place / "ada" / USUAL)
    (place / "mallory/01_logit_lens").symlink_to(place / "ada/01_logit_lens")
    (place / "flat_01_logit_lens.ipynb").symlink_to(place / "ada" / USUAL)
    (place / "whole").symlink_to(place / "ada", target_is_directory=True)
    write(place, "folder/01_logit_lens/logit_lens.ipynb/")
    found = listed(place, tmp_path)
    assert {student: s.status for (student, _), s in found.items()} == {
        "ada": "graded", "eve": "unreadable", "flat": "unreadable", "folder": "unreadable",
        "mallory": "unreadable", "whole": "unreadable",
    }  # fmt: skip
    assert "is a link" in found["whole", "01"].reason
    assert "is a link" in found["eve", "01"].reason
    assert "is a link" in found["mallory", "01"].reason


def test_a_folder_that_cannot_be_read_is_that_students_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write(tmp_path / "n", f"ada/{USUAL}", f"eve/{USUAL}")
    original = Path.is_dir

    def is_dir(path: Path) -> bool:
        if path == place / "eve/01_logit_lens":
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(Path, "is_dir", is_dir)
    found = listed(place, tmp_path)
    assert found["ada", "01"].status == "graded"
    assert found["eve", "01"].reason == "the folder cannot be read: Permission denied"


@pytest.mark.parametrize("make", ["nothing", "empty", "text", "strange", "unknown", "lonely"])
def test_nothing_to_grade_is_one_clear_line(tmp_path: Path, make: str) -> None:
    place = tmp_path / "n"
    if make == "text":
        place.write_text("no zip")
    elif make != "nothing":
        names = {"empty": [], "strange": ["a/b/c.txt"], "unknown": ["ada/09_x/x.ipynb", "bob/"],
                 "lonely": ["ada/"]}[make]  # fmt: skip
        place.mkdir()
        write(place, *names)
    with pytest.raises(UserError) as caught:
        listed(place, tmp_path)
    assert "\n" not in str(caught.value)
    assert str(place) in str(caught.value)


# Zips ------------------------------------------------------------------------------------


def test_traversal_absolute_paths_and_links_stay_outside(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "evil.zip", f"ada/{USUAL}", "../escape/01_logit_lens/x.ipynb",
        f"{tmp_path}/outside/01_logit_lens/x.ipynb", "bob/../../escape.ipynb",
        "..\\escape\\01_logit_lens\\x.ipynb",
    )  # fmt: skip
    with zipfile.ZipFile(path, "a") as bundle:
        link = zipfile.ZipInfo(f"eve/{USUAL}")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        bundle.writestr(link, "/etc/passwd")
        folder = zipfile.ZipInfo("mallory")
        folder.external_attr = (stat.S_IFLNK | 0o777) << 16
        bundle.writestr(folder, str(tmp_path))
    before = sorted(tmp_path.rglob("*"))
    assert set(contents(listed(path, tmp_path))) == {"ada"}
    new = [
        p for p in tmp_path.rglob("*") if p not in before and tmp_path / "scratch" not in p.parents
    ]
    assert new == [tmp_path / "scratch"]
    assert not any(p.is_symlink() for p in tmp_path.rglob("*"))
    assert not (tmp_path / "outside").exists()


def test_windows_separators_are_understood(tmp_path: Path) -> None:
    path = zipped(tmp_path / "w.zip", "ada/x.txt")
    with zipfile.ZipFile(path, "a") as bundle:
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = "bob\\01_logit_lens\\logit_lens.ipynb"
        bundle.writestr(entry, "his")
    assert contents(listed(path, tmp_path)) == {"ada": "missing", "bob": "his"}


def _spoil(path: Path, member: str, offset: int = 5) -> None:
    """Change a byte of a member's compressed data."""
    with zipfile.ZipFile(path) as bundle:
        info = bundle.getinfo(member)
    data = bytearray(path.read_bytes())
    start = info.header_offset + 30 + len(info.filename.encode()) + len(info.extra)
    for place in range(start + offset, start + info.compress_size):
        data[place] ^= 0xFF
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_corrupt_member_is_that_students_reason(tmp_path: Path, method: int) -> None:
    path = tmp_path / "c.zip"
    text = "".join(random.Random(2).choices("abcdef", k=3000))
    with zipfile.ZipFile(path, "w", method) as bundle:
        bundle.writestr(f"eve/{USUAL}", text)
        bundle.writestr(f"ada/{USUAL}", "hers")
    _spoil(path, f"eve/{USUAL}", offset=40)
    found = listed(path, tmp_path)
    assert found["eve", "01"].status == "unreadable"
    assert found["eve", "01"].reason.startswith("logit_lens.ipynb cannot be taken out of the zip: ")
    assert contents(found)["ada"] == "hers"


def _flag(path: Path, bit: int, method: int | None = None) -> None:
    """Set a flag bit, or the method, of the first member, in both of its headers."""
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    for flags, compression in ((6, 8), (central + 8, central + 10)):
        data[flags] |= bit
        if method is not None:
            data[compression] = method
    path.write_bytes(bytes(data))


def test_an_encrypted_member_or_an_unknown_method_is_that_students_reason(tmp_path: Path) -> None:
    for bit, method, words in ((1, None, "encrypted"), (0, 97, "not supported")):
        path = zipped(tmp_path / f"e{bit}.zip", f"eve/{USUAL}", f"ada/{USUAL}")
        _flag(path, bit, method)
        found = listed(path, tmp_path)
        assert words in found["eve", "01"].reason
        assert contents(found)["ada"] == f"ada/{USUAL}"


def test_colliding_and_overlong_names_do_not_stop_the_others(tmp_path: Path) -> None:
    path = zipped(tmp_path / "n.zip", f"ada/{USUAL}", "bob.ipynb", "bob.ipynb/x.ipynb",
                  f"{'e' * 300}/{USUAL}", f"eve/{USUAL}/inner.ipynb", f"eve/{USUAL}")  # fmt: skip
    found = listed(path, tmp_path)
    assert found["ada", "01"].status == "graded"
    assert contents(found)["eve"] == f"eve/{USUAL}/inner.ipynb"


def test_a_bomb_is_refused_by_its_sizes_and_one_huge_member_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(f"eve/{USUAL}", bytes(3 << 20))
        bundle.writestr(f"ada/{USUAL}", "hers")
    monkeypatch.setattr(archives, "MAX_MEMBER", 1 << 20)
    found = listed(path, tmp_path)
    notebook = found["eve", "01"].notebook
    assert notebook is not None
    assert notebook.stat().st_size == 1 << 20
    monkeypatch.setattr(archives, "MAX_UNPACKED", 2 << 20)
    with pytest.raises(UserError, match="unpacks to more than"):
        listed(path, tmp_path)


def test_a_full_disk_is_our_trouble_and_no_students(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "n.zip", f"ada/{USUAL}")

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(UserError, match="No space left on device"):
        collect(path, [LENS], tmp_path)


def test_damaged_zips_are_one_line_or_still_give_submissions(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "w.zip", *NESTED).read_bytes()
    draw = random.Random(5)
    refused = read = 0
    for turn in range(150):
        data = bytearray(whole)
        if turn % 3 == 0:
            data = data[: draw.randrange(len(data))]
        for _ in range(draw.randint(0, 4)):
            if data:
                data[draw.randrange(len(data))] = draw.randrange(256)
        path = tmp_path / f"{turn}.zip"
        path.write_bytes(bytes(data))
        scratch = tmp_path / f"s{turn}"
        scratch.mkdir()
        try:
            collect(path, [LENS], scratch)
            read += 1
        except UserError:
            refused += 1
    assert refused > 30
    assert read > 20


def test_students_on_two_levels_are_said_to_be_there(tmp_path: Path) -> None:
    place = write(tmp_path / "n", f"ada/{USUAL}", f"submitted/old/{USUAL}")
    with pytest.raises(UserError, match=r"students both in .* \(ada\) and in .*submitted"):
        listed(place, tmp_path)


@pytest.mark.parametrize(
    "names",
    [["bob.ipynb", "bob.IPYNB"], ["bob.ipynb", "bob_01_logit_lens.ipynb"],
     ["bob_01_logit_lens.ipynb", f"bob/{USUAL}"]],
)  # fmt: skip
def test_of_two_notebooks_for_one_student_neither_is_lost_unsaid(
    tmp_path: Path, names: list[str]
) -> None:
    found = listed(write(tmp_path / "n", *names, "zed.ipynb"), tmp_path)
    (bob,) = [submission for (student, _), submission in found.items() if student == "bob"]
    assert (bob.status, bob.notebook) == ("unreadable", None)
    assert bob.reason.startswith("more than one notebook of this name was handed in: ")
    assert all(name.removesuffix("/logit_lens.ipynb") in bob.reason for name in names)
    assert contents(found)["zed"] == "zed.ipynb"


def test_two_names_that_cannot_be_printed_stay_two(tmp_path: Path) -> None:
    place = write(tmp_path / "n", f"a\nb/{USUAL}", f"a\\nb/{USUAL}", f"a\\\nb/{USUAL}")
    assert set(contents(listed(place, tmp_path))) == {r"a\nb", r"a\\nb", r"a\\\nb"}
