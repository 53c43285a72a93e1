"""Each rung holds what it is there for: alone it refuses an attack that succeeds without it.

For each guarantee the attack that breaks it is tried three ways: with no rung that holds it, where
it must succeed (or the test would prove nothing); with each of those rungs alone; and with all.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pytest

from grader import sandbox
from grader.errors import UserError
from grader.sandbox import Limits, Rungs, ladder, namespaces, own_root
from grader.workers import isolation
from grader.workers.processes import Nursery
from tests.workers import Raised, Worker

FULL = sandbox.rungs()
SHARED_MEMORY_KEY = 0x1AB5


@dataclass(frozen=True)
class Attack:
    """One guarantee: the rungs that hold it, and code whose ``attack(canary)`` breaks it."""

    name: str
    holders: tuple[str, ...]
    code: str
    limits: dict[str, int] = field(default_factory=dict)


ATTACKS = [
    Attack(
        "read a file", ("files", "landlock"),
        "def attack(canary): return open(canary['file']).read() == 'canary'\n",
    ),
    Attack(
        "change a file", ("files", "landlock"),
        "def attack(canary): return open(canary['file'], 'a').write(' sings') > 0\n",
    ),
    Attack(
        "send to a port", ("network", "seccomp"),
        "import socket\n"
        "def attack(canary):\n"
        "    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "    return line.sendto(b'x', ('127.0.0.1', canary['port'])) == 1\n",
    ),
    Attack(
        "reach an abstract socket", ("network", "landlock", "seccomp"),
        "import socket\n"
        "def attack(canary):\n"
        "    line = socket.socket(socket.AF_UNIX)\n"
        "    line.settimeout(2)\n"
        "    line.connect('\\0' + canary['abstract'])\n"
        "    return True\n",
    ),
    Attack(
        "signal a process", ("processes", "landlock", "seccomp", "identity"),
        "import os\n"
        "def attack(canary):\n"
        "    os.kill(canary['pid'], 0)\n"
        "    return True\n",
    ),
    Attack(
        "change the limits of its keeper", ("seccomp", "identity"),
        "import os, resource\n"
        "def attack(canary):\n"
        "    return len(resource.prlimit(os.getppid(), resource.RLIMIT_CORE)) == 2\n",
    ),
    Attack(
        "outlive the submission", ("processes", "seccomp"),
        "import os, time\n"
        "def attack(canary):\n"
        "    hear, tell = os.pipe()\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        pid = os.fork()\n"
        "        if pid == 0:\n"
        "            time.sleep(30)\n"
        "            os._exit(0)\n"
        "        os.write(tell, str(pid).encode())\n"
        "        os._exit(0)\n"
        "    return int(os.read(hear, 20))\n",
    ),
    Attack(
        "share memory", ("shared_memory", "seccomp"),
        "import ctypes\n"
        "def attack(canary):\n"
        "    return ctypes.CDLL(None).shmget(canary['key'], 16, 0) >= 0\n",
    ),
    Attack(
        "run a program", ("landlock", "seccomp"),
        "import os\n"
        "def attack(canary):\n"
        "    pid = os.posix_spawn(canary['program'], ['python', '-c', 'pass'], {})\n"
        "    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 127\n",
    ),
    Attack(
        "start many processes", ("identity", "groups", "seccomp"),
        "import os\n"
        "def attack(canary):\n"
        "    wait, go = os.pipe()\n"
        "    children = []\n"
        "    try:\n"
        "        for _ in range(100):\n"
        "            child = os.fork()\n"
        "            if child == 0:\n"
        "                os.close(go)\n"
        "                os.read(wait, 1)\n"
        "                os._exit(0)\n"
        "            children.append(child)\n"
        "    finally:\n"
        "        os.close(go)\n"
        "        for child in children:\n"
        "            os.waitpid(child, 0)\n"
        "    return len(children) == 100\n",
        {"threads": 40},
    ),
    Attack(
        "use much memory", ("limits", "groups"),
        "def attack(canary): return len(b'x' * (700 << 20)) > 0\n",
        {"memory": 100 << 20},
    ),
    Attack(
        "fill the disk", ("files",),
        "def attack(canary):\n"
        "    for n in range(5):\n"
        "        with open(f'part{n}', 'wb') as file: file.write(bytes(4 << 20))\n"
        "    return True\n",
        {"scratch": 16 << 20},
    ),
    Attack(
        "write one big file", ("limits",),
        "def attack(canary):\n"
        "    with open('big', 'wb') as file: file.write(bytes(20 << 20))\n"
        "    return True\n",
    ),
    Attack(
        "open many files", ("limits",),
        "import os\n"
        "def attack(canary): return len([os.dup(1) for _ in range(300)]) == 300\n",
    ),
    Attack(
        "be root in a new namespace", ("seccomp",),
        "import ctypes\n"
        "def attack(canary): return ctypes.CDLL(None).unshare(0x10000000) == 0\n",
    ),
]  # fmt: skip


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What the attacks go for: made for the test, and nobody else's."""
    path = tmp_path / "canary.txt"
    path.write_text("canary")
    path.chmod(0o666)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        with contextlib.suppress(OSError):
            folder.chmod(0o755)  # nothing but the sandbox stands in the way
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    abstract = f"interp-labs-{os.getpid()}"
    memory = ctypes.CDLL(None).shmget(SHARED_MEMORY_KEY, 16, 0o1000 | 0o666)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port, socket.socket(
        socket.AF_UNIX
    ) as server:  # fmt: skip
        port.bind(("127.0.0.1", 0))
        server.bind("\0" + abstract)
        server.listen()
        yield {
            "file": str(path), "port": port.getsockname()[1], "abstract": abstract,
            "pid": process.pid, "key": SHARED_MEMORY_KEY,
            "program": os.path.realpath(sys.executable),
        }  # fmt: skip
    ctypes.CDLL(None).shmctl(memory, 0, None)
    process.kill()
    process.wait()


