"""Wall clock, processor time and memory of a command and of every process below it.

The kernel adds up a child's processor time only for who waits for it, and ours does not always
wait. So the processes are looked at, fifty times a second, as long as they live. Memory is their
proportional share: pages that forks have in common count once.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.descendants import descendants

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_EVERY = 0.02  # seconds from look to look
_MEMORY_EVERY = 0.5  # adding up the pages takes longer


@dataclass
class Timeline:
    """What a command took: seconds since its start, bytes."""

    marks: list[float] = field(default_factory=list)  # when it said what was waited for
    end: float = 0.0
    code: int = 0
    said: str = ""
    processor: list[tuple[float, float]] = field(default_factory=list)  # (when, seconds used)
    memory: int = 0

    def cost(self, since: float, until: float | None = None) -> tuple[float, float]:
        """Return wall and processor seconds between two moments."""
        last = self.end if until is None else until
        return last - since, self._used(last) - self._used(since)

    def _used(self, at: float) -> float:
        return max((used for when, used in self.processor if when <= at), default=0.0)


def run(
    command: Sequence[str], mark: str, cwd: Path, environment: Mapping[str, str], seconds: float
) -> Timeline:
    """Run a command and watch it.

    Args:
        command: with its arguments.
        mark: a pattern; a line of output that holds it becomes one of ``marks``.
        cwd: where it runs.
        environment: the whole of it.
        seconds: it is killed after this time.
    """
    seen = Timeline()
    start = time.monotonic()
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    reader = threading.Thread(target=_read, args=(process, re.compile(mark), start, seen))
    reader.start()
    used: dict[int, float] = {}
    next_memory = 0.0
    while process.poll() is None:
        now = time.monotonic() - start
        if now > seconds:
            _kill(process.pid)
        pids = [process.pid, *descendants(process.pid)]
        for pid in pids:
            with contextlib.suppress(OSError, IndexError):
                used[pid] = _processor(pid)
        seen.processor.append((now, sum(used.values())))
        if now >= next_memory:
            seen.memory = max(seen.memory, sum(map(_memory, pids)))
            next_memory = now + _MEMORY_EVERY
        time.sleep(_EVERY)
    reader.join(5)
    seen.end, seen.code = time.monotonic() - start, process.returncode
    return seen


def _read(
    process: subprocess.Popen[str], mark: re.Pattern[str], start: float, seen: Timeline
) -> None:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if mark.search(line):
            seen.marks.append(time.monotonic() - start)
        seen.said = "".join(lines[-2000:])


def _kill(pid: int) -> None:
    """End a command and what is below it: its own processes, one by one."""
    for each in [*descendants(pid), pid]:
        with contextlib.suppress(OSError):
            os.kill(each, 9)


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def _memory(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
