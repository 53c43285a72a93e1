"""A file system of a worker's own: what it may read, a scratch folder in memory, nothing else.

Everything hangs in a mount namespace that ends with its processes, so nothing has to be tidied up,
even after a kill. Constants are from linux/mount.h.
"""

from __future__ import annotations

import ctypes
import os
import platform
import stat
from collections.abc import Iterable
from pathlib import Path

from grader.sandbox.kernel import check, libc, syscall

SCRATCH = Path("/run/interp-labs-scratch")  # in there; below it nobody has a course
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _NO_EXECUTION = 1, 2, 4, 8
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 32, 4096, 1 << 14, 1 << 18
_DETACH = 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_DEVICES = (Path("/dev/null"), Path("/dev/zero"), Path("/dev/urandom"))
_USUAL_LINKS = ("/lib", "/lib64", "/bin")


def enter(readable: Iterable[Path], size: int, owner: tuple[int, int]) -> None:
    """Make the new root and change into it, in a mount namespace entered before.

    Args:
        readable: files and folders to show there, read-only, under the same names.
        size: bytes that the scratch folder holds.
        owner: user and group id of the scratch folder.

    Raises:
        OSError: refused.
    """
    _mount(None, Path("/"), None, _RECURSIVE | _PRIVATE)
    # Opened first: the new file system may hide them, if the course lies below its place.
    opened = {path: os.open(path, os.O_PATH) for path in _outermost(readable)}
    devices = {path: os.open(path, os.O_PATH) for path in _DEVICES}
    base = Path("/tmp")  # only a place to hang it: nothing is written below it outside
    _mount("tmpfs", base, "tmpfs", _NO_SETUID | _NO_DEVICES, "size=1m,nr_inodes=4096,mode=755")
    for path, descriptor in {**opened, **devices}.items():
        _show(path, descriptor, base, of_device=path in devices)
        os.close(descriptor)
    for link in map(Path, _USUAL_LINKS):
        if link.is_symlink() and not os.path.lexists(_below(base, link)):
            _below(base, link).symlink_to(os.readlink(link))
    scratch = _below(base, SCRATCH)
    scratch.mkdir(parents=True, exist_ok=True)
    flags = _NO_SETUID | _NO_DEVICES | _NO_EXECUTION
    options = f"size={size},nr_inodes=1024,mode=700,uid={owner[0]},gid={owner[1]}"
    _mount("tmpfs", scratch, "tmpfs", flags, options)
    _mount(None, base, None, _REMOUNT | _BIND | _READ_ONLY | _NO_SETUID | _NO_DEVICES)
    os.chdir(base)
    # The old root lands on top of the new one, and is taken off: pivot_root(2), NOTES.
    check(syscall(_PIVOT_ROOT[platform.machine()], b".", b"."), "pivot_root")
    check(libc().umount2(b".", _DETACH), "old root")
    os.chdir("/")


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Leave out what does not exist and what lies below another of the paths."""
    kept: list[Path] = []
    for path in sorted(paths):
        if path.exists() and not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept


def _show(path: Path, descriptor: int, base: Path, *, of_device: bool) -> None:
    target = _below(base, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    _mount(f"/proc/self/fd/{descriptor}", target, None, _BIND)
    # Flags of the mount below may be locked for us (user_namespaces(7)): keep those it has.
    flags = os.statvfs(target).f_flag & (_NO_EXECUTION | _NO_DEVICES)
    flags |= _READ_ONLY | _NO_SETUID | (0 if of_device else _NO_DEVICES)
    _mount(None, target, None, _REMOUNT | _BIND | flags)


def _below(base: Path, path: Path) -> Path:
    return base / path.relative_to("/")


def _mount(
    source: str | None, target: Path, kind: str | None, flags: int, options: str = ""
) -> None:
    result = libc().mount(
        source.encode() if source else None,
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    check(result, f"mount {target}")
