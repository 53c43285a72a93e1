"""One worker's life: a channel for frames, and a leash with the judge at one end."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Ending:
    """How a worker ended: by a signal, or with an exit code."""

    signal: int | None
    code: int | None


class Session:
    """One worker's life, as the judge holds it: a channel for frames and a leash."""

    def __init__(self, channel: socket.socket, leash: socket.socket) -> None:
        self.channel = channel
        self._leash = leash

    def ending(self, patience: float = 5.0) -> Ending | None:
        """Say how the worker ended; None when nobody can tell, or it has not ended."""
        self.channel.close()
        self._leash.settimeout(patience)
        try:
            text = self._leash.recv(4096)
            if text:
                return Ending(**json.loads(text))
        except (TimeoutError, OSError, ValueError):
            pass
        return None

    def close(self) -> None:
        """End the worker and everything it started."""
        self.channel.close()
        self._leash.close()


def hold(leash: socket.socket, worker: int) -> None:
    """Wait until the worker ends, and say how, or until the judge lets go, and end it."""
    watched = os.pidfd_open(worker) if sys.platform.startswith("linux") else -1
    poller = select.poll()
    poller.register(leash, select.POLLIN | select.POLLHUP)
    if watched >= 0:
        poller.register(watched, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poller.poll(None if watched >= 0 else 50)}
        ended, status = os.waitpid(-1, os.WNOHANG)  # orphans of the worker's are reaped too
        if ended == worker:
            code = os.waitstatus_to_exitcode(status)
            ending = Ending(-code, None) if code < 0 else Ending(None, code)
            with contextlib.suppress(OSError):
                leash.send(json.dumps(asdict(ending)).encode())
            return
        if leash.fileno() in ready:
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
            return
