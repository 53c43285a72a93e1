"""The ladder of isolation: which rungs this machine has, and how a worker climbs them.

Most guarantees are held by more than one rung, so that one that is missing or broken does not open
everything. The order of climbing matters: `prepare` in the supervisor (a process namespace takes
effect for its child), `enclose` in that child, `confine` in the worker, after which nothing can be
taken back.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from grader.sandbox import cgroups, kernel, landlock, namespaces, own_root, seccomp
from grader.sandbox.limits import Limits, set_limits
from grader.sandbox.readable import readable

_FIRST_ID = 1_000_000_000  # user ids far from anybody's


@dataclass(frozen=True)
class Rungs:
    """Which rungs hold a worker; a separate process to which only data crosses is always there."""

    limits: bool = True  # processor, memory, output, open files
    user: bool = False  # a user namespace, where it is needed to enter the other namespaces
    processes: bool = False
    network: bool = False
    shared_memory: bool = False
    files: bool = False  # a file system of its own
    identity: bool = False  # a user id of its own
    landlock: bool = False
    seccomp: bool = False
    groups: bool = False  # control groups

    @property
    def strong(self) -> bool:
        """Files, network, other processes and what is left behind: each is held by some rung."""
        return not self.open_doors()

    def open_doors(self) -> list[str]:
        """Name what no rung of these closes to a student's code."""
        doors = {
            "your files": self.files or self.landlock,
            "the network": self.network or self.seccomp,
            "other processes": self.processes or self.seccomp,
            "the machine's memory and processor": self.limits,
        }
        return [name for name, closed in doors.items() if not closed]

    def sentences(self) -> list[str]:
        """Describe each rung for `doctor`."""
        said = {
            "processor, memory and output limits": self.limits,
            "a process namespace": self.processes,
            "a network namespace": self.network,
            "a shared memory namespace": self.shared_memory,
            "a file system of its own": self.files,
            "a user id of its own (needs root)": self.identity,
            "Landlock": self.landlock,
            "seccomp": self.seccomp,
            "control groups (need root, or a group handed down)": self.groups,
        }
        return [f"{what}: {'yes' if there else 'no'}" for what, there in said.items()]


def rungs() -> Rungs:
    """Find out which rungs this machine allows, by trying each in a child process."""
    if platform.system() != "Linux":
        return Rungs()
    user = not _holds(namespaces.new_network)

    def there(climb: Callable[[], object]) -> bool:
        def after_user() -> None:
            namespaces.enter_user()
            climb()

        return _holds(after_user if user else climb)

    files = there(_enter_root)
    return Rungs(
        user=user and there(lambda: None),
        processes=there(namespaces.new_processes),
        network=there(namespaces.new_network),
        shared_memory=there(namespaces.new_shared_memory),
        files=files,
        identity=not user and _holds(lambda: _be_somebody_else(in_own_root=files)),
        landlock=landlock.abi() >= 1,
        seccomp=_holds(_refuse_calls),
        groups=cgroups.available(),
    )


def prepare(climbed: Rungs) -> None:
    """Do the supervisor's part; its next child is process 1 of the process namespace.

    Raises:
        OSError: a rung that this machine was said to have does not hold.
    """
    if climbed.user:
        namespaces.enter_user()
    if climbed.processes:
        namespaces.new_processes()


def enclose(climbed: Rungs, limits: Limits, scratch: Path | None, owner: int) -> Path:
    """Do process 1's part, and return the worker's scratch folder.

    Args:
        climbed: the rungs.
        limits: the size of the scratch folder.
        scratch: the folder to use where there is no file system of its own; else None.
        owner: the worker's user id.

    Raises:
        OSError: a rung that this machine was said to have does not hold.
    """
    os.setsid()  # or a signal to its group would reach the supervisors
    if climbed.network:
        namespaces.new_network()
    if climbed.shared_memory:
        namespaces.new_shared_memory()
    if scratch is not None:
        os.chown(scratch, owner, -1)
        return scratch
    namespaces.new_mounts()
    own_root.enter(readable(), limits.scratch, (owner, owner if climbed.identity else os.getgid()))
    return own_root.SCRATCH


def confine(climbed: Rungs, limits: Limits, mapped: int, scratch: Path, owner: int) -> None:
    """Take everything from the worker that it does not need to answer requests.

    Args:
        climbed: the rungs.
        limits: processor, memory, output.
        mapped: address space that was in use before.
        scratch: the one folder that stays writable; the working folder.
        owner: its user id, if it gets one of its own.

    Raises:
        OSError: a rung that this machine was said to have does not hold.
    """
    if climbed.identity:
        os.setgroups([])
        os.setresgid(owner, owner, owner)
        os.setresuid(owner, owner, owner)
    if climbed.limits:
        set_limits(limits, mapped, threads=climbed.identity)
    if platform.system() != "Linux":
        return
    kernel.forgo_privileges()
    if climbed.landlock:
        landlock.restrict(readable(), scratch)
    kernel.die_with_parent()  # again: a new user id takes it away
    if climbed.seccomp:
        seccomp.refuse_calls()


def owner_of(climbed: Rungs, supervisor: int) -> int:
    """Return the user id for the worker of the supervisor with this process id."""
    return _FIRST_ID + supervisor if climbed.identity else os.getuid()


def none() -> Rungs:
    """Return a ladder without rungs, for tests that take one away at a time."""
    return Rungs(**{field.name: False for field in fields(Rungs)})


def _holds(climb: Callable[[], object]) -> bool:
    child = os.fork()
    if child == 0:
        try:
            climb()
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _enter_root() -> None:
    namespaces.new_mounts()
    own_root.enter(readable(), 1 << 20, (os.getuid(), os.getgid()))


def _be_somebody_else(*, in_own_root: bool) -> None:
    """Take another user id, and see whether labkit and the packages can still be read."""
    if in_own_root:
        _enter_root()
    owner = _FIRST_ID + os.getpid()
    os.setgroups([])
    os.setresgid(owner, owner, owner)
    os.setresuid(owner, owner, owner)
    for path in readable():
        if path.exists() and not os.access(path, os.R_OK):
            raise PermissionError(path)


def _refuse_calls() -> None:
    kernel.forgo_privileges()
    seccomp.refuse_calls()
