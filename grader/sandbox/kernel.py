"""System calls through ctypes, for what neither Python nor a kept library wraps.

Constants are from the kernel's headers, named in each module that uses this one.
"""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38  # linux/prctl.h
_CAPABILITY_VERSION = 0x20080522  # linux/capability.h, version 3


@cache
def libc() -> ctypes.CDLL:
    """Return the C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """Pass a system call's result on.

    Raises:
        OSError: it failed; the message begins with ``what``.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *args: int | bytes | None) -> int:
    """Make a system call by number; -1 and ctypes' errno tell of a failure."""
    plain = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in args]
    return int(libc().syscall(ctypes.c_long(number), *plain))


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (Linux; nothing elsewhere)."""
    if platform.system() == "Linux":
        check(libc().prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "parent-death signal")


def forgo_privileges() -> None:
    """Give up, for good: set-user-id programs, being debugged, and every capability."""
    check(libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    check(libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
    header = _CAPABILITY_VERSION.to_bytes(4, "little") + bytes(4)
    # A new user namespace made it root in there: of no use to a student.
    check(libc().capset(header, bytes(24)), "capabilities")
