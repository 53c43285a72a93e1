"""A worker's life: quick to start, held to its limits, and gone with all it left behind."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from grader import sandbox
from grader.sandbox import Limits, Rungs
from grader.workers import processes
from grader.workers.processes import Nursery
from grader.workers.session import Ending, Session, hold, message_pair
from tests.descendants import descendants
from tests.workers import Raised, Worker


@pytest.fixture(params=[True, False], ids=["isolated", "open"])
def warm(
    request: pytest.FixtureRequest, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> Nursery:
    """The warm parent, with strong isolation and without any."""
    monkeypatch.setattr(nursery, "rungs", sandbox.rungs() if request.param else Rungs())
    return nursery


@pytest.fixture
def scratch_root(nursery: Nursery) -> Path:
    """Where the warm parent makes scratch folders."""
    return Path(tempfile.gettempdir())


def soon(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def alone(nursery: Nursery) -> bool:
    return soon(lambda: not descendants(nursery._process.pid))


def ended(worker: Worker) -> Ending | None:
    """How a worker ended that ended by itself."""
    ending = worker.session.ending()
    worker.session.close()
    return ending


# Start and end ------------------------------------------------------------------------------


def test_a_worker_is_ready_at_once_and_gone_when_closed(warm: Nursery) -> None:
    Worker(warm).session.close()
    assert alone(warm)
    for _ in range(3):
        with Worker(warm, "def f(x): return x + 1") as worker:
            assert worker.call("f", 1) == 2
            below = warm._process.pid  # in there: supervisor, process 1, worker
            assert soon(lambda: len(descendants(below)) == 3)  # noqa: B023
        assert alone(warm)


def test_the_libraries_are_imported_before_the_fork(warm: Nursery) -> None:
    loaded = "import sys\ndef f(): return [n in sys.modules for n in NAMES]\n"
    names = ["torch", "transformer_lens", "labkit.models", "matplotlib.pyplot", "einops", "numpy"]
    with Worker(warm, f"NAMES = {names}\n{loaded}") as worker:
        assert worker.call("f") == [True] * len(names)
        worker.run("import torch\ndef threads(): return torch.get_num_threads()")
        assert worker.call("threads") == 1


def test_helpers_of_the_lab_can_be_imported_and_nothing_else_of_it(
    warm: Nursery, tmp_path: Path
) -> None:
    (tmp_path / "lens_helpers.py").write_text("CHALLENGE = 'commitment'\n")
    (tmp_path / "secret.txt").write_text("canary")
    with Worker(warm, "import lens_helpers as helpers", tmp_path) as worker:
        assert worker.run("assert helpers.CHALLENGE == 'commitment'") == []
        problems = worker.run(f"open({str(tmp_path / 'secret.txt')!r}).read()")
        assert (problems == []) == (not warm.rungs.strong)


def test_many_workers_live_side_by_side(warm: Nursery) -> None:
    workers = [Worker(warm, f"def f(): return {n}") for n in range(4)]
    assert [worker.call("f") for worker in workers] == [0, 1, 2, 3]
    workers[1].session.close()
    assert [workers[n].call("f") for n in (0, 2, 3)] == [0, 2, 3]
    for worker in workers:
        worker.session.close()
    assert alone(warm)


def test_nothing_reaches_the_next_worker(warm: Nursery) -> None:
    spoil = (
        "import torch, math, builtins, os, sys\n"
        "torch.allclose = lambda *a, **k: True\nmath.pi = 3\nbuiltins.ascii = lambda x: 7\n"
        "os.environ['LEFT'] = 'x'\nsys.modules['left'] = math\nopen('left.txt', 'w').write('x')\n"
        "torch.set_default_dtype(torch.float64)\n"
    )
    with Worker(warm, spoil) as worker:
        assert worker.run("assert ascii([]) == 7") == []
    look = (
        "import torch, math, os, sys\n"
        "def f():\n"
        "    return [torch.allclose(torch.ones(1), torch.zeros(1)), math.pi, ascii([]),\n"
        "            'LEFT' in os.environ, 'left' in sys.modules, os.listdir(),\n"
        "            str(torch.get_default_dtype())]\n"
    )
    with Worker(warm, look) as worker:
        assert worker.call("f") == [
            False, 3.141592653589793, "[]", False, False, ["output"], "torch.float32",
        ]  # fmt: skip


LEAVE = """
import os, sys, threading, time
def daemon():
    ready, done = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(done, b"x")
            time.sleep(60)
        os._exit(0)
    os.read(ready, 1)
    return os.getpid()
