"""What an attack may aim at: everything here belongs to the test, and its loss harms nobody."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import secrets
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LEFT = "interp-attack-left"
"""How the names begin of all that an attack leaves for the next student to find."""
LEFT_KEY = 0x1A775  # of what it leaves by number: shared memory, message queue, semaphore
SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/")
_SLEEPER = "import sys, time; print('up', flush=True); time.sleep(1800)"


@dataclass
class Canaries:
    """The test's own files, process and sockets, and whether somebody touched them."""

    folder: Path
    token: str
    process: subprocess.Popen[bytes]
    sockets: dict[str, socket.socket]
    niceness: int

    def constants(self, student: str) -> dict[str, object]:
        """Return what a student's attack aims at; its file is its own."""
        path = self._file(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.token)
        return {
            "CANARY_FILE": str(path),
            "CANARY_PORT": self.sockets["tcp"].getsockname()[1],
            "CANARY_UDP_PORT": self.sockets["udp"].getsockname()[1],
            "CANARY_SOCKET": self.sockets["unix"].getsockname(),
            "CANARY_ABSTRACT": self.sockets["abstract"].getsockname().decode()[1:],
            "CANARY_PID": self.process.pid,
            "CANARY_MARK": self.mark,
            "STUDENT": student,
        }

    @property
    def mark(self) -> str:
        """The beginning of the secret words, by which an attack knows one when it sees it."""
        return "canary-word-"

    def touched(self, student: str) -> list[str]:
        """Say what is no longer as it was, of a student's own file."""
        folder = self._file(student).parent
        found = {p.name: p.read_text(errors="replace") for p in folder.iterdir()}
        return [] if found == {"canary.txt": self.token} else [f"{student}: {found}"]

    def shared_touched(self) -> list[str]:
        """Say what is no longer as it was, of what all attacks aim at."""
        problems = []
        # Not reaped: its number must not become another process's while attacks aim at it.
        waiting = os.WEXITED | os.WNOHANG | os.WNOWAIT
        if os.waitid(os.P_PID, self.process.pid, waiting) is not None:
            problems.append("the canary process ended")
        else:
            state = Path(f"/proc/{self.process.pid}/stat")
            if state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] in "Tt":
                problems.append("the canary process was stopped")
            if os.getpriority(os.PRIO_PROCESS, self.process.pid) != self.niceness:
                problems.append("the canary process has another priority")
        for name, canary in self.sockets.items():
            if select.select([canary], [], [], 0)[0]:
                problems.append(f"somebody called the canary's {name} socket")
        return problems

    def _file(self, student: str) -> Path:
        return self.folder / "files" / student / "canary.txt"


@contextlib.contextmanager
def put_out(folder: Path) -> Iterator[Canaries]:
    """Start the canary process and open the canary sockets for the time of a ``with`` block."""
    # The same in each run: it is the course secret too, and a lucky guess at a challenge drawn from
    # it should come always or never. No attack can read this file.
    token = f"canary-word-{hashlib.sha256(b'the canary').hexdigest()[:32]}"
    environment = {**os.environ, "CANARY_ENVIRONMENT": token}
    sleeper = subprocess.Popen(
        [sys.executable, "-c", _SLEEPER, token], env=environment, stdout=subprocess.PIPE
    )
    assert sleeper.stdout is not None
    sleeper.stdout.readline()
    tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    unix = socket.socket(socket.AF_UNIX)
    abstract = socket.socket(socket.AF_UNIX)
    try:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        unix.bind(str(folder / "canary.socket"))
        abstract.bind(f"\0interp-labs-canary-{secrets.token_hex(8)}".encode())
        for listening in (tcp, unix, abstract):
            listening.listen()
        sockets = {"tcp": tcp, "udp": udp, "unix": unix, "abstract": abstract}
        niceness = os.getpriority(os.PRIO_PROCESS, sleeper.pid)
        yield Canaries(folder, token, sleeper, sockets, niceness)
    finally:
        for each in (tcp, udp, unix, abstract):
            each.close()
        sleeper.kill()
        sleeper.wait()
        sleeper.stdout.close()


def left() -> set[str]:
    """Name what attacks have left in the machine's shared folders and shared memory."""
    found = {str(p) for folder in SHARED_FOLDERS for p in Path(folder).glob(f"*{LEFT}*")}
    for kind in ("shm", "msg", "sem"):
        table = Path("/proc/sysvipc") / kind
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        found |= {f"System V {kind}" for line in lines if int(line.split()[0]) == LEFT_KEY}
    return found


def sweep() -> None:
    """Take away what `left` names: for tests that switch a defence off."""
    for folder in SHARED_FOLDERS:
        for path in Path(folder).glob(f"*{LEFT}*"):
            path.unlink(missing_ok=True)
    libc = ctypes.CDLL(None)
    removed = 0  # IPC_RMID
    for get, control in ((libc.shmget, libc.shmctl), (libc.msgget, libc.msgctl)):
        number = get(LEFT_KEY, 0, 0) if get is libc.shmget else get(LEFT_KEY, 0)
        if number >= 0:
            control(number, removed, None)
    number = libc.semget(LEFT_KEY, 0, 0)
    if number >= 0:
        libc.semctl(number, 0, removed)
