"""What a worker says of an exception: its type, its text, and where in the notebook it arose."""

from __future__ import annotations

import errno
import re
import traceback
from typing import Any

from grader.wire import WireError

MESSAGE_LIMIT = 400  # characters of an exception's text that cross
_MEMORY_SIGNS = ("can't allocate memory", "not enough memory", "std::bad_alloc")
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
    memory = isinstance(error, MemoryError) or any(sign in text for sign in _MEMORY_SIGNS)
    # Over RLIMIT_FSIZE or out of scratch space.
    output = isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOSPC)
    return {
        "type": "WrongResult" if isinstance(error, WireError) else type(error).__name__[:80],
        "text": text,
        "cell": cell,
        "line": line,
        "function": function,
        "limit": "memory" if memory else ("output" if output else None),
    }
