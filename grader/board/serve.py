"""Runs a board until it is told to stop: its port, its address in the room, its end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from pathlib import Path

from labkit.board.link import PORT, Link
from rich.console import Console
from rich.markup import escape
from tornado.httpserver import HTTPServer

from grader.board import limits
from grader.board.board import Board
from grader.board.handlers import application
from grader.board.plan import plan
from grader.board.store import Store, put_aside
from grader.course.labs import Lab
from grader.errors import UserError

_WAITING = 256  # connections that wait to be taken: a room that joins at once
_FILES = 4_096  # open at once: a connection each for notebooks and pages; macOS grants 256 unasked


def run(
    lab: Lab,
    minutes: int | None,
    console: Console,
    *,
    state: Path,
    port: int = PORT,
    bind: str = "",
    address: str = "",
    new: bool = False,
) -> None:
    """Serve a board until Ctrl-C.

    Args:
        lab: what the room works on.
        minutes: of the workshop; None for those of the board that goes on, or 90.
        console: where the links are printed.
        state: the board's file; a board that is in it goes on.
        port: to listen at.
        bind: the address to listen at; all of this machine's when empty.
        address: what to show for this machine, when the one found is not the room's.
        new: begin a new board, and put an old one's file aside.

    Raises:
        UserError: the port is taken, the file is not a board's, or the minutes cannot be planned.
    """
    plan(lab, 90 if minutes is None else minutes)  # what is wrong is said before a file is touched
    with contextlib.ExitStack() as stack:
        listening = _listen(port, bind)  # before any file is touched, too
        stack.callback(listening.close)
        if new and (aside := put_aside(state)):
            console.print(f"the old board is kept as {escape(str(aside))}")
        store = Store(state)
        stack.callback(store.close)
        if minutes is not None:
            store.set("minutes", str(minutes))
        board = Board(plan(lab, int(store.setting("minutes", "90"))), store)
        host = address or (bind if bind not in ("", "0.0.0.0", "::") else own_address())
        actual = listening.getsockname()[1]
        link = Link(f"http://{f'[{host}]' if ':' in host else host}:{actual}", board.code)
        _greet(board, link, bind if bind != "0.0.0.0" else "", console)
        asyncio.run(_serve(board, link, listening))
        joined = len(board.room.by_id)
        console.print(f"stopped; nothing is lost: the same command goes on ({joined} joined)")


def own_address() -> str:
    """This machine's address in its network, or 127.0.0.1 when it is in none."""
    # Connecting a datagram socket sends nothing; it only asks which way a packet would go.
    for far in ("192.0.2.1", "10.255.255.255", "192.168.255.255", "172.31.255.255"):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.connect((far, 9))
            return str(one.getsockname()[0])
    return "127.0.0.1"


def http_server(board: Board, link: Link) -> HTTPServer:
    """Return the board's server, which takes small requests only, and no slow ones."""
    return HTTPServer(
        application(board, link),
        max_body_size=limits.BODY,
        max_header_size=8_192,
        max_buffer_size=65_536,
        idle_connection_timeout=60,
        body_timeout=5,
    )


async def _serve(board: Board, link: Link, listening: socket.socket) -> None:
    _allow_files()
    # What strangers send is their mistake, and no line in the host's terminal.
    logging.getLogger("tornado.general").setLevel(logging.CRITICAL)
    server = http_server(board, link)
    server.add_sockets([listening])
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises there
            loop.add_signal_handler(name, end.set)
    try:
        await end.wait()
    except asyncio.CancelledError:
        pass
    finally:
        server.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.close_all_connections(), 2)


def _listen(port: int, bind: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    try:
        listening = socket.create_server((bind, port), family=family, backlog=_WAITING)
        listening.setblocking(False)
        return listening
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UserError(
                f"port {port} is taken, perhaps by another board: give --port {port + 1}"
            ) from error
        if error.errno == errno.EACCES:
            raise UserError(f"port {port} is not for everybody: give --port {PORT}") from error
        raise UserError(f"cannot listen at {bind or 'any address'}: {error.strerror}") from error


def _allow_files() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _greet(board: Board, link: Link, bind: str, console: Console) -> None:
    people = len(board.room.by_id)
    port = link.address.rsplit(":", 1)[-1]
    here = link.address if bind else f"http://127.0.0.1:{port}"
    lines = [
        f"[bold]{escape(board.plan.title)}[/], {board.plan.minutes} minutes",
        f"participants open  [bold]{escape(link.url)}[/]",
    ]
    if link.letters:
        run = f'from labkit import board; board.join("{link.letters}", "your nickname")'
        lines.append(f"or run             {escape(run)}")
    lines.append("you, on this laptop, keep this one to yourself:")
    lines.append(f"  {here}/#host={board.host_token}")
    if link.address.startswith("http://127."):
        lines.append("only this machine reaches it: no network was found (--address names one)")
    if people:
        lines.append(f"goes on with {people} who had joined; --new begins another board")
    lines.append(f"kept in {escape(str(board.store.path))}; Ctrl-C stops it")
    for line in lines:
        console.print(line, soft_wrap=True)
