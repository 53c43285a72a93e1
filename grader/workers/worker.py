"""The worker's side of the line: answer requests on a socket until the judge closes it.

It runs in a confined process (`sandbox`) and holds one student's namespace.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from typing import Any

from torch import Tensor

from grader.line import frames, wire
from grader.line.faults import StudentFault, describe
from grader.line.wire import Frame, WireError
from grader.workers.namespace import Namespace


def serve(channel: socket.socket) -> None:
    """Answer requests on a socket until the judge closes it."""

    def call_back(number: int, args: Any) -> Any:
        tensors: list[Tensor] = []
        tree = namespace.pack(tuple(args), tensors)
        frames.send(channel, Frame({"callback": number, "args": tree}, tensors))
        answer = frames.receive(channel)
        if "error" in answer.tree:
            raise StudentFault(answer.tree["error"])
        return wire.unpack(answer.tree["ok"], answer.tensors, _refuse)

    namespace = Namespace(call_back, "__main__")  # what a notebook is to Python
    sys.modules["__main__"] = namespace.module
    frames.send(channel, Frame("ready"))
    while True:
        try:
            request = frames.receive(channel)
        except (EOFError, OSError):
            return
        with contextlib.suppress(OSError):
            os.ftruncate(1, 0)  # what one function printed too much costs no other
        reply = namespace.handle(request)
        try:
            frames.send(channel, reply)
        except WireError as error:
            frames.send(channel, Frame({"error": describe(error)}))


def _refuse(tree: Any) -> Any:
    raise WireError("an unknown form")
