"""A full room: ``python -m tests.board_load`` has 200 participants report to one board.

The board runs as a host starts it, and is killed in the middle and started again; each participant
is labkit's own sender with a thread of its own, and forty open pages ask for the room all the
while. It prints how long a report and a page's question take, and what the board has in the end
beside what was sent. The exit code is 1 when a report was lost or counted twice.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests
from labkit.board.line import Line
from labkit.board.sender import Sender
from rich.console import Console
from rich.table import Table

_ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 180.0  # seconds until the last report has to be there


@dataclass
class Load:
    """What came of it; the times are in seconds."""

    sent: int = 0
    kept: int = 0
    distinct: int = 0
    wrong_counts: list[str] = field(default_factory=list)
    report_times: list[float] = field(default_factory=list)
    page_times: list[float] = field(default_factory=list)
    check_times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    board_cpu: float = 0.0
    notices: int = 0
    delivered: bool = True

    @property
    def holds(self) -> bool:
        """Whether every report is there, once, and counted."""
        every = self.kept == self.distinct == self.sent
        return self.delivered and every and not self.wrong_counts


class _Timed(Line):
    """labkit's line, with a stop watch."""

    def __init__(self, address: str, times: list[float]) -> None:
        super().__init__(address)
        self._times = times

    def post(self, path: str, body: dict[str, object], key: str = "") -> dict[str, Any]:
        began = time.perf_counter()
        answer = super().post(path, body, key)
        self._times.append(time.perf_counter() - began)
        return answer


