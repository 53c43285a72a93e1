"""Canvas: "Download Submissions" of an assignment.

Every file lies flat, as ``<name>_[LATE_]<user id>_<attachment id>_<file name>``; of an anonymous
assignment as ``[LATE_]anon_<id>_<attachment id>_<file name>``. The name is the sortable name
("Lovelace, Ada") in lower case with letters, digits and underscores only; of a group assignment it
is the group's, with the id of one member. Canvas' own source: ``lib/content_zipper.rb``.

A file that was handed in again gets ``-1``, ``-2`` behind its name, and only the latest attempt is
in a download. When it came in Canvas does not say, only whether it was late. Text that was typed
into the page (``..._text.html``) and links (``..._link.html``) have no attachment id.
"""

from __future__ import annotations

import re
from pathlib import Path

from grader.intake import naming
from grader.intake.downloads import Download, Piece, Sender

_NAMED = re.compile(
    r"(?:(?P<name>\w+?)_)?(?P<late>LATE_)?(?P<id>[1-9]\d*)_[1-9]\d*_(?P<file>.+)", re.DOTALL
)
_ANONYMOUS = re.compile(r"(?P<late>LATE_)?(?P<id>anon_\w+?)_[1-9]\d*_(?P<file>.+)", re.DOTALL)
_TYPED = re.compile(r"(?:(?P<name>\w+?)_)?(?P<late>LATE_)?(?P<id>[1-9]\d*)_(?:text|link)\.html")


def read(root: Path) -> Download | None:
    """The hand-ins of a Canvas download; None when a notebook is not named as Canvas does it."""
    files = [
        path
        for path in sorted(root.iterdir())
        if not path.name.startswith(naming.JUNK) and not path.is_dir()
    ]
    found = {path: _match(path.name) for path in files}
    notebooks = [path for path in files if naming.is_notebook(path)]
    if not any(found.values()) or not all(found[path] for path in notebooks):
        return None
    pieces, others, senders = [], [], {}
    for path, match in found.items():
        if match is None and (match := _TYPED.fullmatch(path.name)):
            senders[match["id"]] = _sender(match)
            others.append((path, "typed into Canvas, not a file: the .ipynb itself is needed"))
        elif match is None:
            others.append((path, "not named as Canvas names a hand-in"))
        else:
            sender = senders.setdefault(match["id"], _sender(match))
            late = match["late"] is not None
            pieces.append(Piece((sender,), path, naming.printable(match["file"]), late=late))
    folders = [p for p in sorted(root.iterdir()) if p.is_dir()]
    others += [
        (path, "a folder, and Canvas writes none")
        for path in folders
        if not path.name.startswith(naming.JUNK)
    ]
    return Download("canvas", tuple(pieces), tuple(others), tuple(senders.values()))


def _match(name: str) -> re.Match[str] | None:
    return _ANONYMOUS.fullmatch(name) or _NAMED.fullmatch(name)


def _sender(match: re.Match[str]) -> Sender:
    name = match.groupdict().get("name") or ""
    student = f"{name}_{match['id']}" if name else match["id"]
    return Sender(naming.printable(student), key=match["id"], name=naming.printable(name))
