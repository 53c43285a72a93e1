"""One worker's life, as the judge holds it: a channel for frames, and a leash."""

from __future__ import annotations

import json
import signal
import socket
from dataclasses import dataclass


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

    def ending(self, patience: float = 5.0) -> Ending:
        """Say how the worker ended; kill it first when it has not."""
        self.channel.close()
        self._leash.settimeout(patience)
        try:
            text = self._leash.recv(4096)
            if text:
                return Ending(**json.loads(text))
        except (TimeoutError, OSError, ValueError):
            pass
        return Ending(signal=signal.SIGKILL, code=None)

    def close(self) -> None:
        """End the worker and everything it started."""
        self.channel.close()
        self._leash.close()
