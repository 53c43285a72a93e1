"""A notebook file's cells, however damaged: what stands in them, or one sentence why not.

By hand, not by nbformat: that fails on damage, and copies outputs, which do not matter here. Any
Unicode encoding is read, any nbformat from 2 on; what a cell lacks or has in a wrong form is empty.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.sandbox.limits import resources_in_use

MAX_BYTES = 64 << 20
MAX_MEMORY = 768 << 20
MAX_CELLS = 5_000
MAX_CODE = 500_000

_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
_ESCAPED = re.compile(r"\{\s*&(quot|#34);")
_WEB_PAGE = re.compile(r"<(!doctype|html)\b", re.IGNORECASE)
_AROUND = "\0\ufeff \t\r\n"  # what a program or a crash leaves before or after a notebook


class Unreadable(Exception):
    """The file is no notebook that could be graded; the text is the reason, for people."""


@dataclass(frozen=True)
class Cell:
    """One cell as it stands in the file."""

    kind: str  # code, markdown, raw
    grade_id: str  # nbgrader's, empty where there is none
    source: str
    damaged: bool = False  # its source is no text


@dataclass(frozen=True)
class Notebook:
    """What was read."""

    cells: tuple[Cell, ...]
    note: str = ""  # a remark on the file, for its student
    title: str = ""  # as the notebook's metadata give it: release writes the lab's name there

    @property
    def code(self) -> list[Cell]:
        """The code cells, as people count them."""
        return [cell for cell in self.cells if cell.kind == "code"]


def read(path: Path) -> Notebook:
    """Read a notebook file.

    Raises:
        Unreadable: no notebook, with the reason as one sentence.
    """
    try:
        with _memory_bounded():
            text, note = _text(path)
            document = _document(text)
    except MemoryError as error:
        raise Unreadable(
            f"reading the file takes more than {MAX_MEMORY >> 20} MB of memory: clear the outputs "
            "and submit again"
        ) from error
    sheets = document.get("worksheets")  # where cells stood before nbformat 4
    lists = [part.get("cells") for part in (document, *_dicts(sheets))]
    if not any(isinstance(part, list) for part in lists):
        raise Unreadable("the notebook's format is damaged: it has no list of cells")
    found = [cell for part in lists if isinstance(part, list) for cell in part]
    if len(found) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(found)} cells, over the limit of {MAX_CELLS}")
    notebook = Notebook(tuple(map(_cell, _dicts(found))), note, _title(document))
    if (size := sum(len(cell.source) for cell in notebook.code)) > MAX_CODE:
        raise Unreadable(
            f"the notebook has {size} characters of code, over the limit of {MAX_CODE}"
        )
    return notebook


@contextlib.contextmanager
def _memory_bounded() -> Iterator[None]:
    """Let a block of code map so much more memory; JSON can need thirty times its size."""
    mapped = resources_in_use()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = mapped + MAX_MEMORY
    if not mapped or any(
        limit != resource.RLIM_INFINITY and limit < bound for limit in (soft, hard)
    ):
        yield  # nobody can tell, or it is bounded tighter already
        return
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _text(path: Path) -> tuple[str, str]:
    """Return what stands in a file, and a note where letters of it may be wrong."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Unreadable(
                f"the file has {size >> 20} MB, over the limit of {MAX_BYTES >> 20} MB: "
                "clear the outputs and submit again"
            )
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"the file cannot be opened: {error.strerror}") from error
    if data.startswith(b"PK\3\4"):
        raise Unreadable("the file is a zip, not a notebook: unpack it and submit the notebook")
    encoding = json.detect_encoding(data)
    note = ""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        # Each byte a letter: that is what latin-1 is, and the code itself is ASCII anyway.
        one_byte = encoding.startswith("utf-8")
        text = data.decode("latin-1") if one_byte else data.decode(encoding, "replace")
        if not text.lstrip(_AROUND).startswith("{"):
            raise Unreadable("the file is not text, so it is not a notebook") from error
        note = f"the file is not valid {encoding.upper()}: letters outside ASCII may be wrong in it"
    return text.strip(_AROUND), note


def _document(text: str) -> dict[str, Any]:
    """Return a notebook's JSON object."""
    if not text:
        raise Unreadable("the file is empty")
    try:
        # Whole numbers mean nothing here, and Python refuses very long ones.
        document = json.loads(text, strict=False, parse_int=float)
    except RecursionError as error:
        raise Unreadable(
            "the file's brackets stand too deep in each other: clear the outputs and submit again"
        ) from error
    except ValueError as error:
        if _CONFLICT.search(text):
            raise Unreadable(
                "the file holds the marks of a merge conflict (<<<<<<<): resolve it, see that "
                "Jupyter opens the notebook, and submit again"
            ) from error
        if text.startswith("version https://git-lfs."):
            raise Unreadable(
                "the file is a Git LFS pointer, not the notebook: get the file itself (git lfs "
                "pull), and submit that"
            ) from error
        if _ESCAPED.match(text):
            raise Unreadable(
                "the file is a notebook whose quotes were turned into &quot; on the way through a "
                "web page: submit the file itself"
            ) from error
        if _WEB_PAGE.match(text):
            raise Unreadable("the file is a web page, not a notebook") from error
        raise Unreadable(
            f"the file is not valid JSON ({_short(error)}): it was cut off or edited by hand"
        ) from error
    if type(document) is dict and type(document.get("content")) is dict:
        document = document["content"]  # what Jupyter's server sends, saved as it came
    if type(document) is not dict or not document.keys() & {"nbformat", "cells", "worksheets"}:
        raise Unreadable("the file is JSON but not a notebook")
    return document


def _cell(cell: dict[str, Any]) -> Cell:
    kind = cell.get("cell_type")
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        parts = [part for part in source if isinstance(part, str)]
        damaged, source = len(parts) < len(source), "".join(parts)
    else:
        damaged = not isinstance(source, str)
    text = source if isinstance(source, str) else ""
    return Cell(kind if isinstance(kind, str) else "", _grade_id(cell), text, damaged)


def _title(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    title = metadata.get("title") if isinstance(metadata, dict) else None
    return title if isinstance(title, str) else ""


def _grade_id(cell: dict[str, object]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return grade_id if isinstance(grade_id, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
