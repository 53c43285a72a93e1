"""Attacks in what an instructor unpacks: each adds something hostile to an honest class.

Every function in `ZIPS` writes a zip file, every function in `FOLDERS` changes a folder; both get
the honest class as a folder ``<student>/<lab>/<notebook>.ipynb`` and a canary file that lies
outside. In it ``ada`` and ``bob`` are honest; whatever else they find there, these two keep their
marks.
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

HONEST = ("ada", "bob")
EVIL = "eve"


def traversal(honest: Path, zipped: Path, canary: Path) -> None:
    """Members whose names lead out of the folder, up, by backslashes, or from the root."""
    with _zip(honest, zipped) as bundle:
        text = _one(honest).read_bytes()
        steps = "../" * 12
        for name in (
            f"{steps}{canary.relative_to('/')}", str(canary), f"/{canary}",
            f"{steps}{canary.relative_to('/')}".replace("/", "\\"), "C:\\canary.txt",
            f"eve/../../{canary.name}", "eve/01_logit_lens/../../../evil.ipynb", "..", "../",
            f"bob/01_logit_lens/{steps}{canary.relative_to('/')}/x.ipynb",
        ):  # fmt: skip
            bundle.writestr(zipfile.ZipInfo(name), text)


def links(honest: Path, zipped: Path, canary: Path) -> None:
    """Symbolic links, as a folder and as a notebook, and members that would go through them."""
    with _zip(honest, zipped) as bundle:
        for name, target in (
            ("eve", str(canary.parent)), ("eve/01_logit_lens", "../bob/01_logit_lens"),
            ("zoe/01_logit_lens/logit_lens.ipynb", str(canary)),
        ):  # fmt: skip
            link = zipfile.ZipInfo(name)
            link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            bundle.writestr(link, target)
        bundle.writestr(f"eve/{canary.name}", b"written through a link")


def devices(honest: Path, zipped: Path, canary: Path) -> None:
    """Members that say they are pipes, devices and sockets, and set-user-id programs."""
    with _zip(honest, zipped) as bundle:
        for kind in (stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK):
            member = zipfile.ZipInfo(f"eve{kind}/01_logit_lens/logit_lens.ipynb")
            member.create_system, member.external_attr = 3, (kind | 0o6777) << 16
            bundle.writestr(member, b"")


def bomb_in_a_notebook(honest: Path, zipped: Path, canary: Path) -> None:
    """A notebook of 300 MB that takes 300 kB in the zip."""
    name = f"{EVIL}/01_logit_lens/logit_lens.ipynb"
    with _zip(honest, zipped) as bundle, bundle.open(name, "w") as member:
        for _ in range(300):
            member.write(bytes(1 << 20))


def lying_sizes(honest: Path, zipped: Path, canary: Path) -> None:
    """Sizes in the directory that are not those of the data: one byte for ten megabytes."""
    with _zip(honest, zipped) as bundle:
        bundle.writestr(f"{EVIL}/01_logit_lens/logit_lens.ipynb", b" " * 10_000_000)
    data = bytearray(zipped.read_bytes())
    place = data.rindex(f"{EVIL}/01_logit_lens".encode()) - 46
    assert data[place : place + 4] == b"PK\x01\x02"
    data[place + 24 : place + 28] = struct.pack("<I", 1)
    zipped.write_bytes(data)


def wrong_checksum(honest: Path, zipped: Path, canary: Path) -> None:
    """A member whose data were changed after it was packed."""
    with _zip(honest, zipped) as bundle:
        member = zipfile.ZipInfo(f"{EVIL}/01_logit_lens/logit_lens.ipynb")
        bundle.writestr(member, b"a mark of this notebook's own" * 10)
    data = zipped.read_bytes()
    assert data.count(b"a mark of this") == 10
    zipped.write_bytes(data.replace(b"a mark of this", b"A MARK OF THIS"))


def encrypted(honest: Path, zipped: Path, canary: Path) -> None:
    """A member that says it is encrypted, and one packed in a way that nobody knows."""
    with _zip(honest, zipped) as bundle:
        bundle.writestr(f"{EVIL}/01_logit_lens/logit_lens.ipynb", b"{}")
        bundle.writestr("zoe/01_logit_lens/logit_lens.ipynb", b"{}")
    data = bytearray(zipped.read_bytes())
    for name, flags, method in ((EVIL, 1, 0), ("zoe", 0, 99)):
        for signature, shift in ((b"PK\x03\x04", 30), (b"PK\x01\x02", 46)):
            start = 0
            while (start := data.find(name.encode() + b"/01_logit_lens/", start + 1)) > 0:
                head = start - shift
                if head >= 0 and data[head : head + 4] == signature:
                    where = head + (6 if shift == 30 else 8)
                    data[where : where + 4] = struct.pack("<HH", flags, method)
    zipped.write_bytes(data)


def thousands_of_members(honest: Path, zipped: Path, canary: Path) -> None:
    """Five thousand files and folders that are no notebooks, some very deep and long of name."""
    with _zip(honest, zipped) as bundle:
        for number in range(5000):
            bundle.writestr(f"{EVIL}/01_logit_lens/{number}.txt", b"")
        bundle.writestr(f"{EVIL}/" + "d/" * 2000 + "x.ipynb", b"{}")
        bundle.writestr(f"{EVIL}/" + "n" * 5000 + ".ipynb", b"{}")


def the_same_name_twice(honest: Path, zipped: Path, canary: Path) -> None:
    """A second notebook of the attacker's own under one name, and names that differ in case."""
    with _zip(honest, zipped) as bundle:
        for name in (EVIL, EVIL, EVIL.upper()):
            member = zipfile.ZipInfo(f"{name}/01_logit_lens/logit_lens.ipynb")
            bundle.writestr(member, _one(honest).read_bytes())


