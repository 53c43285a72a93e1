"""The warm parent's side: a fork per session, everything dropped before student code runs.

`processes` starts the warm parent in a fresh interpreter and draws the tree of processes below it.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader import sandbox
from grader.sandbox import Limits, Rungs, cgroups, ladder
from grader.sandbox.limits import resources_in_use
from grader.workers import leavings, session

_STOCK = 6  # models of each shape, ready for a worker to use: few labs' checks send more
FAREWELL = b"farewell"
"""What a run says that ends as it should, and cannot say when it was killed."""


def run(descriptor: int) -> None:
    """Run in the fresh interpreter: import once, then fork a supervisor per request.

    Args:
        descriptor: where requests come from; at its end, this process ends.
    """
    requests = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the judge's to handle
    import torch

    torch.set_num_threads(1)
    # All that notebooks and helpers usually import: what is missing here, every worker pays for.
    import IPython.display  # noqa: F401
    import labkit.checking
    import labkit.data
    import labkit.models
    import labkit.native
    import labkit.plots.figure
    import matplotlib.pyplot  # noqa: F401

    import grader.workers.worker  # noqa: F401

    # The first forward pass, backward pass and optimiser of a process are slow: pay once, here.
    model = labkit.models.random(0)
    logits, _ = model.run_with_cache(torch.zeros(1, 4, dtype=torch.int64))
    logits.sum().backward()
    torch.optim.Adam(model.parameters()).step()
    del model, logits
    gc.collect()
    gc.freeze()  # a collection in a worker would copy every page that holds an object of ours
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    tidy = False
    while True:
        message, ancillary, _, _ = requests.recvmsg(65536, socket.CMSG_SPACE(2 * 4))
        if not message:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)  # until the last supervisor has tidied up: they die with us
            if not tidy:
                leavings.remove_own()
            os._exit(0)
        if message == FAREWELL:
            tidy = True
            continue
        ends = array.array("i")
        for _, _, data in ancillary:
            ends.frombytes(data[: len(data) - len(data) % ends.itemsize])
        order = json.loads(message)
        if shapes := order.pop("shapes"):
            labkit.native.warm(shapes, _STOCK)
            gc.freeze()
        _fork(lambda: _supervise(order, requests, *ends))  # noqa: B023
        for end in ends:
            os.close(end)


def _supervise(
    order: dict[str, Any], requests: socket.socket, channel: int, leash_end: int
) -> None:
    """Fork process 1 of new namespaces, and tidy up after it."""
    requests.close()  # held open by the warm parent alone, it tells whether that one lives
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order["rungs"] = rungs = Rungs(**order["rungs"])
    order["limits"] = limits = Limits(**order["limits"])
    scratch = None if rungs.files else Path(tempfile.mkdtemp(prefix="interp-labs-worker-"))
    sandbox.die_with_parent()
    with cgroups.group(limits, wanted=rungs.groups) as group:
        try:
            owner = ladder.owner_of(rungs, os.getpid())
            ladder.prepare(rungs)
            first = _fork(lambda: _be_first(order, owner, group, scratch, channel, leash_end))
            os.close(channel)
            os.close(leash_end)
            os.waitpid(first, 0)
        finally:
            if scratch is not None:
                shutil.rmtree(scratch, ignore_errors=True)


def _be_first(
    order: dict[str, Any], owner: int, group: list[Path], scratch: Path | None,
    channel: int, leash_end: int,
) -> None:  # fmt: skip
    """Be process 1 of the namespace: fork the worker and hold it on the judge's leash.

    The worker cannot be process 1 itself: the kernel spares that one the signal by which the
    processor limit ends a process. When process 1 ends, the kernel ends all others.
    """
    sandbox.die_with_parent()
    cgroups.join(group)
    mapped = resources_in_use()  # while the kernel's own file on it is still to be seen
    lab = Path(order["lab"])
    sys.path.insert(0, str(lab))
    for helpers in lab.glob("*_helpers.py"):  # given code, imported while its folder can be read
        importlib.import_module(helpers.stem)
    folder = ladder.enclose(order["rungs"], order["limits"], scratch, owner)
    worker = _fork(lambda: _become_worker(order, owner, mapped, folder, channel))
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


def _become_worker(
    order: dict[str, Any], owner: int, mapped: int, scratch: Path, channel: int
) -> None:
    """Drop everything, then answer requests."""
    from grader.workers.worker import serve

    sandbox.die_with_parent()
    os.chdir(scratch)
    os.environ.clear()
    os.environ.update(
        HOME=str(scratch), TMPDIR=str(scratch), LANG="C.UTF-8", PATH="/nowhere",
        HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1", MPLCONFIGDIR=str(scratch),
    )  # fmt: skip
    tempfile.tempdir = None  # the warm parent's choice is not there any more
    output = os.open("output", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    empty = os.open(os.devnull, os.O_RDONLY)
    ladder.confine(order["rungs"], order["limits"], mapped, scratch, owner)
    # Only now: until here a failure is ours, and shows on the judge's standard error.
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, channel)
    os.closerange(channel + 1, 4096)
    serve(socket.socket(fileno=channel))
