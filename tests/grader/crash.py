"""Kills runs at random moments: ``python -m tests.grader.crash --moments 50`` says what came of it.

A run grades the small course's class, is killed with SIGKILL at a random moment (the coordinator, a
judge or the warm parent, something below it, or every process of it), and the same order is given
again. Then all files must be those of an undisturbed run, and no process and no temporary folder of
the run may be left.

To be affordable, runs are forks of one process that has imported everything; so is the warm parent,
which otherwise is a fresh interpreter. Processes are found as descendants of the run, and killed
one by one, by their number. This process adopts the orphans, so that none can hide.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import dataclasses
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader import grading, panel, sandbox
from grader.grading import Order
from grader.seeds import PUBLIC
from grader.workers import processes, warm_parent
from tests import small_course, timeless

_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 60.0  # seconds until what a kill left must be gone, on a busy machine
KINDS = ("coordinator", "judge or warm parent", "worker or its supervisors", "all")


@dataclasses.dataclass(frozen=True)
class Moment:
    """One kill, and what was found after it."""

    kind: str
    after: float  # seconds
    killed: int  # processes; 0 when the run had ended before
    standing: int  # results on disk when it was killed
    problems: tuple[str, ...]


class Field:
    """A class to grade, an undisturbed run of it, and runs that are killed.

    Args:
        folder: an empty folder.
        size: submissions in the class.
    """

    def __init__(self, folder: Path, size: int) -> None:
        _adopt_orphans()
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self._folder = folder
        lab = small_course.write_course(folder / "course")
        small_course.write_class(lab, folder / "class", size)
        rungs = sandbox.rungs()
        self._order = Order(folder / "class", folder, (lab,), 2, PUBLIC, rungs=rungs)
        panel.warm_up([lab])
        start = time.monotonic()
        assert self.run("undisturbed") == 0, "the undisturbed run failed"
        self.seconds = time.monotonic() - start
        self.wanted = files(folder / "undisturbed")

    def run(self, name: str, workers: int = 2) -> int:
        """Give an order and wait for its end; return the exit status."""
        status = os.waitpid(self._start(name, workers), 0)[1]
        return os.waitstatus_to_exitcode(status)

    def disturb(self, name: str, kind: str, after: float, workers: int = 2) -> Moment:
        """Kill a run once, give the same order again, and look."""
        out = self._folder / name
        coordinator = self._start(name, workers)
        time.sleep(after)
        started, killed = _kill(coordinator, kind)
        path = out / "results.jsonl"
        standing = path.read_bytes().count(b"\n") if path.exists() else 0
        status = os.waitstatus_to_exitcode(os.waitpid(coordinator, 0)[1])
        problems = []
        if status not in (0, -signal.SIGKILL):
            problems.append(f"the killed run ended with {status}")
        if not self._quiet():
            problems.append(f"processes are left: {_descendants(os.getpid())}")
        # Without a warm parent, only the next run can tidy up.
        if killed and kind == "coordinator" and started and self._leavings():
            problems.append(f"temporary folders are left: {self._leavings()}")
        if (again := self.run(name, workers)) != 0:
            problems.append(f"the same order again ended with {again}")
        if not self._quiet():
            problems.append(f"processes are left at the end: {_descendants(os.getpid())}")
        if self._leavings():
            problems.append(f"temporary folders are left at the end: {self._leavings()}")
        got = files(out)
        problems += [
            f"{path} differs"
            for path in sorted({*got, *self.wanted})
            if got.get(path) != self.wanted.get(path)
        ]
        shutil.rmtree(out)
        return Moment(kind, after, killed, standing, tuple(problems))

    def _start(self, name: str, workers: int) -> int:
        order = dataclasses.replace(self._order, out=self._folder / name, workers=workers)
        child = os.fork()
        if child:
            return child
        code = 70
        try:
            tempfile.tempdir = str(self.temporary)
            processes.subprocess = Forks  # type: ignore[assignment, attr-defined]
            grading.grade(order, lambda step: None)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _quiet(self) -> bool:
        """Wait until no process of a run is left; orphans come to this process."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if not _descendants(os.getpid()):
                return True
            time.sleep(0.02)
        return False

    def _leavings(self) -> list[str]:
        return sorted(path.name for path in self.temporary.iterdir())