def consistent(rungs: Rungs) -> Rungs:
    """Take the user id away with the root of its own: another's interpreter may be unreadable."""
    return rungs if rungs.files else replace(rungs, identity=False)


def succeeds(nursery: Nursery, rungs: Rungs, attack: Attack, canary: dict[str, Any]) -> bool:
    """Let a worker with these rungs attack."""
    nursery.rungs = consistent(rungs)
    nursery.limits = replace(nursery.limits, **attack.limits)
    with Worker(nursery, attack.code) as worker:
        try:
            got = worker.call("attack", canary)
        except (Raised, EOFError, ConnectionError):
            return False
    if attack.name != "outlive the submission":
        assert type(got) is bool
        return got
    return survived(got)


def survived(pid: int) -> bool:
    """Is the process still there, its session closed? Then it is ended, as our own."""
    if FULL.processes and pid < 10:  # a number in a namespace of its own, which has ended
        return False
    end = time.monotonic() + 2
    while time.monotonic() < end:
        if not Path(f"/proc/{pid}").exists():
            return False
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    return True


@pytest.fixture
def warm(nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> Nursery:
    """The warm parent, whose rungs and limits are put back after the test."""
    monkeypatch.setattr(nursery, "rungs", nursery.rungs)
    monkeypatch.setattr(nursery, "limits", nursery.limits)
    return nursery


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.name)
def test_without_its_rungs_an_attack_succeeds_and_with_all_it_does_not(
    warm: Nursery, attack: Attack, canary: dict[str, Any]
) -> None:
    without = replace(FULL, **dict.fromkeys(attack.holders, False))
    assert succeeds(warm, without, attack, canary)
    assert not succeeds(warm, FULL, attack, canary)


