"""The line between a check and the code it asks: across processes, or inside this one.

`RemoteLine` talks to a worker process, for students. `LocalLine` asks a namespace inside the judge,
for our own code only. Both go through the same frames, so that a misconception is asked exactly as
a student is.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import torch

from grader import frames, reference, wire
from grader.labs import Lab
from grader.namespace import Namespace
from grader.processes import Nursery
from grader.records import Statement
from grader.session import Ending, Session
from grader.wire import Frame, WireError

_SIGNALS = {9: "memory", 24: "processor time", 25: "output"}


class StudentError(Exception):
    """The student's code raised, broke the protocol or ran out of a limit: ERROR, not FAIL."""


class Line(Protocol):
    """One way to a worker."""

    def ask(self, request: Frame, call_back: Callable[[int, Any], Any]) -> Frame:
        """Send a request, answer its callbacks, and return the reply.

        Raises:
            StudentError: the worker ended or broke the protocol.
        """


class LocalLine:
    """A namespace inside this process: for the solution, its alternatives and misconceptions."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._call_back: Callable[[int, Any], Any] = _no_call_back
        self._namespace = Namespace(lambda number, args: self._call_back(number, args))
        self._namespace.names.update(definitions)

    def ask(self, request: Frame, call_back: Callable[[int, Any], Any]) -> Frame:
        """Answer at once; tensors are copied both ways, as between processes."""
        self._call_back = call_back
        # One frame's tensors are the caller's own: copy, or a change in place would reach them.
        request = Frame(request.tree, [tensor.clone() for tensor in request.tensors])
        with torch.random.fork_rng(devices=[]):
            reply = self._namespace.handle(request)
        return Frame(reply.tree, [tensor.clone() for tensor in reply.tensors])


class RemoteLine:
    """A worker process, started when first asked and again after it ended."""

    def __init__(self, nursery: Nursery, lab: Lab, statements: Sequence[Statement]) -> None:
        self._nursery = nursery
        self._lab = lab
        self._statements = statements
        self._stand_ins: list[str] = []
        self._session: Session | None = None
        self._barred: StudentError | None = None  # why this notebook's worker cannot even start
        self.problems: dict[int, str] = {}  # statement -> why it could not be run

    def ask(self, request: Frame, call_back: Callable[[int, Any], Any]) -> Frame:
        """Send, answer callbacks, receive. See `grader.student.Line`."""
        if self._session is None:
            self._start(request.tree["seed"])
        assert self._session is not None
        return self._exchange(self._session, request, call_back)

    def stand_in(self, names: Sequence[str]) -> None:
        """Let the solution's versions of ``names`` take the student's places."""
        self._stand_ins.extend(names)
        if self._session is not None:
            self._replace(names)

    def begin(self) -> None:
        """Make sure that the notebook's statements have been run."""
        if self._session is None:
            self._start(0)

    def close(self) -> None:
        """End the worker."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _start(self, seed: int) -> None:
        if self._barred is not None:  # it would only use up the same limit again, check by check
            raise self._barred
        self._session = self._nursery.session(self._lab.released)
        try:
            problems = self._order("run", self._statements, seed=seed)
        except StudentError as error:
            self.close()
            self._barred = StudentError(f"the notebook's definitions could not be run: {error}")
            raise self._barred from error
        self.problems = {}
        for entry in problems if type(problems) is list else []:
            if type(entry) is list and [*map(type, entry)] == [int, dict]:
                kind, text, _ = said(entry[1])
                self.problems[entry[0]] = f"{kind}: {text}" if text else kind
        if self._stand_ins:
            self._replace(self._stand_ins)

    def _replace(self, names: Sequence[str]) -> None:
        statements = reference.solution_statements(self._lab, names)
        self._order("replace", statements, names=wire.pack(list(names), [], _refuse))

    def _order(self, operation: str, statements: Sequence[Statement], **more: Any) -> Any:
        parts = [[s.source, s.cell, s.line] for s in statements]
        tree = {"op": operation, "statements": wire.pack(parts, [], _refuse), "seed": 0, **more}
        assert self._session is not None
        cpu = self._nursery.limits.cpu_call
        try:
            reply = self._exchange(self._session, Frame({**tree, "cpu": cpu}), _no_call_back)
            if type(reply.tree) is not dict or "ok" not in reply.tree:
                answer = reply.tree if type(reply.tree) is dict else {}
                kind, text, limit = said(answer.get("error"))
                raise _limit(limit) if limit else StudentError(f"{kind}: {text}")
            return wire.unpack(reply.tree["ok"], reply.tensors, _refuse)
        except WireError as error:
            raise StudentError(f"what came back broke the protocol: {error}") from error

    def _exchange(
        self, session: Session, request: Frame, call_back: Callable[[int, Any], Any]
    ) -> Frame:
        limits = self._nursery.limits
        wall = limits.cpu_call * limits.wall_factor
        deadline = time.monotonic() + wall
        channel = session.channel
        try:
            _send(channel, request, deadline)
            while True:
                reply = frames.receive(channel, deadline)
                if type(reply.tree) is not dict or "callback" not in reply.tree:
                    return reply
                _send(channel, _answer(reply, call_back), deadline)
        except TimeoutError as error:
            self.close()
            raise _limit(f"{wall} s of waiting") from error
        except (EOFError, OSError) as error:
            ending = session.ending()
            self.close()
            raise self._ended(ending) from error
        except WireError:
            self.close()
            raise

    def _ended(self, ending: Ending | None) -> StudentError:
        if ending is None:
            if not self._nursery.alive():
                raise OSError("the warm parent is gone")
            return StudentError("your code cut the line to the grader instead of returning")
        if ending.signal in _SIGNALS:
            name = _SIGNALS[ending.signal]
            if name == "processor time":
                name = f"{self._nursery.limits.cpu_call} s of processor time"
            return _limit(name)
        how = f"signal {ending.signal}" if ending.signal else f"exit code {ending.code}"
        return StudentError(f"your code ended the whole process ({how}) instead of returning")


def said(error: Any) -> tuple[str, str, str]:
    """Read what a worker says of an exception: type, text and limit, as far as they can be printed.

    Raises:
        WireError: it says it in another form.
    """
    if type(error) is not dict:
        raise WireError("an error that is no object")
    kind, text, limit = (_printable(error.get(key)) for key in ("type", "text", "limit"))
    return kind, text, limit


def _printable(text: Any) -> str:
    # One line, without terminal escapes, bidirectional overrides and the like.
    if type(text) is not str:
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())


def _answer(request: Frame, call_back: Callable[[int, Any], Any]) -> Frame:
    """Answer a callback; a check's callable that cannot take what it got is an error there."""
    tensors: list[Any] = []
    try:
        number = request.tree["callback"]
        args = wire.unpack(request.tree.get("args"), request.tensors, _refuse)
        if type(number) is not int or type(args) is not tuple:
            raise WireError("a malformed callback")
        value = call_back(number, args)
        return Frame({"ok": wire.pack(value, tensors, _refuse)}, tensors)
    except WireError:
        raise
    except Exception as error:
        return Frame({"error": f"{type(error).__name__}: {error}"[:200]})


def _send(channel: socket.socket, frame: Frame, deadline: float) -> None:
    channel.settimeout(max(0.01, deadline - time.monotonic()))
    frames.send(channel, frame)


def _limit(name: str) -> StudentError:
    failure = StudentError(f"your code ran out of its limit: {name}")
    failure.kind = "limit"  # type: ignore[attr-defined]
    return failure


def _no_call_back(number: int, args: Any) -> Any:
    raise StudentError("a callback outside a call")


def _refuse(value: Any) -> Any:
    raise WireError("a form that does not cross here")
