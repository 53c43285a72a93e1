"""A real worker in a test's hands: code goes in as a notebook's would, data comes back."""

from __future__ import annotations

import math
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from grader.line import frames, wire
from grader.line.packing import Packing
from grader.line.wire import Frame, WireError
from grader.workers.processes import Nursery


class Raised(Exception):
    """What the worker said of an exception, in ``args[0]``."""

    @property
    def told(self) -> dict[str, Any]:
        """The description: type, text, limit and place."""
        told: dict[str, Any] = self.args[0]
        return told


class Worker:
    """One session, with a notebook's code run in it."""

    def __init__(self, nursery: Nursery, code: str = "", lab: Path = Path("/nowhere")) -> None:
        self.session = nursery.session(lab)
        if code:
            try:
                problems = self.run(code)
                assert problems == [], problems
            except BaseException:
                self.session.close()
                raise

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.session.close()

    def ask(self, operation: str, cpu: float = 20, wall: float = 60, **more: Any) -> Any:
        """Send one request and wait for its answer, for so many processor and wall seconds."""
        packing = Packing()
        tree = {key: packing.pack(v) if key in _PACKED else v for key, v in more.items()}
        request = Frame({"op": operation, "seed": 0, **tree}, packing.tensors)
        self.session.allow(cpu, math.inf)
        frames.send(self.session.channel, request)
        reply = frames.receive(self.session.channel, time.monotonic() + wall)
        if "error" in reply.tree:
            raise Raised(reply.tree["error"])
        return wire.unpack(reply.tree["ok"], reply.tensors, _refuse)

    def run(self, code: str, **limits: Any) -> Any:
        """Run one statement; return the problems."""
        return self.ask("run", statements=[[code, 1, 1]], **limits)

    def call(self, name: str, *args: Any, **limits: Any) -> Any:
        """Call a function of the notebook.

        Raises:
            Raised: it raised.
            EOFError: the worker ended.
        """
        return self.ask("call", target=name, args=list(args), kwargs={}, **limits)


_PACKED = ("statements", "args", "kwargs", "names", "value")


def _refuse(value: Any) -> Any:
    raise WireError("a form that only crosses towards the worker")
