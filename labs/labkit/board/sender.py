"""The thread that tells a board how checks went, while the notebook goes on.

What is not delivered waits and is tried again, in order, until the board has answered; its number
lets the board see that it has it already. A board that is away for an hour gets the hour later.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from typing import Protocol

from labkit.board.line import Line, Refused, Unreachable

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before the next attempt after so many failures; a new check makes one at once."""

_MOST = 500  # messages that wait; the oldest go first

_AWAY = (
    "(The workshop board does not answer. Your checks work as ever; what they showed is sent when "
    "it is back.)"
)
_GONE = "(The workshop board no longer knows you, so nothing is sent: board.join(...) joins again.)"


class Verdict(Protocol):
    """What a check tells: `labkit.checking.Outcome` has more, and none of that is used."""

    @property
    def name(self) -> str: ...

    @property
    def status(self) -> str: ...


class Sender:
    """Sends for one participant.

    Args:
        line: to the board.
        key: the participant's.
    """

    def __init__(self, line: Line, key: str) -> None:
        self.line, self.key = line, key
        self._waiting: deque[dict[str, object]] = deque(maxlen=_MOST)
        self._changed = threading.Condition()
        self._closed = False
        self._fresh = False  # something was put since the last attempt
        self._notices: list[str] = []
        self._said: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="labkit-board", daemon=True)
        self._thread.start()

    def check_ran(self, verdict: Verdict) -> None:
        """Take a verdict, and print what there is to say; never raises, never waits for the board.

        An exercise that is not written yet, or cannot be checked, is no attempt at it: running the
        whole notebook would make one of every exercise.
        """
        if verdict.status in ("passed", "failed"):
            passed = verdict.status == "passed"
            with self._changed:
                if not self._closed:
                    number = secrets.token_hex(8)
                    self._waiting.append(
                        {"exercise": verdict.name, "passed": passed, "number": number}
                    )
                    self._fresh = True
                    self._changed.notify_all()
        for notice in self.notices():
            print(notice)

    def notices(self) -> list[str]:
        """Return the sentences for the participant that came up since; each comes once."""
        with self._changed:
            found, self._notices = self._notices, []
        return found

    def flush(self, seconds: float) -> bool:
        """Wait until all is sent, but no longer than this; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed or not self._waiting, seconds)

    def close(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        failures = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting)
                if self._closed:
                    return
                message = self._waiting[0]
                self._fresh = False
            try:
                self.line.post("/report", message, key=self.key)
            except Unreachable:
                if failures:  # once is nothing: a line that was idle for long is just opened again
                    self._say(_AWAY)
                self._rest(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
                continue
            except Refused as refusal:
                if refusal.status == 429:
                    self._sleep(max(1.0, refusal.wait))
                    continue
                if refusal.status in (401, 403):
                    self._say(_GONE)
                    self.close()
                    return
                self._say(f"(The workshop board: {refusal.reason})")
            failures = 0
            with self._changed:
                if self._waiting and self._waiting[0] is message:
                    self._waiting.popleft()
                self._changed.notify_all()

    def _say(self, notice: str) -> None:
        with self._changed:
            if notice not in self._said:
                self._said.add(notice)
                self._notices.append(notice)

    def _rest(self, seconds: float) -> None:
        """Wait before another attempt, or until a new check shows that somebody is there."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._fresh, seconds)

    def _sleep(self, seconds: float) -> None:
        """Wait as long as the board asked for."""
        ends = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: self._closed, ends - time.monotonic())