class Host:
    """``python -m grader board`` as a process."""

    def __init__(self, state: Path) -> None:
        self.state = state
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.code = self.token = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; return when it answers."""
        command = [sys.executable, "-m", "grader", "board", "1", "--bind", "127.0.0.1"]
        command += ["--port", str(self.port), "--state", str(self.state)]
        self.process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = self.process.stdout.readline()
            assert line, f"the board did not start: {said}"
            said += line
        code, token = re.search(r"/#([0-9a-z]{5})$", said, re.M), re.search(r"#host=(\S+)", said)
        assert code and token, said
        self.code, self.token = code[1], token[1]
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            try:
                requests.get(self.address, timeout=2)
                return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("the board does not answer")

    def stop(self, how: signal.Signals) -> tuple[int, str]:
        """Stop it; return its exit code and what it said last."""
        assert self.process is not None
        self.process.send_signal(how)
        said, _ = self.process.communicate(timeout=30)
        return self.process.returncode, said

    def cpu(self) -> float:
        """Seconds of processor time so far, where /proc tells."""
        assert self.process is not None
        try:
            parts = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def simulate(people: int, reports: int, pages: int, folder: Path, seed: int = 0) -> Load:
    """Fill a room, kill its board in the middle, and compare.

    Args:
        people: participants.
        reports: checks of each.
        pages: open pages, each of which asks every second.
        folder: for the board's file.
        seed: of who passes what.
    """
    load, host = Load(), Host(folder / "board.sqlite")
    host.start()
    headers = {"Authorization": f"Bearer {host.code}"}
    room = requests.get(f"{host.address}/state", headers=headers, timeout=10).json()
    exercises = [one["name"] for one in room["exercises"]]
    senders = _join(host, people, load)
    over = threading.Event()
    watchers = [
        threading.Thread(target=_watch, args=(host, over, load.page_times)) for _ in range(pages)
    ]
    for watcher in watchers:
        watcher.start()
    began = time.monotonic()
    passed: Counter[str] = Counter()  # the truth, kept apart from all that the board does
    done: set[tuple[int, str]] = set()
    said = io.StringIO()  # what participants read
    draw = random.Random(seed)
    for turn in range(reports):
        if turn == reports // 2:
            load.board_cpu += host.cpu()
            host.stop(signal.SIGKILL)
            back = threading.Timer(0.5, host.start)  # the room goes on while it is away
            back.start()
        for number, sender in enumerate(senders):
            exercise, good = draw.choice(exercises), draw.random() < 0.4
            if good and (number, exercise) not in done:
                done.add((number, exercise))
                passed[exercise] += 1
            start = time.perf_counter()
            verdict = SimpleNamespace(name=exercise, status="passed" if good else "failed")
            with contextlib.redirect_stdout(said):
                sender.check_ran(verdict)
            load.check_times.append(time.perf_counter() - start)
            load.sent += 1
    back.join()
    ends = time.monotonic() + _PATIENCE
    for sender in senders:
        load.delivered &= sender.flush(max(0.0, ends - time.monotonic()))
    load.notices = said.getvalue().count("does not answer")
    load.seconds = time.monotonic() - began
    over.set()
    for watcher in watchers:
        watcher.join()
    room = requests.get(f"{host.address}/state", headers=headers, timeout=10).json()
    if room["joined"] != people:
        load.wrong_counts.append(f"joined: {room['joined']} in place of {people}")
    for one in room["exercises"]:
        if one["passed"] != passed[one["name"]]:
            said = f"{one['name']}: {one['passed']} in place of {passed[one['name']]}"
            load.wrong_counts.append(said)
    for sender in senders:
        sender.close()
    load.board_cpu += host.cpu()
    code, last = host.stop(signal.SIGINT)
    assert (code, "nothing is lost" in last) == (0, True), last
    base = sqlite3.connect(host.state)
    load.kept, load.distinct = base.execute(
        "SELECT count(*), count(DISTINCT participant || json_extract(body, '$.number')) "
        "FROM event WHERE kind = 'check'"
    ).fetchone()
    base.close()
    return load


def _join(host: Host, people: int, load: Load) -> list[Sender]:
    senders = []
    for number in range(people):
        line = _Timed(host.address, load.report_times)
        answer = line.post("/join", {"code": host.code, "nickname": f"p {number}", "shown": False})
        senders.append(Sender(line, str(answer["key"])))
    load.report_times.clear()
    return senders


def _watch(host: Host, over: threading.Event, times: list[float]) -> None:
    """Ask for the room as a page does."""
    headers = {"Authorization": f"Bearer {host.code}"}
    with requests.Session() as session:
        while not over.wait(1.0):
            began = time.perf_counter()
            try:
                answer = session.get(f"{host.address}/state", headers=headers, timeout=10)
            except requests.RequestException:
                continue  # the board is away
            times.append(time.perf_counter() - began)
            headers["If-None-Match"] = answer.headers.get("Etag", "")


def main() -> int:
    """Run it at full size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--reports", type=int, default=30)
    parser.add_argument("--pages", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        load = simulate(asked.people, asked.reports, asked.pages, Path(name))
    table = Table(f"{asked.people} participants, {asked.pages} pages, board killed once", "")
    table.add_row("reports sent", f"{load.sent:,}")
    table.add_row("reports kept", f"{load.kept:,}")
    table.add_row(
        "lost, counted twice", f"{load.sent - load.distinct}, {load.kept - load.distinct}"
    )
    table.add_row("counts on the page that are wrong", str(len(load.wrong_counts)))
    table.add_row("seconds, the board's absence included", f"{load.seconds:.1f}")
    table.add_row("reports a second", f"{load.sent / load.seconds:.0f}")
    table.add_row(
        "the board's processor time", f"{1e3 * load.board_cpu / load.sent:.2f} ms a report"
    )
    table.add_row("were told, once, that the board is away", str(load.notices))
    for words, times in (
        ("a check is held up", load.check_times),
        ("a report is answered", load.report_times),
        ("a page is answered", load.page_times),
    ):
        cuts = statistics.quantiles(times, n=100)
        table.add_row(
            f"{words}: median, 95%, longest",
            f"{1e3 * cuts[49]:.2f}, {1e3 * cuts[94]:.2f}, {1e3 * max(times):.1f} ms",
        )
    console = Console(highlight=False)
    console.print(table)
    for wrong in load.wrong_counts:
        console.print(wrong)
    return 0 if load.holds else 1


if __name__ == "__main__":
    sys.exit(main())
