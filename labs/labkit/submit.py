"""Hand in a lab: one zip that says what is inside, and warnings of what will not survive in it.

    python -m labkit.submit 1 --name "Ada Lovelace"

The zip holds ``<student>/<lab>/<notebook>.ipynb``, which is what ``grader grade`` reads, and
``CONTENTS.txt``: the notebook's sha256 and what was found in it. Nothing is run, nothing is marked,
and no warning keeps anyone from handing in.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labkit.errors import LabError

if TYPE_CHECKING:
    from labkit.inventory import Inventory

_FOLDER = re.compile(r"\d\d_[a-z0-9_]+")
_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_MOST_BYTES = 64 << 20  # what the grader reads of one notebook


def submit(lab: str, student: str, out: Path | None = None) -> tuple[Path, Inventory]:
    """Write a lab's zip; return where it lies and what was found in the notebook.

    Args:
        lab: ``1``, ``01_logit_lens``, ``logit_lens``, or the path of a notebook in a lab's folder.
        student: the name or id that the instructor knows.
        out: the folder to write to; the working directory by default.

    Raises:
        LabError: no such lab, no notebook in it that can be read, or the zip cannot be written.
    """
    from labkit import inventory  # imports torch, which --help can do without
    from labkit.checking import lab as labs

    notebook = find(lab, Path.cwd())
    name = " ".join(_NOT_IN_A_NAME.sub(" ", student).split()).strip(". ")
    if not name:
        raise LabError('a submission needs your name: --name "Ada Lovelace"')
    folder = notebook.parent.name
    data, document = _read(notebook)
    known = labs.read(notebook.parent / labs.FILE)
    if known is None:
        raise LabError(f"{notebook.parent / labs.FILE} is missing: unpack the labs again beside it")
    found = inventory.take(document, [exercise.name for exercise in known.exercises])
    path = (out or Path.cwd()) / f"{name}_{folder}.zip"
    contents = f"{name}\n{folder}/{notebook.name}\nsha256 {hashlib.sha256(data).hexdigest()}\n\n"
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}/{folder}/{notebook.name}", data)
            archive.writestr("CONTENTS.txt", contents + "\n".join(found.lines()) + "\n")
        part.replace(path)  # half a zip must not look like one
    except OSError as error:
        raise LabError(f"cannot write {path}: {error.strerror}") from error
    return path, found


def find(lab: str, place: Path) -> Path:
    """Return the notebook of a lab, looked for in a folder, the labs below it, and upwards.

    Raises:
        LabError: there is none, or more than one lab fits.
    """
    given = Path(lab)
    if given.suffix == ".ipynb":
        if not given.is_file():
            raise LabError(f"no notebook at {given}")
        return given.resolve()
    for root in (place, *place.parents):
        folders = {
            folder.name: folder
            for folder in (root, *root.glob("*/"), *root.glob("labs/*/"))
            if _FOLDER.fullmatch(folder.name) and (folder / "misconceptions.json").is_file()
        }
        if not folders:
            continue
        fitting = [folders[name] for name in sorted(folders) if _fits(lab, name)]
        if len(fitting) != 1:
            raise LabError(f"no lab {lab!r}: there are {', '.join(sorted(folders))}")
        notebook = fitting[0] / f"{fitting[0].name[3:]}.ipynb"
        if not notebook.is_file():
            raise LabError(f"no notebook at {notebook}: give its path in place of {lab!r}")
        return notebook
    raise LabError(f"no labs in {place} or above: run this in the folder that holds `labs`")


def _fits(asked: str, name: str) -> bool:
    number, topic = name.split("_", 1)
    return asked in (name, topic) or (asked.isdigit() and int(asked) == int(number))


def _read(notebook: Path) -> tuple[bytes, dict[str, Any]]:
    """Return a notebook's bytes and its JSON."""
    try:
        data = notebook.read_bytes()
        document = json.loads(data)
    except OSError as error:
        raise LabError(f"{notebook} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise LabError(f"{notebook} is damaged: open it in JupyterLab and save it again") from error
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise LabError(f"{notebook} holds no notebook: open it in JupyterLab and save it again")
    if len(data) > _MOST_BYTES:
        raise LabError(
            f"{notebook.name} has {len(data) >> 20} MB, over the limit of {_MOST_BYTES >> 20}: "
            "clear its outputs (Edit > Clear Outputs of All Cells) and save"
        )
    return data, document


def command(
    lab: Annotated[str, typer.Argument(help="1, 01_logit_lens, logit_lens, or a notebook.")],
    name: Annotated[str | None, typer.Option(help="Your name, as your instructor has it.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the zip goes.")] = None,
) -> None:
    """Write the zip to hand in, and say what is in it and what will not survive grading.

    Example: python -m grader submit 1 --name "Ada Lovelace"

    Without the grader: python -m labkit.submit 1 --name "Ada Lovelace"
    """
    path, found = submit(lab, name or getpass.getuser(), out)
    print("\n".join(found.lines()))
    print(f"\nwrote {path}" + ("" if name else "; --name puts another name on it"))


def main() -> int:
    """Run the command line; what a user can cause is one line and exit code 2."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    try:
        app(standalone_mode=False)
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        print(error.format_message(), file=sys.stderr)  # a mistyped command, said by typer
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
