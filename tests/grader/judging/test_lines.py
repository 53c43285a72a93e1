"""The line to a real worker: what ends it is named, it starts again, and lies stay outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from labkit import models

from grader.course import source
from grader.course.labs import Exercise, Lab
from grader.judging.budget import Budget
from grader.judging.lines import RemoteLine, StudentError
from grader.records import Statement
from grader.student import Student
from grader.workers.processes import Nursery
from grader.workers.session import Session

SOURCE = """\
# %% [markdown]
# # A lab

# %%
import torch
SCALE = 3

# %% exercise="triple"
def triple(x: torch.Tensor) -> torch.Tensor:
    ### BEGIN SOLUTION
    return SCALE * x
    ### END SOLUTION

# %% check="triple" points=1
pass
"""

NOTEBOOK = """
import os, sys, time, torch, ctypes
SCALE = 2
def triple(x): return SCALE * x
def use(x): return triple(x)
def exits(code): os._exit(code)
def aborts(): ctypes.string_at(0)
def spins():
    while True: pass
def sleeps(): time.sleep(60)
def eats(): return [bytes(1 << 20) for _ in range(1 << 12)]
def counts():
    global COUNT
    COUNT = globals().get("COUNT", 0) + 1
    return COUNT
def calls(f, *args): return f(*args)
def calls_often(f):
    while True: f()
def hides(f):
    try:
        return f()
    except Exception as error:
        return str(error)
def channel():
    import socket
    for number in range(3, 64):
        try:
            return socket.socket(fileno=os.dup(number))
        except OSError:
            pass
def writes(text): channel().sendall(text.encode("latin-1")); time.sleep(5)
def chatter():
    line = channel()
    line.sendall((1 << 20).to_bytes(8, "big") + bytes(8))
    while True:
        line.sendall(b" ")
        time.sleep(0.01)
def kept(model): return model
"""

STATEMENTS = [NOTEBOOK]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    path = tmp_path / "solutions" / "01_x" / "x.nb.py"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE)
    (tmp_path / "labs" / "01_x").mkdir(parents=True)
    cells = tuple(source.read(path))
    exercises = tuple(Exercise(c.exercise, 1.0, c) for c in cells if c.exercise)
    return Lab("01_x", "x", tmp_path, cells, exercises, ())


Make = Callable[..., RemoteLine]


@pytest.fixture
def make(nursery: Nursery, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Make lines with little time for a call; they are closed at the end."""
    monkeypatch.setattr(nursery, "limits", replace(nursery.limits, cpu_call=1, wall_factor=20))
    lines: list[RemoteLine] = []

    def make(*statements: str, **limits: Any) -> RemoteLine:
        monkeypatch.setattr(nursery, "limits", replace(nursery.limits, **limits))
        program = [Statement(s, n, 1) for n, s in enumerate(statements or STATEMENTS, 1)]
        lines.append(RemoteLine(nursery, lab, program))
        return lines[-1]

    yield make
    for line in lines:
        line.close()


def student(line: RemoteLine) -> Student:
    return Student(line, {})


def test_calls_cross_and_the_namespace_stays(make: Make) -> None:
    asked = student(make())
    x = torch.arange(4.0).reshape(2, 2)
    assert torch.equal(asked.triple(x), 2 * x)
    assert [asked.counts() for _ in range(3)] == [1, 2, 3]
    model = models.random(seed=1)
    tokens = torch.tensor([[1, 2, 3]])
    kept = asked.keep(model)
    assert torch.allclose(kept(tokens), model(tokens), atol=1e-6)
    assert torch.allclose(asked.calls(kept, tokens), model(tokens), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("exits", (0,), r"ended the whole process \(exit code 0\) instead of returning"),
        ("exits", (70,), r"exit code 70"), ("aborts", (), r"signal 11"),
        ("spins", (), "ran out of its limit: 1 s of processor time"),
        ("eats", (), "ran out of its limit: memory"),
    ],
)  # fmt: skip
def test_what_ended_a_call_is_named_and_the_next_call_has_a_new_worker(
    make: Make, name: str, args: tuple[Any, ...], words: str
) -> None:
    asked = student(make(memory=1 << 30))
    told: list[bool] = []
    asked.on_limit = lambda: told.append(True)
    assert asked.counts() == 1
    with pytest.raises(StudentError, match=words):
        asked.call(name, args, {})
    assert asked.triple(torch.ones(1)).item() == 2.0
    assert bool(told) == (name == "spins")


