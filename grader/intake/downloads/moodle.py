"""Moodle: "Download all submissions" of an assignment.

With folders (the usual setting) a file lies in ``<full name>_<participant>_assignsubmission_file/``
or, in older versions, the same with an underscore at the end; without, it is
``<full name>_<participant>_assignsubmission_file_<file name>``. Text that was typed into the page
lies beside it, as ``..._assignsubmission_onlinetext``. Of a team's hand-in the name is the team's
and the number the group's; of an anonymous one the name is "Participant". The number is the one in
the grading worksheet's "Participant 12345". Moodle's own source: ``mod/assign/classes/downloader``.

When it came in is not in the download; the grading worksheet says it.
"""

from __future__ import annotations

import re
from pathlib import Path

from grader.intake import naming
from grader.intake.downloads import Download, Piece, Sender

_NAMED = re.compile(
    r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)


def read(root: Path) -> Download | None:
    """The hand-ins of a Moodle download; None when nothing is named as Moodle does it."""
    inside = [p for p in sorted(root.iterdir()) if not p.name.startswith(naming.JUNK)]
    found = [(path, _NAMED.fullmatch(path.name)) for path in inside]
    if not any(match for _, match in found):
        return None
    pieces: list[Piece] = []
    others: list[tuple[Path, str]] = []
    senders: dict[tuple[str, str], Sender] = {}
    for path, match in found:
        if match is None:
            others.append((path, "not named as Moodle names a hand-in"))
            continue
        key = match["id"] or ""
        sender = senders.setdefault((match["name"], key), _sender(match["name"], key))
        if path.is_symlink():
            others.append((path, "a link, not a file"))
            continue
        files = _files(path) if path.is_dir() else [path]
        if match["kind"] != "file":
            why = "typed into Moodle, not a file: the .ipynb itself is needed"
            others += [(file, why) for file in files]
            continue
        for file in files:
            name = file.name if path.is_dir() else (match["file"] or "")
            pieces.append(Piece((sender,), file, naming.printable(name)))
    return Download("moodle", tuple(pieces), tuple(others), tuple(senders.values()))


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
        and not any(part.startswith(naming.JUNK) for part in path.relative_to(folder).parts)
    ]


def _sender(name: str, key: str) -> Sender:
    student = f"{name}_{key}" if key else name
    return Sender(naming.printable(student), key=key, name=naming.printable(name))
