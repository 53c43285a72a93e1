"""What a worker gave up: a canary that each test made stays out of a student's reach."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.course import labs
from grader.sandbox import Limits
from grader.sandbox.readable import readable
from grader.workers.processes import Nursery
from tests.workers import Raised, Worker

TRY = """
import os, pathlib, socket, sys
def read(path): return pathlib.Path(path).read_bytes().decode(errors="replace")
def names(path): return sorted(os.listdir(path))
def write(path):
    with open(path, "ab") as file:
        file.write(b"x")
def remove(path): os.remove(path)
def link(path): os.link(path, "here") or read("here")
def symlink(path):
    os.symlink(path, "there")
    return read("there")
def connect(*address):
    with socket.create_connection(address, timeout=5): pass
def connect_local(path):
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(path)
def bind(port):
    with socket.socket() as line:
        line.bind(("127.0.0.1", port))
def resolve(name): return socket.getaddrinfo(name, 80)
def shout(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        return line.sendto(b"x", ("127.0.0.1", port))
def probe(pid): os.kill(pid, 0)
def execute(path): os.execv(path, [path])
def environment(): return dict(os.environ)
def where(): return [os.getcwd(), os.getpid(), sys.argv]
def descriptors():
    found = []
    for number in range(1024):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    return found
def append(number): os.write(number, b"x")
def capabilities():
    import ctypes, struct
    data = ctypes.create_string_buffer(24)
    assert ctypes.CDLL(None).capget(struct.pack("=Ii", 0x20080522, 0), data) == 0
    fields = struct.unpack("=6I", data.raw)
    return [fields[0] | fields[3], fields[1] | fields[4]]
def mount():
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mount(b"tmpfs", b".", b"tmpfs", 0, None)
    return ctypes.get_errno()
def chroot(): os.chroot(".")
"""


CLOSED = ("PermissionError", "FileNotFoundError", "OSError")


@pytest.fixture(scope="module")
def worker(nursery: Nursery) -> Iterator[Worker]:
    """One confined worker for all tests here: they only knock."""
    assert nursery.rungs.strong, "no strong isolation here: see `python -m grader doctor`"
    with Worker(nursery, TRY) as worker:
        yield worker


def refused(worker: Worker, name: str, *args: Any) -> str:
    """Call what must raise, and return the exception's type."""
    with pytest.raises(Raised) as caught:
        worker.call(name, *args)
    kind: str = caught.value.told["type"]
    return kind


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    path = tmp_path / "canary.txt"
    path.write_text("canary")
    path.chmod(0o666)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        with contextlib.suppress(OSError):
            folder.chmod(0o755)  # nothing but the sandbox stands in the way
    return path


def test_what_a_notebook_needs_can_be_read(worker: Worker) -> None:
    assert worker.call("read", str(json_file())) == json_file().read_text()
    assert "torch" in worker.call("names", sysconfig.get_path("purelib"))
    assert worker.run("import wave, labkit.planted.heads, matplotlib.animation") == []


def json_file() -> Path:
    return Path(sysconfig.get_path("stdlib")) / "json" / "__init__.py"


@pytest.mark.parametrize(
    "place",
    ["solutions/01_logit_lens/logit_lens.nb.py", "grader/seeds.py", "pyproject.toml",
     "grader/checks/01_logit_lens/test_logit_lens.py", "tests/conftest.py",
     "labs/01_logit_lens/logit_lens.ipynb"],
)  # fmt: skip
def test_the_repository_cannot_be_read(worker: Worker, place: str) -> None:
    path = labs.ROOT / place
    assert refused(worker, "read", str(path)) in CLOSED
    assert refused(worker, "names", str(path.parent)) in CLOSED


def test_other_peoples_files_cannot_be_read_or_changed(worker: Worker, canary: Path) -> None:
    for name in ("read", "symlink", "link", "write", "remove"):
        assert refused(worker, name, str(canary)) in CLOSED, name
    assert refused(worker, "names", str(canary.parent)) in CLOSED
    assert canary.read_text() == "canary"
    assert sorted(p.name for p in canary.parent.iterdir()) == ["canary.txt"]


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/proc/self/environ", "/proc/self/maps", "/proc/1/cmdline", "/proc/self/fd",
     "/sys/class/net", "/var/log", "/dev/shm", "/root", "/home", "/"],
)  # fmt: skip
def test_the_machine_cannot_be_looked_at(worker: Worker, path: str) -> None:
    if Path(path).is_dir():
        assert refused(worker, "names", path) in CLOSED
    else:
        assert refused(worker, "read", path) in CLOSED