def a_file_where_a_folder_is(honest: Path, zipped: Path, canary: Path) -> None:
    """A notebook named like a folder that other members need, and a folder named like one."""
    with _zip(honest, zipped) as bundle:
        bundle.writestr("eve.ipynb", b"{}")
        bundle.writestr("eve.ipynb/01_logit_lens/logit_lens.ipynb", b"{}")
        bundle.writestr("zoe/01_logit_lens/logit_lens.ipynb/inside.ipynb", b"{}")


def odd_names(honest: Path, zipped: Path, canary: Path) -> None:
    """Students called after formulas, markup, control codes, devices and nothing at all."""
    with _zip(honest, zipped) as bundle:
        for name in (
            "=cmd|' /C calc'!A1", "<script>alert(1)</script>", "a\x1b[2Jb", "CON", "~", "-rf", "%s",
            "\u202eevil", "submitted", "{{7*7}}", "feedback", "index.html", "a" * 200, "..eve",
        ):  # fmt: skip
            path = f"{name}/01_logit_lens/logit_lens.ipynb"
            bundle.writestr(path, _one(honest).read_bytes())


def zips_in_the_zip(honest: Path, zipped: Path, canary: Path) -> None:
    """A zip inside, one named as a notebook, and a zip in front of the zip."""
    inner = zipped.with_suffix(".inner")
    with _zip(honest, inner):
        pass
    with _zip(honest, zipped) as bundle:
        bundle.write(inner, f"{EVIL}/01_logit_lens/logit_lens.ipynb")
        bundle.write(inner, f"{EVIL}/01_logit_lens/more.zip")
    zipped.write_bytes(inner.read_bytes() + zipped.read_bytes())


def student_is_a_link(folder: Path, canary: Path) -> None:
    """The attacker's whole folder is a link to a neighbour's."""
    (folder / EVIL).symlink_to(folder / "bob", target_is_directory=True)


def lab_is_a_link(folder: Path, canary: Path) -> None:
    """The attacker's lab folder is a link to a neighbour's."""
    (folder / EVIL).mkdir()
    (folder / EVIL / "01_logit_lens").symlink_to(folder / "bob" / "01_logit_lens")


def notebook_is_a_link(folder: Path, canary: Path) -> None:
    """The attacker's notebook is a link to a neighbour's, or to a file outside the class."""
    for name, target in ((EVIL, folder / "bob/01_logit_lens/logit_lens.ipynb"), ("zoe", canary)):
        _lab(folder, name)
        (folder / name / "01_logit_lens" / "logit_lens.ipynb").symlink_to(target)


def link_below_the_lab(folder: Path, canary: Path) -> None:
    """A link further down leads to the neighbour's folder, to itself and to the root."""
    _lab(folder, EVIL)
    for name, target in (("work", folder / "bob"), ("again", folder / EVIL), ("all", Path("/"))):
        (folder / EVIL / "01_logit_lens" / name).symlink_to(target)


def pipe_for_a_notebook(folder: Path, canary: Path) -> None:
    """The notebook is a pipe that nobody writes to: whoever opens it waits for ever."""
    _lab(folder, EVIL)
    os.mkfifo(folder / EVIL / "01_logit_lens" / "logit_lens.ipynb")


def folder_for_a_notebook(folder: Path, canary: Path) -> None:
    """The notebook is a folder, and the lab is a file."""
    (folder / EVIL / "01_logit_lens" / "logit_lens.ipynb").mkdir(parents=True)
    (folder / "zoe").mkdir()
    (folder / "zoe" / "01_logit_lens").write_bytes(_one(folder).read_bytes())


def files_that_python_imports(folder: Path, canary: Path) -> None:
    """Beside the notebook lie modules of the names that are imported, and a set-up for pytest."""
    _lab(folder, EVIL)
    lab = folder / EVIL / "01_logit_lens"
    shutil.copy(_one(folder), lab / "logit_lens.ipynb")
    harm = f"open({str(canary)!r}, 'w').write('imported')\n"
    for name in ("torch.py", "logit_lens_helpers.py", "conftest.py", "sitecustomize.py"):
        for place in (lab, folder / EVIL, folder):
            (place / name).write_text(harm)
    for place in (lab, folder):
        (place / "pytest.ini").write_text("[pytest]\naddopts = --version\n")


ZIPS: tuple[Callable[[Path, Path, Path], None], ...] = (
    traversal, links, devices, bomb_in_a_notebook, lying_sizes, wrong_checksum, encrypted,
    thousands_of_members, the_same_name_twice, a_file_where_a_folder_is, odd_names,
    zips_in_the_zip,
)  # fmt: skip
FOLDERS: tuple[Callable[[Path, Path], None], ...] = (
    student_is_a_link, lab_is_a_link, notebook_is_a_link, link_below_the_lab, pipe_for_a_notebook,
    folder_for_a_notebook, files_that_python_imports,
)  # fmt: skip


def _zip(honest: Path, zipped: Path) -> zipfile.ZipFile:
    """Open a zip that holds the honest class already."""
    bundle = zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED)
    for path in sorted(honest.rglob("*.ipynb")):
        bundle.write(path, str(path.relative_to(honest)))
    return bundle


def _one(honest: Path) -> Path:
    return next(iter(sorted(honest.rglob("*.ipynb"))))


def _lab(folder: Path, student: str) -> None:
    (folder / student / "01_logit_lens").mkdir(parents=True)
