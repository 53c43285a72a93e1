"""The board over HTTP: one page, its data, and five things to post.

There are no cookies: whoever asks says who they are in the Authorization header, which a page of
another site cannot set. A request that a browser sends for another site, or to a name that is not
this machine's, is refused besides.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import sqlite3
import sys
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from labkit.board.link import Link
from tornado.web import Application, HTTPError, RequestHandler

from grader.board import view
from grader.board.board import Board, Refusal

_GATHER = 0.002  # seconds that a save waits for others to share it
_SAY_AGAIN = 60.0  # seconds until the host is told again of the same trouble
_AGE = 1.0  # seconds that an answer is good for: 200 pages cost as much as one
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def application(board: Board, link: Link) -> Application:
    """Return the board as a tornado application.

    Args:
        board: what it serves.
        link: the address and code that it shows.
    """
    names = {"localhost", socket.gethostname().lower(), urlsplit(link.address).hostname or ""}
    names |= {f"{name}.local" for name in names}
    shared = {"board": board, "names": names}
    return Application(
        [
            (r"/", _Page, {**shared, "text": view.page(board.plan)}),
            (r"/state", _State, {**shared, "welcome": view.welcome(board.plan, link)}),
            (r"/(join|report|leave|timer|hide)", _Post, {**shared, "saver": _Saver(board)}),
            (r".*", _Nothing, shared),
        ],
        log_function=lambda handler: None,  # nobody needs to read who asked when
    )


class _Saver:
    """Saves once for all who wait: a disk that takes 10 ms still serves a full room."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._next: asyncio.Future[None] | None = None
        self._said = -_SAY_AGAIN

    async def saved(self) -> None:
        """Return when all that happened so far is on the disk.

        Raises:
            sqlite3.Error: it cannot be.
        """
        if self._next is None:
            loop = asyncio.get_running_loop()
            self._next = loop.create_future()
            loop.call_later(_GATHER, self._save)
        await asyncio.shield(self._next)

    def _save(self) -> None:
        waiting, self._next = self._next, None
        assert waiting is not None
        try:
            self._board.save()
        except sqlite3.Error as error:
            if time.monotonic() - self._said >= _SAY_AGAIN:
                self._said = time.monotonic()
                print(f"board: cannot write {self._board.store.path}: {error}", file=sys.stderr)
            waiting.set_exception(error)
        else:
            waiting.set_result(None)


class _Handler(RequestHandler):
    """What all have in common: who may ask, and that every answer is JSON."""

    def initialize(self, board: Board, names: set[str], **more: Any) -> None:
        self.board, self.names = board, names
        self.more = more

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in _HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        host = _split(f"//{self.request.host}").hostname or ""
        if not _is_address(host) and host.lower() not in self.names:
            raise HTTPError(403, reason="Open the board by its address, as the host's page has it")
        origin = self.request.headers.get("Origin")
        if origin is not None and _split(origin).netloc != self.request.host:
            raise HTTPError(403, reason="Not from another site")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.finish({"error": self._reason})

    @property
    def bearer(self) -> str:
        """The key, code or token that the request came with."""
        kind, _, value = self.request.headers.get("Authorization", "").partition(" ")
        return value.strip()[:128] if kind == "Bearer" else ""

    @property
    def address(self) -> str:
        """Where the request came from."""
        return self.request.remote_ip or ""

    def refuse(self, refusal: Refusal) -> None:
        """Answer that the board says no."""
        self.set_status(refusal.status)
        if refusal.wait:
            self.set_header("Retry-After", str(int(refusal.wait) + 1))
        self.finish({"error": str(refusal)})


class _Nothing(_Handler):
    def prepare(self) -> None:
        raise HTTPError(404, reason="There is nothing here")


class _Page(_Handler):
    def get(self) -> None:
        self.set_header("Content-Security-Policy", "frame-ancestors 'none'")
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(self.more["text"])


class _State(_Handler):
    def get(self) -> None:
        board, kept = self.board, self.settings.setdefault("kept", {})
        try:
            host = board.open(self.bearer, self.address)
        except Refusal as refusal:
            self.refuse(refusal)
            return
        now = board.now()
        if not kept or kept["changes"] != board.changes or not 0 <= now - kept["at"] < _AGE:
            state = view.state(board.plan, board.room, now)
            texts = [
                json.dumps({**self.more["welcome"], **state, "host": flag})
                for flag in (False, True)
            ]
            kept.update(changes=board.changes, at=now, texts=texts)
        self.set_header("Content-Type", "application/json")
        self.set_header("X-Board-Now", f"{now:.2f}")
        # tornado's own ETag: a page that has the same already gets a 304
        self.finish(kept["texts"][host])


class _Post(_Handler):
    async def post(self, what: str) -> None:
        try:
            answer = self._do(what, self._body())
            # Also for a report that came twice: the first may not be on the disk yet.
            await self.more["saver"].saved()
            self.finish(answer)
        except Refusal as refusal:
            self.refuse(refusal)
        except sqlite3.Error as error:
            self.refuse(Refusal(503, f"The board cannot write its file: {error}"))

    def _do(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        if what == "join":
            return self.board.join(body, self.address)
        if what == "report":
            return self.board.report(self.bearer, body)
        if what == "leave":
            return self.board.leave(self.bearer)
        if what == "timer":
            return self.board.press(self.bearer, self.address, body)
        return self.board.hide(self.bearer, self.address, body)

    def _body(self) -> dict[str, Any]:
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind != "application/json":  # a form of another site can send other kinds only
            raise Refusal(415, "The board reads application/json.")
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise Refusal(400, "That is not JSON.") from None
        if not isinstance(body, dict):
            raise Refusal(400, "That is not a JSON object.")
        return body


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
