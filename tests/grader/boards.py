"""A board for tests: served from a thread of its own, with a clock that a test can set."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from labkit.board.link import Link
from tornado.netutil import bind_sockets

from grader.board import serve
from grader.board.board import Board
from grader.board.plan import Plan, plan
from grader.board.store import Store
from grader.course import labs

LAB = "01_logit_lens"


@dataclass
class Clock:
    """Time as the board sees it: the real one, and what a test adds."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Served:
    """A running board and how to talk to it."""

    board: Board
    link: Link
    clock: Clock
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # some tests set a proxy

    def post(
        self, path: str, body: object, key: str = "", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Post JSON; return status and answer."""
        if key:
            headers["Authorization"] = f"Bearer {key}"
        answer = self.session.post(self.link.address + path, json=body, headers=headers, timeout=10)
        return answer.status_code, answer.json()

    def join(self, nickname: str, shown: bool = False) -> str:
        """Join; return the key."""
        body = {"code": self.link.code, "nickname": nickname, "shown": shown}
        status, answer = self.post("/join", body)
        assert status == 200, answer
        return str(answer["key"])

    def report(self, key: str, exercise: str, passed: bool, number: str = "") -> int:
        """Report a check; return the status."""
        number = number or f"{time.monotonic_ns():x}"
        body = {"exercise": exercise, "passed": passed, "number": number}
        return self.post("/report", body, key)[0]

    def state(self, key: str = "") -> dict[str, Any]:
        """What the page is told."""
        headers = {"Authorization": f"Bearer {key or self.link.code}"}
        answer = self.session.get(self.link.address + "/state", headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def counts(self, exercise: str) -> tuple[int, int, int, int]:
        """How many passed an exercise, are trying, are stuck, and left it open."""
        one = next(e for e in self.state()["exercises"] if e["name"] == exercise)
        return one["passed"], one["trying"], one["stuck"], one["left"]


def the_plan(minutes: int = 90) -> Plan:
    """Lab 01's."""
    return plan(labs.named(LAB), minutes)


@contextmanager
def served(path: Path, port: int = 0) -> Iterator[Served]:
    """Serve the board that is kept in a file."""
    clock, ready = Clock(), threading.Event()
    found: dict[str, Any] = {}

    async def run() -> None:
        store = Store(path)
        board = Board(the_plan(), store, clock)
        sockets = bind_sockets(port, "127.0.0.1")
        link = Link(f"http://127.0.0.1:{sockets[0].getsockname()[1]}", board.code)
        server = serve.http_server(board, link)
        server.add_sockets(sockets)
        found.update(board=board, link=link, end=asyncio.Event(), loop=asyncio.get_running_loop())
        ready.set()
        await found["end"].wait()
        server.stop()
        await server.close_all_connections()
        store.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(20), "the board did not start"
    one = Served(found["board"], found["link"], clock)
    try:
        yield one
    finally:
        one.session.close()
        found["loop"].call_soon_threadsafe(found["end"].set)
        thread.join(20)
        assert not thread.is_alive()


def fill(one: Served, nickname: str = "ada") -> None:
    """Make it a room of 30 in its 40th minute, in which one has this name and shows it."""
    names = [exercise["name"] for exercise in one.state()["exercises"]]
    one.clock.ahead = -40 * 60
    one.post("/timer", {"press": "start"}, one.board.host_token)
    keys = [one.join(nickname if n == 7 else f"person {n}", shown=n in (7, 8)) for n in range(30)]
    for number, key in enumerate(keys):
        for place in range(number // 5):
            one.report(key, names[place], True)
    one.clock.ahead = -18 * 60
    for number, key in enumerate(keys[:28]):
        one.report(key, names[number // 5], False)
    one.clock.ahead = 0
    for key in keys[10:28]:
        one.report(key, names[5], False)
