"""The only module that starts processes: the warm parent, its children, and the judges.

    judge --(request)--> warm parent --fork--> supervisor --fork--> worker
      ^                                           | leash               |
      '----------- status: how it ended ----------'                     |
      '------------------------------ frames ---------------------------'

The warm parent is a fresh interpreter with an empty environment: it imports torch and
TransformerLens once and never sees a check, a seed or a submission. For each session it forks a
supervisor, which enters new namespaces and forks the worker. When the judge lets go of the leash,
the supervisor kills the worker and, with the process namespace, everything the worker started.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader import frames, sandbox, session
from grader.sandbox import Limits
from grader.session import Session
from grader.wire import WireError

_PATIENCE = 60.0  # seconds for what takes milliseconds, unless the machine is very busy
_START = "from grader.processes import warm_parent; warm_parent({fd})"


class Nursery:
    """The warm parent, seen from the judges' side; safe to use from forked judges."""

    def __init__(self, limits: Limits, *, isolate: bool) -> None:
        self.limits = limits
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
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
        self.isolate = isolate

    def session(self, lab_folder: Path) -> Session:
        """Fork a worker that can import the helpers in ``lab_folder``, and wait until it is ready.

        Raises:
            OSError: the warm parent is gone, or the worker could not be set up. Not a student's.
        """
        channel, worker_end = socket.socketpair()
        leash, supervisor_end = socket.socketpair()
        held = Session(channel, leash)
        order = {"lab": str(lab_folder), "isolate": self.isolate, "limits": asdict(self.limits)}
        try:
            with worker_end, supervisor_end:
                ends = array.array("i", [worker_end.fileno(), supervisor_end.fileno()]).tobytes()
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, ends)]
                self._requests.sendmsg([json.dumps(order).encode()], rights)
            frames.receive(channel, time.monotonic() + _PATIENCE)
        except (EOFError, OSError, WireError) as error:
            held.close()
            raise OSError(f"no worker could be started: {error}") from error
        return held

    def alive(self) -> bool:
        """Is the warm parent there? A worker that ended without a word may not be at fault."""
        poller = select.poll()
        poller.register(self._requests, 0)
        return not poller.poll(0)

    def close(self) -> None:
        """End the warm parent and, with it, every worker."""
        self._requests.close()
        try:
            self._process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def nursery(limits: Limits, *, isolate: bool) -> Iterator[Nursery]:
    """Start the warm parent for the time of a ``with`` block."""
    parent = Nursery(limits, isolate=isolate)
    try:
        yield parent
    finally:
        parent.close()


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
    set_up(*args)


def warm_parent(descriptor: int) -> None:
    """Run in the fresh interpreter: import once, then fork a supervisor per request."""
    requests = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the judge's to handle
    import torch

    torch.set_num_threads(1)
    # All that notebooks and helpers usually import: what is missing here, every worker pays for.
    import labkit.checking
    import labkit.data
    import labkit.models
    import labkit.plots.figure
    import matplotlib.pyplot  # noqa: F401

    import grader.worker  # noqa: F401

    # The first forward pass, backward pass and optimiser of a process are slow: pay once, here.
    model = labkit.models.random(0)
    logits, _ = model.run_with_cache(torch.zeros(1, 4, dtype=torch.int64))
    logits.sum().backward()
    torch.optim.Adam(model.parameters()).step()
    del model, logits
    gc.collect()
    gc.freeze()  # a collection in a worker would copy every page that holds an object of ours
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, ancillary, _, _ = requests.recvmsg(65536, socket.CMSG_SPACE(2 * 4))
        if not message:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)  # until the last supervisor has tidied up: they die with us
            os._exit(0)
        ends = array.array("i")
        for _, _, data in ancillary:
            ends.frombytes(data[: len(data) - len(data) % ends.itemsize])
        _fork(lambda: _supervise(json.loads(message), requests, *ends))  # noqa: B023
        for end in ends:
            os.close(end)


def _supervise(
    order: dict[str, Any], requests: socket.socket, channel: int, leash_end: int
) -> None:
    """Enter new namespaces, fork their first process, and tidy up after it."""
    requests.close()  # held open by the warm parent alone, it tells whether that one lives
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    scratch = Path(tempfile.mkdtemp(prefix="interp-labs-"))
    try:
        if order["isolate"]:
            sandbox.enter_namespaces()
            sandbox.mount_scratch(scratch, 64 << 20)
        sandbox.die_with_parent()
        first = _fork(lambda: _be_first(order, scratch, channel, leash_end))
        os.close(channel)
        os.close(leash_end)
        os.waitpid(first, 0)
    finally:
        if order["isolate"]:
            sandbox.unmount(scratch)
        shutil.rmtree(scratch, ignore_errors=True)


def _be_first(order: dict[str, Any], scratch: Path, channel: int, leash_end: int) -> None:
    """Be process 1 of the namespace: fork the worker and hold it on the judge's leash.

    The worker cannot be process 1 itself: the kernel spares that one the signal by which the
    processor limit ends a process. When process 1 ends, the kernel ends all others.
    """
    sandbox.die_with_parent()
    worker = _fork(lambda: _become_worker(order, scratch, channel))
    os.close(channel)
    session.hold(socket.socket(fileno=leash_end), worker)


def _fork(body: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 70
        try:
            body()
            code = 0
        except BaseException:
            traceback.print_exc()  # our own failure: a student's code never raises to here
        finally:
            os._exit(code)
    return child


def _become_worker(order: dict[str, Any], scratch: Path, channel: int) -> None:
    """Drop everything, then answer requests."""
    sandbox.die_with_parent()
    lab = Path(order["lab"])
    sys.path.insert(0, str(lab))
    for helpers in lab.glob("*_helpers.py"):  # given code, imported while its folder can be read
        importlib.import_module(helpers.stem)
    output = os.open(scratch / "output", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    empty = os.open(os.devnull, os.O_RDONLY)
    sandbox.confine(
        Limits(**order["limits"]), sandbox.readable(), scratch, landlock=order["isolate"]
    )
    # Only now: until here a failure is ours, and shows on the judge's standard error.
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, channel)
    os.closerange(channel + 1, 4096)
    from grader.worker import serve

    serve(socket.socket(fileno=channel))