def test_waiting_for_a_worker_to_be_there_is_ours(
    make: Make, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = nursery.session

    def late(folder: Path) -> Session:
        time.sleep(0.3)  # as the first worker of a run on a busy machine
        return real(folder)

    excused: list[float] = []
    monkeypatch.setattr(nursery, "session", late)
    monkeypatch.setattr(Budget, "excuse", lambda account, seconds: excused.append(seconds))
    make().begin("triple")
    assert len(excused) == 1
    assert excused[0] >= 0.3


def test_waiting_is_limited_too(make: Make) -> None:
    asked = student(make(wall_factor=1))
    asked.counts()
    for name in ("sleeps", "chatter"):
        started = time.monotonic()
        with pytest.raises(StudentError, match="ran out of its limit: 1 s of waiting"):
            asked.call(name, (), {})
        assert time.monotonic() - started < 4


def test_statements_that_fail_are_problems_and_the_others_stand(make: Make) -> None:
    line = make("x = 1", "y = 1 / 0", "def f(): return x", "import no_such_thing", "raise KeyError")
    line.begin("f")
    assert line.problems == {
        1: "ZeroDivisionError: division by zero",
        3: "ModuleNotFoundError: No module named 'no_such_thing'",
        4: "KeyError",
    }
    assert student(line).f() == 1


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("X = [n for n in iter(int, 1)]", "could not be run: .*1 s of processor time"),
        ("import os\nX = os._exit(3)", "could not be run: .*exit code 3"),
        ("X = [bytes(1 << 20) for _ in range(1 << 12)]", "could not be run: .*memory"),
    ],
)  # fmt: skip
def test_a_notebook_that_cannot_even_start_is_tried_once(
    make: Make, statement: str, words: str
) -> None:
    line = make("def f(): return 1", statement, memory=1 << 30)
    with pytest.raises(StudentError, match=words):
        line.begin("f")
    started = time.monotonic()
    for _ in range(20):
        with pytest.raises(StudentError, match=words):
            student(line).f()
    assert time.monotonic() - started < 0.5


USES = """
import os, socket, threading, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
    return seconds
def burn_and_exit(seconds):
    burn(seconds)
    os._exit(0)
def forks(): return os.fork()
def threads():
    stop = threading.Event()
    try:
        for _ in range(200): threading.Thread(target=stop.wait, daemon=True).start()
    finally:
        stop.set()
def prints(): print("x" * (50 << 20))
def fills():
    for n in range(9):
        with open(f"part{n}", "wb") as file: file.write(bytes(8 << 20))
def opens(): return len([os.dup(1) for _ in range(300)])
def calls_home(): return socket.create_connection(("127.0.0.1", 9))
"""


def test_an_exercise_has_a_limit_of_its_own(make: Make) -> None:
    line = make(USES, cpu_call=2, cpu_exercise=2)
    asked = student(line)
    line.begin("first")
    assert asked.burn(1.2) == 1.2
    with pytest.raises(StudentError, match="limit: 2 s of processor time for one exercise"):
        asked.burn(1.5)
    line.begin("second")
    assert asked.burn(1.2) == 1.2


def test_ending_ones_own_process_buys_no_time(make: Make) -> None:
    line = make(USES, cpu_call=2, cpu_exercise=3, cpu_total=4)
    asked = student(line)
    line.begin("first")
    with pytest.raises(StudentError, match="exit code 0"):
        asked.burn_and_exit(1.5)
    with pytest.raises(StudentError, match="3 s of processor time for one exercise"):
        asked.burn(1.8)
    line.begin("second")
    with pytest.raises(StudentError, match="4 s of processor time in all"):
        asked.burn(1.8)
    with pytest.raises(StudentError, match="4 s of processor time in all"):
        line.begin("third")


