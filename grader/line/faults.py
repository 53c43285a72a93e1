"""What a worker says of an exception, and how the judge reads that: type, text and place."""

from __future__ import annotations

import errno
import re
import traceback
from typing import Any

from grader.line.wire import WireError

NOT_WRITTEN = "not written yet: it raises NotImplementedError"
MESSAGE_LIMIT = 400  # characters of an exception's text that cross
_MEMORY_SIGNS = ("can't allocate memory", "not enough memory", "std::bad_alloc")
_BY_NUMBER = {
    errno.EFBIG: "output",  # over RLIMIT_FSIZE, as a file or on the standard streams
    errno.ENOSPC: "scratch space",
    errno.EAGAIN: "processes and threads",
    errno.EMFILE: "open files",
}
_CELL = re.compile(r"<cell (\d{1,6})>")


class StudentFault(Exception):
    """A student's code raised: what a reply says of it."""


def describe(error: BaseException) -> dict[str, Any]:
    """Say what was raised, and where in the notebook, without evaluating more than a ``str``."""
    try:
        text = f"{error}"[:MESSAGE_LIMIT].encode(errors="replace").decode()
    except BaseException:
        text = ""
    cell = line = function = None
    for frame, at in traceback.walk_tb(error.__traceback__):
        if found := _CELL.fullmatch(frame.f_code.co_filename):
            cell, line, function = int(found[1]), at, frame.f_code.co_name
    return {
        "type": "WrongResult" if isinstance(error, WireError) else type(error).__name__[:80],
        "text": text,
        "cell": cell,
        "line": line,
        "function": function,
        "limit": _limit(error, text),
    }


def _limit(error: BaseException, text: str) -> str | None:
    """Name the limit that an exception tells of, if it tells of one."""
    if isinstance(error, MemoryError) or any(sign in text for sign in _MEMORY_SIGNS):
        return "memory"
    if isinstance(error, RuntimeError) and "can't start new thread" in text:
        return "processes and threads"
    if isinstance(error, OSError) and type(error.errno) is int:
        # Of all that can be refused only a socket has no file name.
        if error.errno == errno.EACCES and error.filename is None:
            return "network (there is none in grading)"
        return _BY_NUMBER.get(error.errno)
    return None


def said(error: Any) -> tuple[str, str, str]:
    """Read what a worker says of an exception: type, text and limit, as far as they can be printed.

    Raises:
        WireError: it says it in another form.
    """
    if type(error) is not dict:
        raise WireError("an error that is no object")
    kind, text, limit = (_printable(error.get(key)) for key in ("type", "text", "limit"))
    return kind, text, limit


def _printable(text: Any) -> str:
    # One line, without terminal escapes, bidirectional overrides and the like.
    if type(text) is not str:
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())
