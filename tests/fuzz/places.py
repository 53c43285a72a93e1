"""What happens to a student's folder: names, copies, links, and what is no file."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.fuzz.draft import FILE, LAB, Draft, Kept, Lost

_NAMES = (
    "\u202eeve", "a\u200bb", "x\ny", "x\r\ny", "\x1b[31mred", "\x07bell", "[/red]", "[bold]x",
    "<b>&amp;", "=cmd|'/c calc'!A1", "+1", "@x", "-rf", "a,b;c\"d'", "jos\udce9", "né",
    "ne\u0301", "学生", "\U0001f600", "e" * 200, "x ", "x.", "CON", "a%2fb", "{{7*7}}", "$(id)",
    "`id`", "\\..\\x", "\u2028", "~", "اﺐ",
)  # fmt: skip


def has_an_odd_student_name(draw: Random, draft: Draft) -> Kept:
    """Right-to-left, control characters, markup, formulas, bytes that are no UTF-8."""
    name = draw.choice(_NAMES)
    draft.student = draw.choice([f"{draft.student} {name}", f"{name} {draft.student}"])
    if draft.student.startswith((".", "-")):
        draft.student = f"s{draft.student}"


def has_another_file_name(draw: Random, draft: Draft) -> Kept:
    """The only notebook, called anything."""
    draft.write = _into(
        draw.choice(
            [
                "Untitled1 (final).ipynb", "LOGIT_LENS.IPYNB", "logit_lens.Ipynb", "x\ny.ipynb",
                "jos\udce9.ipynb", "\u202e.ipynb", "logit_lens.ipynb.ipynb",
                "deep/er/logit_lens.ipynb", "e" * 200 + ".ipynb", " .ipynb", "[/red].ipynb",
                "logit_lens (1).ipynb",
            ]
        )
    )  # fmt: skip


def lies_flat(draw: Random, draft: Draft) -> Kept:
    """Not in a folder, as some course systems hand files out."""
    draft.write = lambda home, data: _save(home.with_name(f"{home.name}_{LAB}.ipynb"), data)


def lies_beside_copies(draw: Random, draft: Draft) -> Kept:
    """The usual name counts."""

    def write(home: Path, data: bytes) -> None:
        for name in ("logit_lens-Copy1.ipynb", ".ipynb_checkpoints/logit_lens-checkpoint.ipynb",
                     "old/logit_lens.ipynb", "._logit_lens.ipynb"):  # fmt: skip
            _save(home / LAB / name, b"{}")
        for name in ("notes.txt", "logit_lens_helpers.py", "my_functions.py", "logit_lens.zip"):
            _save(home / LAB / name, b"raise SystemExit")
        _save(home / LAB / FILE, data)

    draft.write = write


def lies_in_a_folder_of_its_name(draw: Random, draft: Draft) -> Kept:
    """As some programs unpack."""
    draft.write = _into(f"{FILE}/{FILE}")


def is_one_of_several(draw: Random, draft: Draft) -> Lost:
    """Two notebooks and neither has the usual name."""

    def write(home: Path, data: bytes) -> None:
        for name in ("a\n\u202e.ipynb", "b\udce9.ipynb"):
            _save(home / LAB / name, data)

    draft.write = write
    return "all"


def is_no_file(draw: Random, draft: Draft) -> Lost:
    """A folder, a link, a pipe, an empty file, a file nobody may read, of that name."""
    draft.write = draw.choice([_folder, _link, _link_to_nothing, _pipe, _empty, _locked, _loop])
    return "all"


def is_not_there(draw: Random, draft: Draft) -> Lost:
    """Nothing, a zip, a script, another lab's folder, a name that hides what it is."""
    draft.write = draw.choice(
        [
            _nothing, _zip, _into("logit_lens.py"), _into(f"{FILE}.txt"), _into(f"{FILE}.json"),
            _into("../logit_lens.ipynb"), _into("../Lab 1/logit_lens.ipynb"),
            _into(".logit_lens.ipynb"),
        ]
    )  # fmt: skip
    return "all"


def _into(name: str) -> Callable[[Path, bytes], None]:
    return lambda home, data: _save(Path(os.path.normpath(home / LAB / name)), data)


def _save(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _folder(home: Path, data: bytes) -> None:
    (home / LAB / FILE).mkdir(parents=True)


def _link(home: Path, data: bytes) -> None:
    _save(home / "notes" / "x.json", data)
    (home / LAB).mkdir()
    (home / LAB / FILE).symlink_to(home / "notes" / "x.json")


def _link_to_nothing(home: Path, data: bytes) -> None:
    (home / LAB).mkdir(parents=True)
    (home / LAB / FILE).symlink_to(home / "nowhere")


def _loop(home: Path, data: bytes) -> None:
    (home / LAB).mkdir(parents=True)
    (home / LAB / FILE).symlink_to(FILE)


def _pipe(home: Path, data: bytes) -> None:
    (home / LAB).mkdir(parents=True)
    os.mkfifo(home / LAB / FILE)


def _empty(home: Path, data: bytes) -> None:
    _save(home / LAB / FILE, b"")


def _locked(home: Path, data: bytes) -> None:
    _save(home / LAB / FILE, data)
    (home / LAB / FILE).chmod(0)


def _nothing(home: Path, data: bytes) -> None:
    (home / LAB).mkdir(parents=True)


def _zip(home: Path, data: bytes) -> None:
    (home / LAB).mkdir(parents=True)
    with zipfile.ZipFile(home / LAB / "work.zip", "w") as bundle:
        bundle.writestr(FILE, data)
