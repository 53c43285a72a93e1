"""Gradescope: "Export Submissions" of a programming assignment.

One folder for each hand-in, ``submission_<number>/``, as the students uploaded it, and beside them
``submission_metadata.yml``, which says for each folder who handed it in (a group has several) and
when. The keys are Ruby's symbols, ``:submitters:``, which YAML reads as text with a colon in front.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import yaml

from grader.errors import UserError
from grader.intake import naming
from grader.intake.downloads import Download, Piece, Sender

METADATA = "submission_metadata.yml"


def read(root: Path) -> Download | None:
    """The hand-ins of a Gradescope export; None when it has no metadata.

    Raises:
        UserError: the metadata cannot be read.
    """
    path = root / METADATA
    if not path.is_file():
        return None
    described = _described(path)
    pieces: list[Piece] = []
    others: list[tuple[Path, str]] = []
    senders: list[Sender] = []
    for folder in sorted(p for p in root.iterdir() if not p.name.startswith(naming.JUNK)):
        if folder == path:
            continue
        about = described.get(folder.name)
        if not isinstance(about, dict) or not folder.is_dir() or folder.is_symlink():
            others.append((folder, f"{METADATA} does not say whose it is"))
            continue
        own = _senders(about, folder.name)
        senders += own
        when = _when(about.get(":created_at"))
        for file in sorted(p for p in folder.rglob("*") if not p.is_dir()):
            inside = file.relative_to(folder).parts
            if not any(part.startswith(naming.JUNK) for part in inside):
                name = naming.printable(file.name)
                pieces.append(Piece(own, file, name, when, key=folder.name))
    return Download("gradescope", tuple(pieces), tuple(others), tuple(senders))


def _described(path: Path) -> dict[str, Any]:
    """What the metadata say, by folder."""
    try:
        loaded = yaml.load(path.read_bytes(), Loader=_LOADER)
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:160]
        raise UserError(f"{path.name} in the Gradescope export cannot be read: {why}") from error
    if not isinstance(loaded, dict):
        raise UserError(f"{path.name} in the Gradescope export names no submissions")
    return {str(name): about for name, about in loaded.items()}


def _of_ruby(loader: Any, suffix: str, node: Any) -> Any:
    """An object of one of Ruby's own kinds, as the plain data that it is written as."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


# Safe: plain data only. Written in C where it can be: a large class has megabytes of it.
_LOADER: Any = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
_LOADER.add_multi_constructor("!ruby/", _of_ruby)


def _senders(about: dict[str, Any], folder: str) -> tuple[Sender, ...]:
    found = []
    listed = about.get(":submitters")
    for person in listed if isinstance(listed, list) else []:
        if not isinstance(person, dict):
            continue
        name, email, sid = (
            naming.printable(str(person.get(key) or "").strip())
            for key in (":name", ":email", ":sid")
        )
        if student := email or sid or name:
            found.append(Sender(student, key=folder, name=name, email=email, sid=sid))
    return tuple(found) or (Sender(naming.printable(folder), key=folder),)


def _when(value: object) -> str:
    """A time as ISO 8601; one without a zone is in UTC, as Rails writes it."""
    if isinstance(value, dict):  # ActiveSupport::TimeWithZone
        value = value.get("utc")
    if isinstance(value, datetime.datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        return zoned.isoformat()
    try:
        zoned = datetime.datetime.fromisoformat(str(value).strip())
    except ValueError:
        return ""
    return zoned.isoformat() if zoned.tzinfo else ""
