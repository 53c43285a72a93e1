"""Where our time goes: one submission, taken apart.

What a student's functions and the checks take is measured in one process, with no line between
them; that is what any grader must spend. The rest is ours: starting a worker, running the
notebook's definitions, naming mistakes, and carrying data across.
"""

from __future__ import annotations

import contextlib
import gc
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rich.table import Table

from grader import grading
from grader.course import labs
from grader.course.labs import Lab
from grader.judging import judge, plugin, reference
from grader.judging.exam import Key
from grader.judging.extract import extract
from grader.judging.judge import Judge, RemoteExam
from grader.judging.lines import LocalLine, RemoteLine
from grader.line import wire
from grader.line.packing import Packing
from grader.line.wire import Frame
from grader.records import Statement
from grader.sandbox import Limits
from grader.seeds import PUBLIC
from grader.student import Student
from grader.workers import processes
from grader.workers.namespace import Namespace
from grader.workers.processes import Nursery
from grader.workers.session import Session
from tests import sample_class
from tests.bench.ours import submission
from tests.descendants import descendants

_STUDENTS = ("ada", "chen", "untouched")
_RUNS = 7
_FUNCTIONS, _CHECKS = "the student's own functions (*)", "the checks themselves (*)"
_PARTS = ("starting a worker", "running the notebook's definitions", "naming mistakes")


@dataclass
class Cost:
    """Seconds."""

    wall: float = 0.0
    cpu: float = 0.0


@dataclass
class Account:
    """What one submission cost, by part, and the memory its workers took, in bytes."""

    parts: dict[str, Cost] = field(default_factory=lambda: defaultdict(Cost))
    memory: int = 0

    @contextlib.contextmanager
    def of(self, part: str, parent: int | None = None) -> Iterator[None]:
        """Book a block's time, here and in all processes below ``parent``."""
        start = time.perf_counter(), _cpu(parent)
        try:
            yield
        finally:
            self.parts[part].wall += time.perf_counter() - start[0]
            self.parts[part].cpu += _cpu(parent) - start[1]


def table() -> Table:
    """Take grading apart for three notebooks: all right, with mistakes, and never begun."""
    lab = labs.named(sample_class.LAB)
    rows = Table("wall / CPU seconds", title=f"{lab.name}: where our time goes, median of {_RUNS}")
    columns: list[dict[str, Cost]] = []
    memories = []
    with processes.nursery(Limits(), ahead=True) as nursery:
        grading.warm_up([lab])
        for student in _STUDENTS:
            rows.add_column(student, justify="right")
            first = _account(nursery, lab, student, weigh=True)
            accounts = [_account(nursery, lab, student) for _ in range(_RUNS)]
            columns.append({part: _median(part, accounts) for part in ("all", *_PARTS)})
            memories.append(first.memory)
            columns[-1] |= _in_one_process(lab, student)
    for column in columns:
        known = [column[part] for part in (_FUNCTIONS, _CHECKS, *_PARTS)]
        top = known[:2]
        column["carrying data, and the judge's own work"] = _less(column["all"], known)
        column["in all, on top of (*)"] = _less(column["all"], top)
    for part in (_FUNCTIONS, _CHECKS, *_PARTS, *list(columns[0])[-2:], "all"):
        rows.add_row(part, *(f"{c[part].wall:.3f} / {c[part].cpu:.3f}" for c in columns))
    rows.add_row("MB a worker adds to the shared parent", *(f"{m / 1e6:.0f}" for m in memories))
    rows.caption = "(*) measured in one process, with no line between judge and student"
    return rows