class Forks:
    """`subprocess`, as far as `processes` needs it, with forks in the place of interpreters."""

    DEVNULL = subprocess.DEVNULL
    TimeoutExpired = subprocess.TimeoutExpired

    class Popen:
        """A warm parent that has imported everything already."""

        def __init__(self, command: list[str], pass_fds: list[int], **_: Any) -> None:
            (descriptor,) = pass_fds
            self._child = os.fork()
            if self._child == 0:
                sys.unraisablehook = lambda _: None  # of the run's objects, closed under them
                os.closerange(3, descriptor)
                os.closerange(descriptor + 1, 4096)
                try:
                    warm_parent.run(descriptor)
                finally:
                    os._exit(70)

        def wait(self, timeout: float) -> None:
            """Wait for its end."""
            os.waitpid(self._child, 0)

        def kill(self) -> None:
            """End it."""
            os.kill(self._child, signal.SIGKILL)


def moments(field: Field, count: int, seed: int) -> Iterator[Moment]:
    """Kill that many runs, each kind in turn, and look at each."""
    draw = random.Random(seed)
    for number in range(count):
        after = draw.uniform(0, field.seconds)
        kind = KINDS[number % len(KINDS)]
        yield field.disturb(f"run{number}", kind, after, workers=(1, 2, 4)[number % 3])


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return timeless.files({str(p.relative_to(folder)): p.read_bytes() for p in found})


def _kill(coordinator: int, kind: str) -> tuple[int, int]:
    """Kill some of the run's processes; return how many there were, and how many it killed."""
    levels = _descendants(coordinator)
    by_level = [[pid for pid, level in levels.items() if level == n] for n in (1, 2, 3, 4, 5)]
    below = [pid for pids in by_level[1:] for pid in pids]
    targets = {
        "coordinator": [coordinator],
        "judge or warm parent": by_level[0][-1:] if len(below) % 2 else by_level[0][:1],
        "worker or its supervisors": below[:1] if len(by_level[0]) % 2 else below[-1:],
        "all": [coordinator, *levels],
    }[kind]
    killed = 0
    for pid in targets:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return len(levels), killed


def _descendants(ancestor: int) -> dict[int, int]:
    """The processes below one, with how far below they are."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The second field is a name in brackets and may hold anything.
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z" or int(parent) != os.getpid():
                children.setdefault(int(parent), []).append(int(place.name))
    found: dict[int, int] = {}
    waiting = [(ancestor, 0)]
    while waiting:
        pid, level = waiting.pop()
        for child in sorted(children.get(pid, [])):
            found[child] = level + 1
            waiting.append((child, level + 1))
    return found


def _adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def main() -> None:
    """Print a line a moment, then the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--size", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    cpu = time.process_time()
    count: Counter[str] = Counter()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        field = Field(Path(folder), asked.size)
        print(f"undisturbed: {asked.size} submissions in {field.seconds:.1f} s")
        for moment in moments(field, asked.moments, asked.seed):
            count[moment.kind] += 1
            failed += bool(moment.problems)
            said = "; ".join(moment.problems) or "the same files, nothing left"
            print(
                f"{moment.kind}, {moment.killed} killed after {moment.after:.2f} s with "
                f"{moment.standing} results on disk: {said}",
                flush=True,
            )
    spent = time.process_time() - cpu + sum(os.times()[2:4])
    kinds = ", ".join(f"{number} x {kind}" for kind, number in count.items())
    print(f"{asked.moments} kills ({kinds}): {failed} went wrong; {spent:.0f} s of processor time")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
