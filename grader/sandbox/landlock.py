"""Landlock: which files a process may open, and no signal or socket out of its domain.

Constants are from linux/landlock.h. Nothing may be executed, not even what may be read.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from grader.sandbox.kernel import check, syscall

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same numbers on every architecture

# File rights, by the ABI that brought them.
_READ = 1 << 2 | 1 << 3  # read file, list folder
_WRITE = 1 << 1
_EXECUTE = 1 << 0
_OF_A_FILE = _EXECUTE | _WRITE | 1 << 2 | 1 << 14
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_TCP_RIGHTS = 3  # bind and connect, ABI 4
_SCOPES = 3  # abstract unix sockets and signals, ABI 6
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


def abi() -> int:
    """Return the version of Landlock that the kernel offers; 0 when it has none."""
    return max(syscall(_CREATE, None, 0, 1), 0)


def restrict(readable: Iterable[Path], scratch: Path) -> None:
    """Confine the calling process, and all it will start, to some folders.

    Args:
        readable: files and folders that stay readable; those that do not exist are passed over.
        scratch: the one folder that stays writable.

    Raises:
        OSError: no Landlock, or no new privileges were not forgone before.
    """
    version = abi()
    files = 0
    for since, rights in _FILE_RIGHTS.items():
        files |= rights if version >= since else 0
    attributes = struct.pack(
        "QQQ", files, _TCP_RIGHTS if version >= 4 else 0, _SCOPES if version >= 6 else 0
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = check(syscall(_CREATE, attributes, size, 0), "landlock ruleset")
    for path in readable:
        _allow(rules, path, files & _READ)
    for device in _DEVICES:
        _allow(rules, Path(device), files & (_READ | _WRITE))
    _allow(rules, scratch, files & ~_EXECUTE)
    check(syscall(_RESTRICT, rules, 0), "landlock restrict")
    os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not path.is_dir():
        rights &= _OF_A_FILE
    rule = struct.pack("=Qi", rights, descriptor)
    check(syscall(_ADD_RULE, rules, 1, rule, 0), f"landlock rule for {path}")
    os.close(descriptor)