@pytest.mark.parametrize(
    ("name", "limit"),
    [("forks", "processes and threads"), ("threads", "processes and threads"),
     ("prints", "output"), ("fills", "scratch space"), ("opens", "open files"),
     ("calls_home", r"network \(there is none in grading\)")],
)  # fmt: skip
def test_each_limit_is_named_and_costs_one_call(make: Make, name: str, limit: str) -> None:
    asked = student(make(USES))
    with pytest.raises(StudentError, match=f"^your code ran out of its limit: {limit} \\("):
        asked.call(name, (), {})
    assert asked.burn(0) == 0


def test_a_stand_in_takes_the_students_place_also_in_the_next_worker(make: Make) -> None:
    line = make()
    asked = student(line)
    assert asked.use(torch.ones(1)).item() == 2.0
    line.stand_in(["triple"])
    assert asked.use(torch.ones(1)).item() == 3.0
    assert asked.value("SCALE") == 2  # the student's own names stay as they are
    with pytest.raises(StudentError):
        asked.exits(1)
    assert asked.use(torch.ones(1)).item() == 3.0


def test_a_callable_is_called_in_the_judge_as_often_as_time_allows(make: Make) -> None:
    asked = student(make(wall_factor=1))
    here: list[Any] = []

    def listen(*args: Any) -> Any:
        here.append(args)
        return len(here)

    assert asked.calls(listen, torch.ones(1), "a") == 1
    with pytest.raises(StudentError, match="ran out of its limit"):
        asked.calls_often(listen)
    assert len(here) > 10


def test_an_error_in_a_callable_says_little(make: Make) -> None:
    def fails() -> None:
        raise ValueError("\x1b[31mthe truth" + "x" * 5000)

    text = student(make()).hides(fails)
    assert len(text) <= 200


def test_two_lines_share_nothing(make: Make) -> None:
    one, other = student(make()), student(make())
    assert [one.counts(), one.counts(), other.counts()] == [1, 2, 1]


FORGED = [
    b"\xff" * 32, b"GET / HTTP/1.1\r\n\r\n", bytes(16), b"\x00" * 7 + b"\x02" + b"\x00" * 8 + b"{}",
    b"\x00" * 7 + b"\x10" + b"\x00" * 8 + b'["not an answer"',
    b"\x00" * 7 + b"\x13" + b"\x00" * 8 + b'[{"callback":0},[]]',
    b"\x00" * 7 + b"\x16" + b"\x00" * 8 + b'[{"callback":null},[]]',
    b"\x00" * 7 + b"\x0d" + b"\x00" * 8 + b'[{"ok":5},[]]'[:13],
]  # fmt: skip


@pytest.mark.parametrize("data", FORGED, ids=lambda data: repr(data[:20]))
def test_bytes_that_a_student_writes_onto_the_line_cost_only_this_call(
    make: Make, data: bytes
) -> None:
    asked = student(make(wall_factor=2))
    asked.counts()
    try:
        value = asked.writes(data.decode("latin-1"))
    except StudentError:
        value = None
    assert value in (None, 5)  # whoever writes the protocol gives an answer, and only their own
    asked._line.close()  # type: ignore[attr-defined]
    assert asked.triple(torch.ones(1)).item() == 2.0


def test_a_warm_parent_that_is_gone_is_not_the_students_error(
    make: Make, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = student(make("import os\ndef cut():\n    os.closerange(3, 99)\n    os._exit(0)"))
    with pytest.raises(StudentError, match="exit code 0"):
        asked.cut()
    monkeypatch.setattr("grader.workers.session.Session.ending", lambda session: None)
    with pytest.raises(StudentError, match="cut the line"):
        asked.cut()
    monkeypatch.setattr(nursery, "alive", lambda: False)
    with pytest.raises(OSError, match="the warm parent is gone"):
        asked.cut()


def test_a_worker_that_could_not_be_set_up_is_our_fault(make: Make, lab: Lab) -> None:
    (lab.released / "broken_helpers.py").write_text("raise RuntimeError('the helpers are broken')")
    with pytest.raises(OSError, match="no worker could be started"):
        make().begin("f")
