"""Call something that may never return: it gets a time limit."""

from __future__ import annotations

import contextlib
import ctypes
import io
import threading
import warnings
from collections.abc import Callable

from labkit.earlier.taking import NotThere

_GRACE = 0.2  # seconds for a stopped thread to go


class _Stop(BaseException):
    """Raised inside of what has run out of time."""


def why_not(call: Callable[[], None], seconds: float) -> str:
    """Call it, and return "" when it went well, else in one line what went wrong.

    It runs in a thread of its own. When its time is over, the thread is told to stop; Python code
    obeys at its next line. What hangs inside of a library is left behind, and the program can still
    end.

    Args:
        call: raises an AssertionError or a NotThere with a sentence, or anything else.
        seconds: by the clock.
    """
    said = [f"it took longer than {seconds:g} s"]

    def run() -> None:
        try:
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                call()
            said[0] = ""
        except _Stop:
            pass
        except NotImplementedError:
            said[0] = "not written yet"
        except (AssertionError, NotThere) as error:
            said[0] = " ".join(str(error).split()) or "it is not right on random data"
        except BaseException as error:  # SystemExit, too: it is not ours
            said[0] = f"it raises {type(error).__name__}"

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    # A bare `except:` in a loop swallows the first of them, so it is told a few times.
    for _ in range(10):
        if not thread.is_alive():
            break
        late = said[0]
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stop)
        )
        thread.join(_GRACE / 10)
        said[0] = late
    return said[0]
