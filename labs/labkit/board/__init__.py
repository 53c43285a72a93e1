"""The workshop board, from a participant's notebook: one line to join it, one line to leave.

    from labkit import board
    board.join("http://192.168.1.5:8080/#k7wq2", "ada")     # or the 12 letters on the host's page
    board.leave()

Nothing is sent before `join`. From then on each check that ran to a verdict sends three things to
the host's laptop: the exercise's name, whether it passes, and a random number that keeps a repeated
message from counting twice. Never code, never output, never an error. Sending happens in another
thread, so a check takes as long as ever, also when the host cannot be reached.

The parts: `link` reads what a participant typed, `keys` remembers who they are over a restart of
the kernel, `line` speaks HTTP, `sender` is the other thread.
"""

from __future__ import annotations

import atexit
import os

from labkit.board import keys
from labkit.board.line import Line, Refused, Unreachable
from labkit.board.link import Link, parse
from labkit.board.sender import Sender

__all__ = ["join", "leave"]

_LAST_WORDS = 1.0  # seconds that a script which ends waits for what is not sent yet

_sender: Sender | None = None
_link: Link | None = None


def join(link: str, nickname: str, show: bool = False) -> None:
    """Join a board; joining again, after a restart of the kernel too, goes on as the same person.

    It prints one line and never raises, so that a notebook which holds it still runs at home.

    Args:
        link: the address on the host's page, or its 12 letters.
        nickname: 1 to 24 characters; nobody sees it unless ``show`` is True.
        show: whether the board may show the nickname while you are stuck, so that help finds you.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return  # the notebook is being graded
    try:
        where = parse(link)
    except ValueError as error:
        print(f"Not joined: {error}")
        return
    line = Line(where.address)
    known = keys.recall(where, nickname)
    asked = {"code": where.code, "nickname": str(nickname), "shown": bool(show)}
    try:
        answer = line.post("/join", asked | ({"key": known} if known else {}))
    except Unreachable:
        print(
            f"Not joined: no board answers at {where.address}. Compare the address with the host's "
            "page, and see whether you are in the same network. Checks work without it."
        )
        return
    except Refused as refusal:
        print(f"Not joined: {refusal.reason}")
        return
    key = str(answer.get("key", ""))
    keys.remember(where, nickname, key)
    _stop()
    _start(where, Sender(line, key))
    seen = "may be shown while you are stuck" if show else "is not shown"
    print(
        f"Joined {answer.get('lab', 'the board')} as {answer.get('nickname', nickname)}; your name "
        f"{seen}. From now on each check tells the host its exercise and whether it passes, and "
        "nothing else. board.leave() ends it."
    )


def leave() -> None:
    """Leave the board: nothing more is sent, and the host's board forgets you; prints a line."""
    if _sender is None or _link is None:
        print("You are on no board.")
        return
    sender, link = _sender, _link
    _stop()
    try:
        sender.line.post("/leave", {}, key=sender.key)
    except Unreachable:
        print(
            "Left: nothing is sent any more. The board does not answer, so it still counts what it "
            "has of you; to be forgotten, join and leave again when it is back."
        )
        return
    except Refused:
        pass  # it does not know us
    keys.forget(link)
    print("Left: nothing is sent any more, and the board has forgotten you.")


def _start(link: Link, sender: Sender) -> None:
    global _sender, _link
    # Here and not at the top: it needs torch, and the board's own tools read this package too.
    from labkit.checking import outcomes

    _sender, _link = sender, link
    outcomes.listeners.append(sender.check_ran)
    atexit.register(sender.flush, _LAST_WORDS)


def _stop() -> None:
    global _sender, _link
    from labkit.checking import outcomes

    if _sender is not None:
        outcomes.listeners.remove(_sender.check_ran)
        atexit.unregister(_sender.flush)
        _sender.close()
    _sender = _link = None