def test_the_judges_process_cannot_be_looked_at(worker: Worker) -> None:
    for file in ("environ", "cmdline", "mem", "status"):
        assert refused(worker, "read", f"/proc/{os.getpid()}/{file}") in CLOSED


def test_nothing_outside_the_scratch_folder_can_be_written(worker: Worker, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    places = [tmp_path, Path("/dev"), Path("/dev/shm"), labs.ROOT, Path(sys.prefix), Path("/")]
    places += [Path(sysconfig.get_path("purelib")), Path.home(), Path("/var/tmp")]
    for place in places:
        new = place / "interp-labs-written-by-a-student"
        assert refused(worker, "write", str(new)) in CLOSED
        assert not new.exists()
    assert refused(worker, "write", str(json_file())) in CLOSED


def test_the_scratch_folder_can_be_written_and_is_the_working_folder(worker: Worker) -> None:
    folder, _, arguments = worker.call("where")
    worker.call("write", "note.txt")
    assert worker.call("read", f"{folder}/note.txt") == "x"
    assert not list(Path(folder).glob("note.txt"))  # not the folder of that name out here
    assert str(labs.ROOT) not in str(arguments)


def test_no_server_of_this_machine_can_be_reached(worker: Worker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as listener:  # fmt: skip
        server.settimeout(0.2)
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()  # it does listen
        server.accept()[0].close()
        assert refused(worker, "connect", "127.0.0.1", port) in ("PermissionError", "OSError")
        with pytest.raises(TimeoutError):
            server.accept()
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.2)
        with contextlib.suppress(Raised):
            worker.call("shout", listener.getsockname()[1])
        with pytest.raises(TimeoutError):
            listener.recv(10)
    assert refused(worker, "bind", 0) in ("PermissionError", "OSError")
    assert refused(worker, "resolve", "localhost.localdomain") == "gaierror"


def test_no_abstract_unix_socket_can_be_reached(worker: Worker) -> None:
    address = f"\x00interp-labs-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        kind = refused(worker, "connect_local", address)
        assert kind in ("PermissionError", "ConnectionRefusedError")


def test_no_process_of_this_machine_can_be_signalled_or_started(worker: Worker) -> None:
    for pid in (os.getpid(), os.getppid()):
        assert refused(worker, "probe", pid) in ("ProcessLookupError", "PermissionError")
    for program in ("/bin/sh", sys.executable, "/usr/bin/env"):
        assert refused(worker, "execute", program) in (*CLOSED, "BlockingIOError")


def test_the_file_system_cannot_be_rearranged(worker: Worker) -> None:
    assert worker.call("mount") == errno.EPERM
    assert refused(worker, "chroot") == "PermissionError"


def test_environment_and_descriptors_hold_nothing_of_the_judges(worker: Worker) -> None:
    environment = worker.call("environment")
    assert set(environment) <= {
        "HOME", "TMPDIR", "LANG", "PATH", "HF_HUB_OFFLINE", "OMP_NUM_THREADS", "MPLCONFIGDIR",
    }  # fmt: skip
    assert len(worker.call("descriptors")) == 4  # three of its own, and the line
    status = worker.call("capabilities")
    assert status == [0, 0]


def test_what_stays_readable_is_no_part_of_the_repository_but_labkit_and_the_interpreter() -> None:
    inside = [p for p in readable() if p.is_relative_to(labs.ROOT)]
    assert labs.ROOT / "labs" / "labkit" in inside
    for path in inside:
        assert path == labs.ROOT / "labs" / "labkit" or path.is_relative_to(Path(sys.prefix))
    assert Path("/") not in readable()


def test_the_defaults_leave_room_for_a_lab_and_none_for_more() -> None:
    limits = Limits()
    assert 1 << 30 <= limits.memory <= 4 << 30
    assert limits.cpu_call < limits.cpu_total <= 600
    assert limits.file_size < 64 << 20
