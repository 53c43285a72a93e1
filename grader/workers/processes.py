"""Starts all processes: the warm parent (its own side is `warm_parent`) and the judges.

    judge --(request)--> warm parent --fork--> supervisor --fork--> worker
      ^                                     (process 1) | leash         |
      '----------- status: how it ended ----------------'               |
      '------------------------------ frames ---------------------------'

The warm parent is a fresh interpreter with an empty environment: it imports torch and
TransformerLens once and never sees a check, a seed or a submission. For each session it forks a
supervisor, which forks process 1 of new namespaces, which forks the worker; `sandbox.ladder` says
who climbs which rung. When the judge lets go of the leash,
process 1 of the namespaces kills the worker and, with itself, everything the worker started.
"""

from __future__ import annotations

import array
import contextlib
import json
import multiprocessing
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from labkit import native
from labkit.native import Shape

from grader import sandbox
from grader.line import frames
from grader.line.wire import WireError
from grader.sandbox import Limits, Rungs
from grader.workers import session, warm_parent
from grader.workers.session import Session

_PATIENCE = 60.0  # seconds for what takes milliseconds, unless the machine is very busy
_HURRY = 3.0  # seconds, when somebody waits for the end
_NEWS = 40  # shapes in one request, which must fit into one message
_START = "from grader.workers.warm_parent import run; run({fd})"


class Nursery:
    """The warm parent, seen from the judges' side; safe to use from forked judges.

    Args:
        limits: what each worker may use.
        rungs: what holds a worker; all that this machine has when None.
        ahead: have the next worker made while the present one works: worth it where one notebook
            comes after another.
    """

    def __init__(self, limits: Limits, rungs: Rungs | None = None, *, ahead: bool = False) -> None:
        self.limits = limits
        self._ahead = ahead
        self._next: tuple[int, Path, Session] | None = None  # whose, for which lab
        self._told: set[str] = set()
        self.rungs = sandbox.rungs() if rungs is None else rungs
        ours, theirs = session.message_pair()
        self._requests = ours
        environment = {
            "PATH": os.defpath, "LANG": "C.UTF-8", "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
            "MPLBACKEND": "agg", "TMPDIR": tempfile.gettempdir(),
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(fd=theirs.fileno())],
            env=environment,
            cwd="/",
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()

    def session(self, lab_folder: Path) -> Session:
        """Return a worker that is ready and can import the helpers in ``lab_folder``.

        Raises:
            OSError: the warm parent is gone, or the worker could not be set up. Not a student's.
        """
        waiting, self._next = self._next, None
        held = waiting[2] if waiting and waiting[:2] == (os.getpid(), lab_folder) else None
        if waiting and held is None and waiting[0] == os.getpid():  # made for another lab
            waiting[2].close()
        if held is None or not _is_ready(held):
            held = self._ordered(lab_folder)
            if not _is_ready(held):
                raise OSError("no worker could be started")
        if self._ahead:
            self._next = os.getpid(), lab_folder, self._ordered(lab_folder)
        return held

    def _ordered(self, lab_folder: Path) -> Session:
        """Have a worker forked; it says when it is ready."""
        channel, worker_end = socket.socketpair()
        leash, supervisor_end = session.message_pair()
        held = Session(channel, leash)
        order = {
            "lab": str(lab_folder), "rungs": asdict(self.rungs), "limits": asdict(self.limits),
            "shapes": self._news(),
        }  # fmt: skip
        try:
            with worker_end, supervisor_end:
                ends = array.array("i", [worker_end.fileno(), supervisor_end.fileno()]).tobytes()
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, ends)]
                self._requests.sendmsg([json.dumps(order).encode()], rights)
        except OSError as error:
            held.close()
            raise OSError(f"no worker could be started: {error}") from error
        return held

    def _news(self) -> list[Shape]:
        """Return what shapes of tiny models checks have used of late: workers need them too."""
        news = [shape for shape in native.booted() if repr(shape) not in self._told][:_NEWS]
        self._told.update(map(repr, news))
        return news

    def alive(self) -> bool:
        """Is the warm parent there? A worker that ended without a word may not be at fault."""
        poller = select.poll()
        poller.register(self._requests, 0)
        return not poller.poll(0)

    def close(self, patience: float = _PATIENCE) -> None:
        """End the warm parent and, with it, every worker.

        Args:
            patience: seconds that it has for it; while it imports, it hears nothing.
        """
        if self._next is not None:
            self._next[2].close()
            self._next = None
        with contextlib.suppress(OSError):  # it has died
            self._requests.send(warm_parent.FAREWELL)
        self._requests.close()
        try:
            self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _is_ready(held: Session) -> bool:
    """Wait for a worker's first word; one that says none is ended."""
    try:
        frames.receive(held.channel, time.monotonic() + _PATIENCE)
    except (EOFError, OSError, WireError):
        held.close()
        return False
    return True


@contextlib.contextmanager
def nursery(
    limits: Limits, rungs: Rungs | None = None, *, ahead: bool = False
) -> Iterator[Nursery]:
    """Start the warm parent for the time of a ``with`` block; see `Nursery`."""
    parent = Nursery(limits, rungs, ahead=ahead)
    patience = _PATIENCE
    try:
        yield parent
    except (KeyboardInterrupt, GeneratorExit):
        patience = _HURRY
        raise
    finally:
        parent.close(patience)


def judges(count: int, set_up: Callable[..., None], *args: object) -> ProcessPoolExecutor:
    """Start judge processes, forked from this one, so that they share all it has imported.

    Args:
        count: how many.
        set_up: called once in each judge, with ``args``.
        args: passed on; nothing is pickled, the judges are forks.
    """
    context = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(count, context, initializer=_set_up_judge, initargs=(set_up, args))


def _set_up_judge(set_up: Callable[..., None], args: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    sandbox.die_with_parent()  # killed, it could not tell its judges to stop
    set_up(*args)
