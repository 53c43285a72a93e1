"""One worker's life: a channel for frames, and a leash with the judge at one end.

At the leash's other end is process 1 of the worker's namespace. It counts the worker's processor
time by the kernel's own clock, ends it when an allowance is used up, and says how it ended: none of
that hangs on what the worker says of itself.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import signal
import socket
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

_SHORTEST_LOOK = 0.02  # seconds between two looks at the clock of a worker that is nearly done
_CORES = os.cpu_count() or 1


@dataclass(frozen=True)
class Ending:
    """How a worker ended: by a signal or with an exit code, and because of which allowance."""

    signal: int | None
    code: int | None
    allowance: Literal["call", "total"] | None = None
    used: float = 0.0  # seconds of processor time in its whole life


class Session:
    """One worker's life, as the judge holds it: a channel for frames and a leash."""

    def __init__(self, channel: socket.socket, leash: socket.socket) -> None:
        self.channel = channel
        self._leash = leash
        self._last: dict[str, Any] = {}  # process 1's last word: how the worker ended

    def allow(self, call: float, total: float) -> None:
        """Grant processor time: ``call`` seconds from now, ``total`` in the worker's whole life."""
        with contextlib.suppress(OSError):  # it has ended: whoever reads its channel finds out
            self._leash.send(_message({"call": call, "total": total}))

    def used(self, patience: float = 5.0) -> float | None:
        """Return the worker's processor time so far, or in all; None when nobody can tell."""
        with contextlib.suppress(OSError):
            self._leash.send(_message({"used": True}))
        told = self._listen(patience)
        return told.get("now", told.get("used"))

    def ending(self, patience: float = 5.0) -> Ending | None:
        """Say how the worker ended; None when nobody can tell, or it has not ended."""
        self.channel.close()
        told = self._listen(patience)
        return Ending(**told) if "signal" in told else None

    def _listen(self, patience: float) -> dict[str, Any]:
        """Return what process 1 says; how the worker ended, once said, is said again and again."""
        if not self._last:
            self._leash.settimeout(patience)
            try:
                messages = _messages(self._leash.recv(4096))
            except (TimeoutError, OSError, ValueError):
                return {}
            self._last = next((told for told in messages if "signal" in told), {})
            return self._last or next(iter(messages), {})
        return self._last

    def close(self) -> None:
        """End the worker and everything it started."""
        self.channel.close()
        self._leash.close()


def message_pair() -> tuple[socket.socket, socket.socket]:
    """Make two ends between which each message arrives as one, where the system has such sockets.

    Elsewhere (macOS) short messages may arrive together, so each ends with a newline.
    """
    linux = sys.platform.startswith("linux")
    kind = socket.SOCK_SEQPACKET if linux else socket.SOCK_STREAM
    return socket.socketpair(socket.AF_UNIX, kind)


def _message(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _messages(received: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in received.splitlines()]


def hold(leash: socket.socket, worker: int) -> None:
    """Wait until the worker ends, and say how, or until the judge lets go, and end it."""
    watch = _Watch(worker)
    watched = os.pidfd_open(worker) if sys.platform.startswith("linux") else -1
    poller = select.poll()
    poller.register(leash, select.POLLIN | select.POLLHUP)
    if watched >= 0:
        poller.register(watched, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poller.poll(watch.patience(watched >= 0))}
        ended, status, usage = os.wait4(-1, os.WNOHANG)  # orphans of the worker's are reaped too
        if ended == worker:
            code = os.waitstatus_to_exitcode(status)
            ending = Ending(
                -code if code < 0 else None, None if code < 0 else code,
                watch.exceeded, usage.ru_utime + usage.ru_stime,
            )  # fmt: skip
            with contextlib.suppress(OSError):
                leash.send(_message(asdict(ending)))
            return
        if leash.fileno() in ready:
            order = _received(leash)
            if not order:
                os.kill(worker, signal.SIGKILL)
                os.waitpid(worker, 0)
                return
            for message in _messages(order):
                if answer := watch.obey(message):
                    with contextlib.suppress(OSError):
                        leash.send(_message(answer))
        if watch.exceeded is None and watch.over():
            os.kill(worker, signal.SIGKILL)


def _received(leash: socket.socket) -> bytes:
    """Return what the judge says; nothing when it has let go, or was killed."""
    try:
        return leash.recv(4096)
    except ConnectionError:
        return b""


class _Watch:
    """What a worker may still use, by the kernel's clock of its processor time."""

    def __init__(self, worker: int) -> None:
        # How the kernel numbers the clock of another process: see clock_getcpuclockid(3).
        self._clock = (~worker << 3) | 2
        self._call = self._total = math.inf
        self.exceeded: Literal["call", "total"] | None = None

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        now = self._now()
        if "used" in order:
            return {"now": now}
        self._call, self._total = now + order["call"], order["total"]
        return {}

    def over(self) -> bool:
        now = self._now()
        if now >= min(self._call, self._total):
            self.exceeded = "call" if self._call <= self._total else "total"
        return self.exceeded is not None

    def patience(self, woken_at_end: bool) -> float | None:
        """Milliseconds until the allowance can be used up, were all cores at work."""
        left = min(self._call, self._total) - self._now()
        if math.isinf(left):
            return None if woken_at_end else 50
        milliseconds = 1000 * max(left / _CORES, _SHORTEST_LOOK)
        return milliseconds if woken_at_end else min(milliseconds, 50)

    def _now(self) -> float:
        if not sys.platform.startswith("linux"):
            return 0.0  # no such clock: the wall clock and RLIMIT_CPU hold the worker there
        try:
            return time.clock_gettime(self._clock)
        except OSError:  # it has just ended
            return 0.0