def _account(nursery: Nursery, lab: Lab, student: str, *, weigh: bool = False) -> Account:
    """Grade once, from a fresh worker, and book what it cost.

    Args:
        weigh: also look at the workers' memory, which takes time of its own.
    """
    parent = nursery._process.pid
    account = Account()
    session, start, close, recognise = (
        Nursery.session, RemoteLine._start, Session.close, judge.recognise
    )  # fmt: skip

    def starting(self: Nursery, *args: Any) -> Session:
        with account.of("starting a worker", parent):
            return session(self, *args)

    def running(self: RemoteLine, *args: Any) -> None:
        with account.of("both", parent):
            start(self, *args)

    def naming(*args: Any) -> Any:
        with account.of("naming mistakes"):
            return recognise(*args)

    spent = []

    def closing(self: Session) -> None:
        below = descendants(parent)
        if weigh:
            account.memory = max([account.memory, *map(_private, below)])
        spent.append(sum(map(_clock, below)))
        close(self)

    with (
        patch.object(Nursery, "session", starting), patch.object(RemoteLine, "_start", running),
        patch.object(judge, "recognise", naming), patch.object(Session, "close", closing),
    ):  # fmt: skip
        before = _clock(parent)
        with account.of("all"):
            Judge(nursery).grade(submission(student, lab), lab)
        account.parts["all"].cpu += sum(spent) + _clock(parent) - before
    both, one = account.parts["both"], account.parts[_PARTS[0]]
    account.parts[_PARTS[1]] = _less(both, [one])
    return account


def _in_one_process(lab: Lab, student: str) -> dict[str, Cost]:
    """Sit the same exam with the student's functions in this process: what they and checks take."""
    program = extract(_notebook(lab, student), [exercise.name for exercise in lab.exercises])
    call, request, pack = Namespace._do_call, Student.request, Packing.pack
    account = Account()

    def calling(self: Namespace, tree: Any, read: Any) -> Any:
        parts = [read(tree[name]) for name in ("args", "kwargs")]
        given = {id(tree[name]): part for name, part in zip(("args", "kwargs"), parts, strict=True)}
        with account.of("functions"):
            return call(self, tree, lambda t: given[id(t)] if id(t) in given else read(t))

    def requesting(self: Student, *args: Any) -> Any:
        with account.of("requests"):
            return request(self, *args)

    def packing(self: Packing, value: Any) -> Any:
        with account.of("requests"):
            return pack(self, value)

    accounts = []
    with (
        patch.object(Namespace, "_do_call", calling), patch.object(Packing, "pack", packing),
        patch.object(Student, "request", requesting),
    ):  # fmt: skip
        for _ in range(_RUNS + 1):
            account = Account()
            line = _InProcess(lab, program.statements)
            sitting = RemoteExam(Key(PUBLIC, student, lab), program, line)
            gc.collect()
            with account.of("exam"):
                for exercise in lab.exercises:
                    plugin.run(sitting, [exercise.name])
            accounts.append(account)
    functions, exam, requests = (
        _median(part, accounts[1:]) for part in ("functions", "exam", "requests")
    )
    return {_FUNCTIONS: functions, _CHECKS: _less(exam, [requests])}


class _InProcess(LocalLine, RemoteLine):  # type: ignore[misc]
    """The worker's namespace, in this process: for notebooks of our own only."""

    def __init__(self, lab: Lab, statements: tuple[Statement, ...]) -> None:
        LocalLine.__init__(self, {})
        self._here = lab
        parts = wire.pack([[s.source, s.cell, s.line] for s in statements], [], repr)
        self.ask(Frame({"op": "run", "seed": 0, "statements": parts}), lambda *_: None)

    def begin(self, exercise: str) -> None:
        """Nothing to start."""

    def stand_in(self, names: Any) -> None:
        """Let the solution's versions take the student's places."""
        solution = reference.definitions(self._here)
        self._namespace.names.update({name: solution[name] for name in names})


def _notebook(lab: Lab, student: str) -> Path:
    path = submission(student, lab).notebook
    assert path is not None
    return path


def _median(part: str, accounts: list[Account]) -> Cost:
    costs = [account.parts[part] for account in accounts]
    return Cost(
        statistics.median(cost.wall for cost in costs), statistics.median(c.cpu for c in costs)
    )


def _less(cost: Cost, others: list[Cost]) -> Cost:
    return Cost(
        cost.wall - sum(other.wall for other in others), cost.cpu - sum(o.cpu for o in others)
    )


def _cpu(parent: int | None) -> float:
    """Processor seconds of this process, and of those that live below ``parent``."""
    below = [parent, *descendants(parent)] if parent is not None else []
    return time.process_time() + sum(map(_clock, below))


def _clock(pid: int) -> float:
    with contextlib.suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)  # see clock_getcpuclockid(3)
    return 0.0


def _private(pid: int) -> int:
    """Bytes that a process does not share: what it wrote."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        if match := re.search(r"Private_Dirty:\s+(\d+) kB", text):
            return 1024 * int(match[1])
    return 0
