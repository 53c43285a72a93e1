"""The board itself: who may do what, what is kept, and what is answered. It knows no HTTP."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Callable
from typing import Any

from labkit.board.link import new_code, normal

from grader.board import limits
from grader.board.clock import MOST_MINUTES, PRESSES
from grader.board.limits import Buckets
from grader.board.plan import Plan
from grader.board.room import Event, Participant, Room, folded
from grader.board.store import Store


class Refusal(Exception):
    """The board says no; ``str`` is a sentence for whoever asked.

    Attributes:
        status: as in HTTP.
        wait: seconds after which to ask again, when that is all there is to it.
    """

    def __init__(self, status: int, sentence: str, wait: float = 0.0) -> None:
        super().__init__(sentence)
        self.status, self.wait = status, wait


class Board:
    """One workshop.

    Args:
        plan: the lab and its time path.
        store: where the events are; those in it are replayed.
        clock: seconds since the epoch.
    """

    def __init__(self, plan: Plan, store: Store, clock: Callable[[], float] = time.time) -> None:
        self.plan, self.store, self.now = plan, store, clock
        self.code = store.setting("code", new_code())
        self.host_token = store.setting("host", secrets.token_urlsafe(24))
        self.changes = 0  # for whoever keeps what they made of the room
        self._exercises = {task.name for task in plan.tasks}
        self._wrong = Buckets(20, 20 / 60)  # guesses of the code, by address
        self._reports = Buckets(60, 1.0)  # by participant; a whole notebook run is one burst
        self._replay()

    # What anybody may ask who has the code.

    def open(self, code: str, address: str) -> bool:
        """Let somebody in who has the code or the host's token; return whether it is the host.

        Raises:
            Refusal: it is neither, or too many wrong ones came from there.
        """
        wait = self._wrong.wait(address, self.now())
        if wait:
            raise Refusal(429, "Too many wrong codes came from your address: wait a minute.", wait)
        if hmac.compare_digest(code.encode(), self.host_token.encode()):
            return True
        if hmac.compare_digest(normal(code).encode(), self.code.encode()):
            return False
        self._wrong.take(address, self.now())
        raise Refusal(403, "That is not the code of this board: compare it with the host's page.")

    def join(self, body: dict[str, Any], address: str) -> dict[str, Any]:
        """Let somebody join, or come back with their key.

        Raises:
            Refusal: wrong code; no nickname, or one that somebody has; the room is full.
        """
        self.open(_text(body, "code", 64), address)
        nickname = _nickname(body)
        shown = body.get("shown", False) is True
        key = _text(body, "key", 64) if "key" in body else ""
        who = self.room.by_key.get(_hash(key)) if key else None
        if who is None or folded(who.nickname) != folded(nickname):
            who, key = None, secrets.token_urlsafe(24)
            if self.room.named(nickname) is not None:
                raise Refusal(409, f"Somebody here is called {nickname} already: take another.")
            if len(self.room.by_id) >= limits.MOST_PEOPLE:
                raise Refusal(429, "This board is full.")
        number = who.id if who else secrets.token_hex(8)
        if who is None or who.shown != shown:
            kept = {"nickname": nickname, "shown": shown, "key": _hash(key)}
            self._happened("join", number, kept)
        return {"key": key, "nickname": nickname, "lab": self.plan.lab}

    # What a participant may do, for themselves.

    def report(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take the outcome of a check.

        Raises:
            Refusal: nobody has this key, it is no exercise here, or too many came.
        """
        who = self._participant(key)
        exercise, number = _text(body, "exercise", 100), _text(body, "number", 32)
        if not isinstance(body.get("passed"), bool) or not number:
            raise Refusal(400, "A report has an exercise, passed (true or false) and a number.")
        if exercise not in self._exercises:
            raise Refusal(
                404,
                f"It is about {self.plan.lab} today; checks of other exercises are not counted.",
            )
        if number in who.numbers:
            return {}
        wait = self._reports.wait(who.id, self.now())
        if wait or len(who.numbers) >= limits.MOST_REPORTS:
            raise Refusal(429, "Too many checks in so short a time.", wait or 60.0)
        self._reports.take(who.id, self.now())
        kept = {"exercise": exercise, "passed": body["passed"], "number": number}
        self._happened("check", who.id, kept)
        return {}

    def leave(self, key: str) -> dict[str, Any]:
        """Forget a participant, in the room and in the file.

        Raises:
            Refusal: nobody has this key.
        """
        who = self._participant(key)
        self.store.forget(who.id)
        self.room.remove(who.id)
        self.changes += 1
        return {}

    # What the host may do.

    def press(self, token: str, address: str, body: dict[str, Any]) -> dict[str, Any]:
        """Press a button of the timer.

        Raises:
            Refusal: not the host; no such button.
        """
        self._host(token, address)
        minutes = body.get("minutes", 0)
        if body.get("press") not in PRESSES or type(minutes) is not int:
            raise Refusal(400, f"press is one of {', '.join(PRESSES)}; minutes a whole number.")
        if abs(minutes) > MOST_MINUTES:
            raise Refusal(400, f"minutes is {MOST_MINUTES} at most.")
        self._happened("clock", "", {"press": body["press"], "minutes": minutes})
        return {}

    def hide(self, token: str, address: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take a name off the page, such as one that nobody wants on a wall.

        Raises:
            Refusal: not the host; nobody of that name.
        """
        self._host(token, address)
        who = self.room.named(_text(body, "nickname", 64))
        if who is None:
            raise Refusal(404, "Nobody here has that name.")
        self._happened("hide", who.id, {})
        return {}

    def _host(self, token: str, address: str) -> None:
        if not self.open(token, address):
            raise Refusal(403, "Only the host may do that.")

    def _participant(self, key: str) -> Participant:
        who = self.room.by_key.get(_hash(key))
        if who is None:
            raise Refusal(401, "This board does not know you: join it again.")
        return who

    def _happened(self, kind: str, participant: str, body: dict[str, Any]) -> None:
        event = Event(self.now(), kind, participant, body)
        self.store.add(event)
        self.room.apply(event)
        self.changes += 1

    def save(self) -> None:
        """Put on the disk what happened since the last time; only then may it be answered.

        Raises:
            sqlite3.Error: it cannot be; it has not happened then.
        """
        try:
            self.store.commit()
        except sqlite3.Error:
            self._replay()
            raise

    def _replay(self) -> None:
        self.room = Room()
        for event in self.store.events():
            self.room.apply(event)
        self.changes += 1


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _text(body: dict[str, Any], name: str, most: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise Refusal(400, f"{name} is text of at most {most} characters.")
    return value


def _nickname(body: dict[str, Any]) -> str:
    raw = body.get("nickname")
    text = raw if isinstance(raw, str) and raw.isprintable() else ""
    text = " ".join(unicodedata.normalize("NFKC", text[:100]).split())
    if not 0 < len(text) <= limits.NICKNAME or not text.isprintable() or not any(
        c.isalnum() for c in text
    ):  # fmt: skip
        raise Refusal(
            400, f"A nickname has 1 to {limits.NICKNAME} characters, a letter or digit among them."
        )
    return text