def thread():
    threading.Thread(target=time.sleep, args=(60,), daemon=False).start()
"""


def test_what_a_worker_started_ends_with_it(
    nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nursery, "rungs", replace(sandbox.rungs(), seccomp=False))
    with Worker(nursery, LEAVE) as worker:
        worker.call("daemon")
        worker.call("thread")
        assert len(descendants(nursery._process.pid)) >= 4
    assert alone(nursery)
    with Worker(nursery, LEAVE) as worker:  # and when the worker ends by itself
        worker.call("daemon")
        with pytest.raises(EOFError):
            worker.run("os._exit(3)")
        told = ended(worker)
        assert told is not None
        assert told.code == 3
    assert alone(nursery)


@pytest.mark.parametrize("end", ["closed", "exited", "killed"])
def test_the_scratch_folder_is_gone(warm: Nursery, scratch_root: Path, end: str) -> None:
    worker = Worker(warm, "import os\ndef f(): return os.getcwd()")
    folder = Path(worker.call("f"))
    if warm.rungs.files:  # it lies in memory, and nobody sees it from here
        assert list(scratch_root.glob("interp-labs-worker-*")) == []
        folder = scratch_root / "none"
    else:
        assert folder.parent == scratch_root
        assert folder.is_dir()
    worker.run("open('big', 'wb').write(bytes(1 << 20))\nos.makedirs('a/b/c')")
    if end != "closed":
        code = {"exited": "os._exit(0)", "killed": "os.kill(os.getpid(), 9)"}[end]
        with pytest.raises(EOFError):
            worker.run(code)
    worker.session.close()
    assert soon(lambda: not folder.exists())


# Limits -------------------------------------------------------------------------------------


def test_processor_time_is_limited_for_each_call(warm: Nursery) -> None:
    code = "def spin():\n    while True: pass\ndef work(n): return sum(range(n))"
    with Worker(warm, code) as worker:
        assert worker.call("work", 10, cpu=1) == 45
        started = time.monotonic()
        with pytest.raises(EOFError):
            worker.call("spin", cpu=0.5)
        assert time.monotonic() - started < 20
        ending = ended(worker)
        assert ending is not None
        assert (ending.signal, ending.allowance) == (9, "call")
        assert 0.5 <= ending.used < 2


def test_an_earlier_calls_time_does_not_count_against_the_next(nursery: Nursery) -> None:
    code = (
        "import time\n"
        "def use(s):\n"
        "    end = time.process_time() + s\n"
        "    while time.process_time() < end: pass\n"
    )
    with Worker(nursery, code) as worker:
        for _ in range(3):
            worker.call("use", 0.9, cpu=1)  # 2.7 in all, where one call may take 1 to 2


def test_memory_is_limited_and_said_to_be_the_reason(
    warm: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "limits", replace(warm.limits, memory=300 << 20))
    code = (
        "import torch\n"
        "def tensors(): return [torch.ones(1 << 24) for _ in range(50)]\n"
        "def lists(): return [0] * (1 << 32)\n"
        "def text(): return 'x' * (1 << 32)\n"
        "def little(): return float(torch.ones(1 << 20).sum())\n"
    )
    with Worker(warm, code) as worker:
        for name in ("tensors", "lists", "text"):
            with pytest.raises(Raised) as caught:
                worker.call(name)
            assert caught.value.told["limit"] == "memory", name
            assert worker.call("little") == 1 << 20  # it goes on


def test_fifty_megabytes_on_one_line_are_the_output_limit_and_the_next_call_works(
    warm: Nursery,
) -> None:
    code = (
        "import sys, os, warnings\n"
        "def shout(n): print('x' * n)\n"
        "def raw(n):\n    while n > 0: n -= os.write(1, b'x' * min(n, 1 << 20))\n"
        "def chat():\n"
        "    for n in range(3000): print('line', n, file=sys.stderr if n % 2 else sys.stdout)\n"
        "    warnings.warn('a warning')\n"
        "    return 'done'\n"
    )
    with Worker(warm, code) as worker:
        assert worker.call("chat") == "done"
        for name in ("shout", "raw"):
            with pytest.raises(Raised) as caught:
                worker.call(name, 50 << 20)
            assert caught.value.told["limit"] == "output"
            for _ in range(3):
                assert worker.call("chat") == "done"


def test_output_never_reaches_the_judges_streams(
    warm: Nursery, capfd: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import os, sys\n"
        "def f():\n    print('canary')\n"
        "    sys.stderr.write('canary')\n    os.write(2, b'canary')\n"
        "    return sys.stdin.read()\n"
    )
    with Worker(warm, code) as worker:
        assert worker.call("f") == ""  # input() ends at once, it does not wait
    assert alone(warm)
    captured = capfd.readouterr()
    assert "canary" not in captured.out + captured.err


def test_files_are_limited_in_size_number_and_sum(
    nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import os\n"
        "def one():\n    with open('f', 'wb') as file:\n"
        "        for _ in range(40): file.write(bytes(1 << 20))\n"
        "def many():\n    for n in range(20):\n        with open(f'g{n}', 'wb') as file:\n"
        "            file.write(bytes(8 << 20))\n"
        "def count():\n    for n in range(5000): open(f'h{n}', 'w').close()\n"
        "def handles(): return [open('f') for _ in range(1000)]\n"
        "def clear():\n    for name in os.listdir(): os.remove(name)\n"
    )
    with Worker(nursery, code) as worker:
        for name in ("one", "many", "count"):
            with pytest.raises(Raised) as caught:
                worker.call(name)
            assert caught.value.told["type"] == "OSError"
            limit = "output" if name == "one" else "scratch space"
            assert caught.value.told["limit"] == limit, name
            worker.call("clear")
        worker.run("open('f', 'w').close()")
        with pytest.raises(Raised, match="Too many open files"):
            worker.call("handles")


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("os._exit(0)", Ending(None, 0)), ("os._exit(70)", Ending(None, 70)),
        ("os.kill(os.getpid(), 9)", Ending(9, None)), ("os.abort()", Ending(6, None)),
        ("import ctypes; ctypes.string_at(0)", Ending(11, None)),
    ],
)  # fmt: skip
def test_how_a_worker_ended_is_told(warm: Nursery, code: str, ending: Ending) -> None:
    with Worker(warm, "import os, sys") as worker:
        with pytest.raises(EOFError):
            worker.run(code)
        told = ended(worker)
        assert told is not None
        assert 0 < told.used < 5
        assert replace(told, used=0.0) == ending


@pytest.mark.parametrize("code", ["raise SystemExit", "sys.exit('x')", "raise KeyboardInterrupt"])
def test_an_exception_of_any_kind_does_not_end_a_worker(warm: Nursery, code: str) -> None:
    with Worker(warm, "import os, sys") as worker:
        assert len(worker.run(code)) == 1
        assert worker.run("x = 1") == []


def test_a_worker_that_cuts_its_line_is_not_waited_for(
    warm: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import os, time\ndef cut():\n    os.closerange(3, 100)\n    time.sleep(60)"
    with Worker(warm, code) as worker:
        with pytest.raises(EOFError):
            worker.call("cut")
        assert worker.session.ending(patience=0.2) is None
    assert alone(warm)


def test_a_huge_reply_costs_that_call_only(warm: Nursery) -> None:
    code = (
        "import torch\n"
        "def giant(): return torch.zeros((256 << 20) + 1, dtype=torch.uint8)\n"
        "def long(): return 'x' * (5 << 20)\n"
        "def deep():\n    x = 1\n    for _ in range(90): x = [x]\n    return x\n"
        "def fine(): return torch.arange(3)\n"
    )
    with Worker(warm, code) as worker:
        for name in ("giant", "long", "deep"):
            with pytest.raises(Raised) as caught:
                worker.call(name)
            assert caught.value.told["type"] == "WrongResult"
        assert torch.equal(worker.call("fine"), torch.arange(3))


def test_functions_and_classes_are_those_of_main_as_in_a_notebook(warm: Nursery) -> None:
    code = (
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Config:\n    n: 'int' = 3\n"
        "def f(): return [__name__, Config().n, Config.__module__]\n"
    )
    with Worker(warm, code) as worker:
        assert worker.call("f") == ["__main__", 3, "__main__"]


# The warm parent ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """A warm parent that a test may end."""
    folder = tmp_path_factory.mktemp("second")
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        os.environ["INTERP_LABS_CANARY"] = "canary"
        nursery = Nursery(Limits())
    finally:
        del os.environ["INTERP_LABS_CANARY"]
        tempfile.tempdir = before
    yield nursery
    nursery.close()


def test_the_warm_parent_knows_nothing_of_the_judges_environment(second: Nursery) -> None:
    with Worker(second, "x = 1"):
        environment = Path(f"/proc/{second._process.pid}/environ").read_bytes()
        assert b"INTERP_LABS_CANARY" not in environment
        assert b"TMPDIR=" in environment


def test_closing_the_warm_parent_ends_workers_and_scratch_folders(second: Nursery) -> None:
    second.rungs = replace(second.rungs, files=False, identity=False)
    worker = Worker(second, "import os\ndef f(): return os.getcwd()")
    folder = Path(worker.call("f")).parent
    assert len(list(folder.glob("interp-labs-worker-*"))) == 1
    below = descendants(second._process.pid)
    assert second.alive()
    worker.session.close()
    started = time.monotonic()
    second.close()
    assert time.monotonic() - started < 5
    assert list(folder.glob("interp-labs-worker-*")) == []
    assert not any(Path(f"/proc/{pid}").exists() for pid in below)
    with pytest.raises(OSError, match="no worker could be started"):
        second.session(Path("/nowhere"))


def test_the_next_worker_is_made_ahead_fresh_and_for_its_own_lab(tmp_path: Path) -> None:
    for lab in ("one", "two"):
        (tmp_path / lab).mkdir()
        (tmp_path / lab / "some_helpers.py").write_text(f"LAB = {lab!r}\n")
    with processes.nursery(Limits(), ahead=True) as eager:
        held = eager.session(tmp_path / "one")
        assert eager._next is not None
        waiting = eager._next[2]
        held.close()
        again = eager.session(tmp_path / "one")
        assert again is waiting, "it was there already"
        again.close()
        unwanted = eager._next[2]
        other = eager.session(tmp_path / "two")
        assert other is not unwanted
        assert unwanted.channel.fileno() == -1
        other.close()
        eager._next[2].channel.close()  # as if it had been killed while it waited
        last = eager.session(tmp_path / "two")
        assert last.used() is not None
        last.close()
        process = eager._process.pid
    assert soon(lambda: not descendants(process))


def test_a_warm_parent_that_died_is_not_the_workers_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_START", "import os; os._exit(1)  # {fd}")
    with processes.nursery(Limits()) as broken:
        with pytest.raises(OSError, match="no worker could be started"):
            broken.session(Path("/nowhere"))
        assert soon(lambda: not broken.alive())


# The leash ----------------------------------------------------------------------------------


def _child(code: str) -> int:
    child = os.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])
    return child


@pytest.mark.parametrize(
    ("code", "said"),
    [("raise SystemExit(4)", (None, 4)), ("import os; os.kill(os.getpid(), 15)", (15, None))],
)  # fmt: skip
def test_the_leash_tells_how_a_process_ended(
    code: str, said: tuple[int | None, int | None]
) -> None:
    ours, theirs = message_pair()
    with ours, theirs:
        hold(theirs, _child(code))
        ending = Session(ours, ours)._listen(1)
    assert (ending["signal"], ending["code"]) == said
    assert ending["allowance"] is None
    assert 0 < ending["used"] < 5


@pytest.mark.parametrize(("call", "total", "allowance"), [(0.2, 50, "call"), (50, 0.2, "total")])
def test_processor_time_is_counted_by_who_holds_the_leash(
    call: float, total: float, allowance: str
) -> None:
    ours, theirs = message_pair()
    with ours, theirs:
        held = Session(ours, ours)
        held.allow(call, total)
        hold(theirs, _child("import signal; signal.signal(15, signal.SIG_IGN)\nwhile 1: pass"))
        ending = held._listen(1)
    assert (ending["signal"], ending["allowance"]) == (9, allowance)
    assert 0.2 <= ending["used"] < 5


@pytest.mark.parametrize("unread", [False, True], ids=["closed", "killed"])
def test_letting_go_of_the_leash_ends_the_process(unread: bool) -> None:
    ours, theirs = message_pair()
    worker = _child("import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)")
    if unread:  # a judge that is killed leaves words that nobody read: the line is reset
        theirs.send(b"{}")
    ours.close()
    with theirs:
        hold(theirs, worker)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


# The judges ---------------------------------------------------------------------------------

_found: list[Any] = []


def _set_up(value: object) -> None:
    _found.append(value)


def test_judges_are_forks_that_were_set_up_once() -> None:
    unpicklable = lambda: "given"  # noqa: E731
    pool = processes.judges(1, _set_up, unpicklable)
    with pool:
        assert [pool.submit(_count).result() for _ in range(2)] == [1, 1]
    assert _found == []


def _count() -> int:
    assert [thing() for thing in _found] == ["given"]
    return len(_found)


def test_an_interrupt_is_the_parents_affair() -> None:
    pool = processes.judges(1, _set_up, "x")
    with pool:
        assert pool.submit(_handler).result() == int(signal.SIG_IGN)


def _handler() -> int:
    return int(signal.getsignal(signal.SIGINT))  # type: ignore[arg-type]