@pytest.mark.parametrize(
    ("attack", "holder"),
    [(a, holder) for a in ATTACKS for holder in a.holders if getattr(FULL, holder)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_each_rung_alone_holds_its_guarantee(
    warm: Nursery, attack: Attack, holder: str, canary: dict[str, Any]
) -> None:
    others = dict.fromkeys(set(attack.holders) - {holder}, False)
    assert not succeeds(warm, replace(FULL, **others), attack, canary)


def test_every_rung_has_an_attack_that_it_holds() -> None:
    held = {holder for attack in ATTACKS for holder in attack.holders}
    assert held == {f.name for f in fields(Rungs)} - {"user"}  # which only opens the way to others


def test_this_machine_has_every_rung() -> None:
    assert replace(ladder.none(), **{f.name: f.name != "user" for f in fields(Rungs)}) == FULL, (
        "some rungs were not tried above: run as root on a kernel with Landlock and cgroups"
    )


def test_without_root_the_others_are_reached_through_a_user_namespace(tmp_path: Path) -> None:
    """Root with no capability but that of mapping itself is nobody in particular."""
    script = tmp_path / "rootless.py"
    script.write_text(
        "from grader import sandbox\nfrom grader.workers import processes\n"
        "from grader.sandbox import Limits\n"
        "from tests.workers import Worker\n"
        "found = sandbox.rungs()\n"
        "with processes.nursery(Limits()) as nursery:\n"
        "    with Worker(nursery, 'import os\\ndef f(): return os.getpid()') as worker:\n"
        "        print(found.user, found.strong, found.identity, found.groups, worker.call('f'))\n"
    )
    done = subprocess.run(
        ["setpriv", "--bounding-set=-all,+setfcap", sys.executable, str(script)],
        capture_output=True, text=True, cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert done.stdout.split() == ["True", "True", "False", "False", "2"], done.stderr


@pytest.mark.parametrize("place", ["/tmp", "/var/tmp"])
def test_a_course_may_lie_anywhere_also_below_what_is_mounted_over(place: str) -> None:
    with tempfile.TemporaryDirectory(dir=place) as folder:
        course = Path(folder) / "course" / "labs"
        course.mkdir(parents=True)
        (course / "a.py").write_text("x = 1")
        (Path(folder) / "hidden.txt").write_text("canary")

        def look() -> None:
            if FULL.user:
                namespaces.enter_user()
            namespaces.new_mounts()
            own_root.enter([course, Path("/usr/lib")], 1 << 20, (os.getuid(), os.getgid()))
            assert (course / "a.py").read_text() == "x = 1"
            assert [path.name for path in Path(folder).iterdir()] == ["course"]
            (own_root.SCRATCH / "note").write_text("here")
            with pytest.raises(OSError, match="Read-only"):
                (course / "b.py").write_text("")
            with pytest.raises(OSError, match="Read-only"):
                Path("/new").write_text("")

        assert ladder._holds(look)
        assert not (course / "b.py").exists()


# What is said of a machine ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rungs", "doors"),
    [
        (Rungs(), ["your files", "the network", "other processes"]),
        (Rungs(landlock=True, seccomp=True), []),
        (Rungs(files=True, network=True, processes=True), []),
        (Rungs(files=True, network=True), ["other processes"]),
        (Rungs(limits=False, landlock=True, seccomp=True), ["the machine's memory and processor"]),
    ],
)
def test_open_doors_are_named(rungs: Rungs, doors: list[str]) -> None:
    assert rungs.open_doors() == doors
    assert rungs.strong == (not doors)


def test_each_rung_has_a_sentence() -> None:
    assert [line.rsplit(": ")[1] for line in ladder.none().sentences()] == ["no"] * 9
    for name in (f.name for f in fields(Rungs) if f.name != "user"):
        lines = replace(ladder.none(), **{name: True}).sentences()
        assert sum(line.endswith("yes") for line in lines) == 1


def test_a_machine_with_an_open_door_grades_only_when_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isolation.choose("strong") == isolation.choose("weak") == FULL
    monkeypatch.setattr(sandbox, "rungs", lambda: Rungs(landlock=True))
    assert isolation.choose("weak") == Rungs(landlock=True)
    with pytest.raises(UserError, match=r"from the network and other processes .*--isolation weak"):
        isolation.choose("strong")
    with pytest.raises(UserError, match="strong or weak, not 'none'"):
        isolation.choose("none")


def test_asking_for_the_rungs_changes_nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.readlink("/proc/self/ns/net"), os.getuid()
    assert sandbox.rungs() == FULL
    assert (os.readlink("/proc/self/ns/net"), os.getuid()) == before

    def refuse() -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(ladder.namespaces, "new_processes", refuse)
    assert sandbox.rungs() == replace(FULL, processes=False)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert sandbox.rungs() == Rungs()


@pytest.mark.parametrize(
    ("module", "name"),
    [("namespaces", "new_network"), ("own_root", "enter"), ("landlock", "restrict"),
     ("seccomp", "refuse_calls"), ("namespaces", "new_processes")],
)  # fmt: skip
def test_a_rung_that_does_not_hold_is_an_error_and_not_a_weaker_worker(
    module: str, name: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slip(*_: object) -> None:
        raise OSError("it slipped")

    monkeypatch.setattr(getattr(ladder, module), name, slip)
    climbs: dict[str, Callable[[], object]] = {
        "new_processes": lambda: ladder.prepare(FULL),
        "new_network": lambda: ladder.enclose(FULL, Limits(), None, 1),
        "enter": lambda: ladder.enclose(replace(FULL, network=False), Limits(), None, 1),
        "restrict": lambda: ladder.confine(FULL, Limits(), 1 << 40, Path("/tmp"), 1),
        "refuse_calls": lambda: ladder.confine(
            replace(FULL, landlock=False), Limits(), 1 << 40, Path("/tmp"), 1
        ),
    }
    assert not ladder._holds(climbs[name])
