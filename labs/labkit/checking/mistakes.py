"""An exception of a student's code in one line, with the line of their cell it comes from."""

from __future__ import annotations

import linecache
import re
from collections.abc import Collection
from dataclasses import dataclass
from types import CodeType, FrameType, TracebackType
from typing import Any

_LONGEST = 300
_LONGEST_SOURCE = 100
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Place:
    """The deepest line of the student's own that an exception passed through.

    Attributes:
        function: the qualified name of the function that holds the line.
        line: counted from 1 within its cell, or file.
        source: the line itself, empty when it cannot be had.
        raised_here: whether the exception was raised by this very line.
    """

    function: str
    line: int
    source: str
    raised_here: bool

    @property
    def owner(self) -> str:
        """The top-level function or class that the line belongs to."""
        return self.function.split(".")[0]


@dataclass(frozen=True)
class Notebook:
    """How to tell the student's frames from those of libraries and of the check itself.

    Attributes:
        namespace: the globals of the notebook.
        files: files that count as the student's besides.
        check: the code of the check cell.
    """

    namespace: dict[str, Any]
    files: frozenset[str]
    check: CodeType

    def owns(self, frame: FrameType) -> bool:
        """Whether the frame runs the student's code."""
        if frame.f_code is self.check:
            return False
        return frame.f_globals is self.namespace or frame.f_code.co_filename in self.files


def place(trace: TracebackType | None, notebook: Notebook) -> Place | None:
    """Find the deepest of the student's own lines in a traceback; None when there is none."""
    found = None
    while trace is not None:
        frame = trace.tb_frame
        if notebook.owns(frame):
            source = linecache.getline(frame.f_code.co_filename, trace.tb_lineno).strip()
            last = trace.tb_next is None
            found = Place(frame.f_code.co_qualname, trace.tb_lineno, source, last)
        trace = trace.tb_next
    return found


def one_line(
    error: BaseException, where: Place | None = None, exercise: Collection[str] = ()
) -> str:
    """Return ``TypeName: message (line N of your cell: source line)``.

    Args:
        error: the exception.
        where: the student's line, if it passed through one.
        exercise: the names of the exercise's function; a line elsewhere is said to be there.
    """
    try:
        message = plain(str(error))
    except Exception:  # a student's exception class may fail even at that
        message = ""
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    if where is None:
        return text
    own = where.owner in exercise or where.owner.startswith("<")
    line = f"line {where.line} of " + ("your cell" if own else f"the cell of `{where.owner}`")
    return (
        f"{text} ({line}: `{plain(where.source, _LONGEST_SOURCE)}`)"
        if where.source
        else f"{text} ({line})"
    )


def plain(text: str, longest: int = _LONGEST) -> str:
    """Return text on one line, without terminal colours and control characters, cut at a length."""
    text = " ".join(_ANSI.sub("", text).split())
    text = "".join(c if c.isprintable() else "�" for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
