"""What a worker gives up before a student's first line runs: the ladder of isolation.

`rungs` says which rungs this machine has; `enter_namespaces` and `confine` climb them. The order
matters: namespaces in the supervisor (they take effect for its child), then in the child scratch
folder, limits, no new privileges and Landlock, after which nothing can be taken back.

Linux system calls are made through ctypes, since no kept library wraps Landlock. Constants are from
the kernel's headers (linux/landlock.h, linux/sched.h, linux/prctl.h).
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import resource
import struct
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_LANDLOCK = {"create": 444, "add_rule": 445, "restrict": 446}  # the same on every architecture
_NEW_NAMESPACES = {
    "mount": 0x00020000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
_NEW_USER = 0x10000000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITY_VERSION = 0x20080522

# Landlock file rights, by the ABI that brought them.
_READ = 1 << 2 | 1 << 3  # read file, list folder
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_TCP_RIGHTS = 3  # bind and connect, ABI 4
_SCOPES = 3  # abstract unix sockets and signals, ABI 6


@dataclass(frozen=True)
class Limits:
    """What a worker may use. Sizes in bytes, times in seconds of processor time."""

    memory: int = 2 << 30  # beyond what the warm parent has mapped already
    cpu_call: int = 10
    cpu_total: int = 180
    file_size: int = 16 << 20
    open_files: int = 128
    wall_factor: int = 6  # a call's wall-clock limit is this times cpu_call: load must not decide


@dataclass(frozen=True)
class Rungs:
    """Which parts of the ladder this machine has."""

    namespaces: bool
    landlock: int  # ABI version, 0 when missing

    @property
    def strong(self) -> bool:
        """Files, network, processes and signals are all closed to a student's code."""
        return self.namespaces and self.landlock >= 1

    def sentences(self) -> list[str]:
        """Describe each rung for `doctor`."""
        return [
            "own process, only data crosses: yes",
            "processor, memory and output limits: yes",
            f"user, process and network namespaces: {'yes' if self.namespaces else 'no'}",
            f"Landlock (files): {f'yes, ABI {self.landlock}' if self.landlock else 'no'}",
        ]


def rungs() -> Rungs:
    """Find out what this machine allows; namespaces are tried in a child."""
    if platform.system() != "Linux":
        return Rungs(namespaces=False, landlock=0)
    child = os.fork()
    if child == 0:
        try:
            enter_namespaces()
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return Rungs(namespaces=os.waitstatus_to_exitcode(status) == 0, landlock=_landlock_abi())


def enter_namespaces() -> None:
    """Move this process into new user, mount, ipc, net and (for its children) pid namespaces.

    Raises:
        OSError: the machine refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    flags = _NEW_USER
    for flag in _NEW_NAMESPACES.values():
        flags |= flag
    _check(_libc().unshare(flags), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def mount_scratch(folder: Path, size: int) -> None:
    """Put a small memory file system on ``folder``, for this mount namespace only.

    Raises:
        OSError: not in a mount namespace of its own, or refused.
    """
    none, private = ctypes.c_char_p(None), 1 << 18 | 1 << 14  # MS_PRIVATE | MS_REC
    _check(_libc().mount(none, b"/", none, private, none), "mount private")
    options = f"size={size},nr_inodes=1024,mode=700".encode()
    flags = 2 | 4 | 8  # no setuid, no devices, no execution
    _check(_libc().mount(b"tmpfs", str(folder).encode(), b"tmpfs", flags, options), "mount tmpfs")


def unmount(folder: Path) -> None:
    """Take `mount_scratch`'s file system away again, with all that was written there."""
    _libc().umount2(str(folder).encode(), 2)  # MNT_DETACH: even when something still holds it


def confine(limits: Limits, readable: Iterable[Path], scratch: Path, landlock: bool) -> None:
    """Take everything from the calling process that it does not need to answer requests.

    Args:
        limits: processor, memory, output.
        readable: files and folders that stay readable.
        scratch: the one folder that stays writable; becomes the working folder.
        landlock: whether to confine files and signals with Landlock.

    Raises:
        OSError: a rung that this machine was said to have does not hold.
    """
    os.chdir(scratch)
    os.environ.clear()
    os.environ.update(
        HOME=str(scratch), TMPDIR=str(scratch), LANG="C.UTF-8", PATH="/nowhere",
        HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1", MPLCONFIGDIR=str(scratch),
    )  # fmt: skip
    _set_limits(limits)
    if platform.system() != "Linux":
        return
    libc = _libc()
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    _check(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
    if landlock:
        _restrict(readable, scratch)
        # The new user namespace made it root in there: of no use to a student.
        _check(libc.capset(struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24)), "capabilities")


def readable() -> list[Path]:
    """List what a worker may read: the interpreter, its packages and labkit."""
    paths = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_exec_prefix)}
    paths.update(Path(p) for p in sysconfig.get_paths().values())
    paths.update(Path(p) for p in ("/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo"))
    paths.add(Path("/etc/ld.so.cache"))
    package = importlib.util.find_spec("labkit")
    assert package is not None and package.submodule_search_locations is not None
    paths.update(Path(p) for p in package.submodule_search_locations)
    return sorted(path.resolve() for path in paths)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (Linux)."""
    if platform.system() == "Linux":
        _libc().prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)


def _set_limits(limits: Limits) -> None:
    mapped = 0
    if sys.platform.startswith("linux"):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        mapped = pages * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + limits.memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size,) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_total, limits.cpu_total))


def _restrict(readable: Iterable[Path], scratch: Path) -> None:
    abi = _landlock_abi()
    files = 0
    for version, rights in _FILE_RIGHTS.items():
        files |= rights if abi >= version else 0
    attributes = struct.pack(
        "QQQ", files, _TCP_RIGHTS if abi >= 4 else 0, _SCOPES if abi >= 6 else 0
    )
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _check(_syscall("create", attributes, size, 0), "landlock ruleset")
    for path in readable:
        _allow(ruleset, path, files & _READ)
    for device in ("/dev/null", "/dev/zero", "/dev/urandom"):
        _allow(ruleset, Path(device), files & (_READ | 1 << 1))
    _allow(ruleset, scratch, files & ~1)  # everything but execution
    _check(_syscall("restrict", ruleset, 0), "landlock restrict")
    os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not path.is_dir():
        rights &= ~(1 << 3) & 0b111 | 1 << 14 & rights  # of a file: read, write, truncate
    rule = struct.pack("=Qi", rights, descriptor)
    _check(_syscall("add_rule", ruleset, 1, rule, 0), f"landlock rule for {path}")
    os.close(descriptor)


def _landlock_abi() -> int:
    version = _syscall("create", None, 0, 1)
    return max(version, 0)


def _syscall(name: str, *args: int | bytes | None) -> int:
    call = _libc().syscall
    plain = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in args]
    return int(call(ctypes.c_long(_LANDLOCK[name]), *plain))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
