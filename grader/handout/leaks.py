"""Finds solution text in what students get.

The rule. Comments are cut off and blanks ignored. Text of ``labs/`` is a leak when it holds

- a line of a solution region (or of a model answer) that has 24 characters or more, or
- a whole solution region of 12 characters or more, line after line.

In the files of another lab only whole regions of several lines count: later labs build on what
earlier ones taught. Else it does not matter where: a notebook cell, an output, a hint, a README, a
helper or labkit. Shorter lines (``return x``) are everybody's, and so are the headers ``for``,
``with``, ``def``, ``class``, ``try``, ``except``, ``else`` and ``import``: they are idiom, not
answer. A line that the lab gives elsewhere on purpose ends with the comment ``# given`` in the
solution; nothing is exempt by itself, since a pasted solution in a given cell is the very thing to
find.

Not here: which files there are (``release``, ``bundle``).
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from grader.course.source import Cell, regions

WHOLE = "the whole solution"
LINE, REGION = 24, 12  # characters without blanks
GIVEN = re.compile(r"#\s*given\b")
HEADER = re.compile(r"\s*(for|with|def|class|try|except|finally|else|import|from|async|@)\b|\s*@")


@dataclass(frozen=True)
class Hidden:
    """One thing that no student's file may hold."""

    owner: str  # the grade id of its cell
    shown: str  # as the author wrote it, for the message
    needle: str  # without comments and blanks


def hidden_text(cells: Iterable[Cell]) -> list[Hidden]:
    """What the rule above forbids to show of these cells."""
    found = []
    for cell in cells:
        for region in regions(cell):
            lines = list(_lines(region, code=cell.kind == "code"))
            for shown, needle, is_given in lines:
                if len(needle) >= LINE and not is_given:
                    found.append(Hidden(str(cell.grade_id), shown.strip(), needle))
            whole = "".join(needle for _, needle, _ in lines)
            is_known = any(item.needle == whole for item in found)
            is_given = all(is_given for _, _, is_given in lines)
            if len(whole) >= REGION and not is_known and not is_given:
                found.append(Hidden(str(cell.grade_id), WHOLE, whole))
    return found


def find(hidden: Iterable[Hidden], files: Mapping[PurePosixPath, bytes]) -> list[str]:
    """One line for each hidden text and each file that holds it."""
    hidden = list(hidden)
    problems = []
    for path, content in sorted(files.items()):
        text = _squeeze(_text(path, content))
        for item in hidden:
            if item.needle in text:
                problems.append(
                    f"{path}: holds solution text of {item.owner}: `{item.shown}`; "
                    "reword it there, or end the line with `# given` in the source"
                )
    return problems


def _lines(region: str, code: bool) -> Iterator[tuple[str, str, bool]]:
    """Each line with something on it: as written, squeezed, and whether anyone may see it."""
    comments = _comments(region) if code else {}
    for number, line in enumerate(region.split("\n"), start=1):
        comment = comments.get(number)
        kept = line if comment is None else line[:comment]
        if kept.strip():
            is_given = code and bool(HEADER.match(kept) or GIVEN.search(line[len(kept) :]))
            yield kept, _squeeze(kept), is_given


def _comments(region: str) -> dict[int, int]:
    """Line (from 1) -> column where its comment starts; a ``#`` inside a string is none."""
    found: dict[int, int] = {}
    try:
        # A region is the inside of a body: the header makes any indentation valid.
        for token in tokenize.generate_tokens(io.StringIO(f"if 1:\n{region}\n").readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0] - 1] = token.start[1]
    except (tokenize.TokenError, IndentationError):
        pass  # half a statement: the comments up to there are found
    return found


def _text(path: PurePosixPath, content: bytes) -> str:
    """A file's text; of a notebook the sources and outputs, without JSON's escapes."""
    text = content.decode("utf-8", errors="replace")
    if path.suffix not in (".ipynb", ".json"):
        return text
    try:
        return "\n".join(_strings(json.loads(text)))
    except ValueError:
        return text


def _strings(node: Any) -> Iterator[str]:
    """Every string in parsed JSON, in order."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _strings(item)
    elif isinstance(node, dict):
        for item in node.values():
            yield from _strings(item)


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)
