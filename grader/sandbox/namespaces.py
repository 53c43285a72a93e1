"""Namespaces: processes, network, shared memory and mounts of a worker's own.

Constants are from linux/sched.h. Root needs no user namespace; everybody else gets the right to
the others from one.
"""

from __future__ import annotations

import os
from pathlib import Path

from grader.sandbox.kernel import check, libc

_MOUNT, _UTS, _IPC = 0x00020000, 0x04000000, 0x08000000
_USER, _PID, _NET = 0x10000000, 0x20000000, 0x40000000


def enter_user() -> None:
    """Enter a user namespace in which this user is itself, with the right to make others.

    Raises:
        OSError: the machine refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    check(libc().unshare(_USER), "user namespace")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def new_processes() -> None:
    """Have the next child be process 1 of a new process namespace: when it ends, so do all.

    Raises:
        OSError: the machine refuses.
    """
    check(libc().unshare(_PID), "process namespace")


def new_network() -> None:
    """Enter a network namespace, where there is nobody, and a namespace of host names.

    Raises:
        OSError: the machine refuses.
    """
    check(libc().unshare(_NET | _UTS), "network namespace")


def new_shared_memory() -> None:
    """Enter a namespace of System V shared memory, semaphores and message queues.

    Raises:
        OSError: the machine refuses.
    """
    check(libc().unshare(_IPC), "ipc namespace")


def new_mounts() -> None:
    """Enter a mount namespace from which nothing shows outside.

    Raises:
        OSError: the machine refuses.
    """
    check(libc().unshare(_MOUNT), "mount namespace")
