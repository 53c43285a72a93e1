"""How much a student's code may use: per call, per exercise and per submission."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """What a worker may use. Sizes in bytes, times in seconds of processor time."""

    memory: int = 2 << 30  # beyond what the warm parent has mapped already
    cpu_call: int = 10
    cpu_exercise: int = 30
    cpu_total: int = 180  # of one submission, however often its worker was started again
    wall_factor: int = 6  # waiting is allowed this many times longer: load must not decide a mark
    wall_total: int = 900  # seconds of waiting for one submission
    file_size: int = 16 << 20
    scratch: int = 64 << 20
    open_files: int = 128
    threads: int = 64


def resources_in_use() -> int:
    """Return the bytes of address space that this process has mapped; 0 where nobody can tell."""
    if not sys.platform.startswith("linux"):
        return 0
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def set_limits(limits: Limits, mapped: int, *, threads: bool) -> None:
    """Hold the calling process to the limits that the kernel counts for a process.

    Args:
        limits: how much.
        mapped: address space that was in use before the student's code.
        threads: also limit threads and processes; sensible only for a user id of its own, since
            the kernel counts all that a user runs.

    Raises:
        OSError: refused.
    """
    if mapped:
        resource.setrlimit(resource.RLIMIT_AS, (mapped + limits.memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size,) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_total,) * 2)
    if threads:
        resource.setrlimit(resource.RLIMIT_NPROC, (limits.threads,) * 2)
