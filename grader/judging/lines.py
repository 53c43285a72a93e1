"""The line between a check and the code it asks: across processes, or inside this one.

`RemoteLine` talks to a worker process, for students. `LocalLine` asks a namespace inside the judge,
for our own code only. Both go through the same frames, so that a misconception is asked exactly as
a student is.
"""

from __future__ import annotations

import math
import select
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import torch

from grader.course.labs import Lab
from grader.judging import reference
from grader.judging.budget import Budget
from grader.line import frames, wire
from grader.line.faults import said
from grader.line.wire import Frame, WireError
from grader.records import Statement
from grader.workers.namespace import Namespace
from grader.workers.processes import Nursery
from grader.workers.session import Ending, Session

_SIGNALS = {9: "memory", 25: "output"}
_SOON = 500  # milliseconds, after which a call's own limit is set
_CPU = 24  # the kernel's own limit, where process 1 did not come first


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
        granted = {e.name: e.seconds for e in lab.exercises if e.seconds}
        self._budget = Budget(nursery.limits, granted)
        self._allowed: tuple[Session, float, float] | None = None  # what process 1 was told last
        self.problems: dict[int, str] = {}  # statement -> why it could not be run
        self.killed = False  # did a worker end as one does that is killed from outside?

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

    def begin(self, exercise: str) -> None:
        """Make sure that the notebook's statements have been run; what follows is for one exercise.

        Raises:
            StudentError: they cannot be run, or the whole submission is out of a limit.
        """
        running = self._session.used() if self._session and self._budget.turns_to(exercise) else 0
        self._budget.begin(exercise, running or 0.0)
        if spent := self._budget.used_up():
            raise _limit(spent)
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
        asked = time.monotonic()
        self._session = self._nursery.session(self._lab.released)
        self._budget.excuse(time.monotonic() - asked)
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
        try:
            reply = self._exchange(self._session, Frame(tree), _no_call_back)
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
        call, total, waiting = (
            self._budget.call(), self._budget.total(), self._budget.waiting()
        )  # fmt: skip
        self._allow(session, math.inf, total.left)
        deadline = time.monotonic() + waiting.left
        channel = session.channel
        try:
            _send(channel, request, deadline)
            while True:
                if not _answers_soon(channel):
                    self._allow(session, call.left, total.left)
                reply = frames.receive(channel, deadline)
                if type(reply.tree) is not dict or "callback" not in reply.tree:
                    return reply
                _send(channel, _answer(reply, call_back), deadline)
        except TimeoutError as error:
            self._budget.ended(session.used())
            self.close()
            raise _limit(waiting.name) from error
        except (EOFError, OSError) as error:
            ending = session.ending()
            self._budget.ended(ending.used if ending else session.used())
            self.close()
            if ending is not None and ending.allowance is not None:
                name = call.name if ending.allowance == "call" else total.name
                raise _limit(name) from error
            raise self._ended(ending) from error
        except WireError:
            self._budget.ended(session.used())
            self.close()
            raise

    def _allow(self, session: Session, call: float, total: float) -> None:
        """Tell process 1 what is allowed, if that is news: most calls end before it matters."""
        if self._allowed != (session, call, total):
            session.allow(call, total)
            self._allowed = (session, call, total)

    def _ended(self, ending: Ending | None) -> StudentError:
        self.killed |= ending is None or ending.signal == 9
        if ending is None:
            if not self._nursery.alive():
                raise OSError("the warm parent is gone")
            return StudentError("your code cut the line to the grader instead of returning")
        if ending.signal == _CPU:
            return _limit(f"{self._nursery.limits.cpu_total} s of processor time in all")
        if ending.signal in _SIGNALS:
            return _limit(_SIGNALS[ending.signal])
        how = f"signal {ending.signal}" if ending.signal else f"exit code {ending.code}"
        return StudentError(f"your code ended the whole process ({how}) instead of returning")


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


def _answers_soon(channel: socket.socket) -> bool:
    poller = select.poll()
    poller.register(channel, select.POLLIN)
    return bool(poller.poll(_SOON))


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
