"""Who is in the room and how far: counted from events alone, so that replaying them restores it.

An exercise is **passed** by who passed it once, however it went after. Of the others who tried it,
those whose latest check was of it are **trying**, or **stuck** when they have been at it for longer
than it should take; the rest have **left it open**.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from grader.board.clock import Clock

Standing = Literal["passed", "trying", "stuck", "left"]
STANDINGS: tuple[Standing, ...] = ("passed", "trying", "stuck", "left")
PATIENCE = (5, 15)
"""Minutes of failing checks until somebody counts as stuck: the exercise's own, within these."""
QUIET = 20
"""Minutes without a check after which nobody can say what somebody is doing."""


@dataclass(frozen=True)
class Event:
    """Something that happened, as it is kept.

    ``kind`` is "join" {nickname, shown, key}, "check" {exercise, passed, number}, "hide" {} or
    "clock" {press, minutes}; participants are known by a random id.
    """

    at: float  # seconds since the epoch
    kind: str
    participant: str
    body: dict[str, Any]


@dataclass
class Participant:
    """One person: what they call themselves, and where they stand."""

    id: str
    nickname: str
    shown: bool
    key: str  # a hash of it
    heard: float
    passed: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    current: str = ""  # the exercise of the latest check
    since: float = 0.0  # of the first failing check in this stretch on it
    numbers: set[str] = field(default_factory=set)  # of the reports that were counted


class Room:
    """All who joined, and the clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.by_id: dict[str, Participant] = {}
        self.by_key: dict[str, Participant] = {}
        self._nicknames: dict[str, str] = {}

    def apply(self, event: Event) -> None:
        """Count one more event; one about somebody who has left counts for nothing."""
        body = event.body
        who = self.by_id.get(event.participant)
        if event.kind == "join":
            if who is None:
                who = Participant(event.participant, body["nickname"], False, body["key"], event.at)
                self.by_id[who.id] = self.by_key[who.key] = who
                self._nicknames[folded(who.nickname)] = who.id
            who.shown = body["shown"]
        elif event.kind == "clock":
            self.clock.press(body["press"], event.at, body["minutes"])
        elif event.kind == "check" and who is not None:
            _count(who, event)
        elif event.kind == "hide" and who is not None:
            who.shown = False

    def remove(self, participant: str) -> None:
        """Forget somebody."""
        who = self.by_id.pop(participant)
        del self.by_key[who.key], self._nicknames[folded(who.nickname)]

    def named(self, nickname: str) -> Participant | None:
        """Return who goes by a nickname, or by one that reads the same."""
        return self.by_id.get(self._nicknames.get(folded(nickname), ""))

    def standing(
        self, who: Participant, exercise: str, minutes: int, now: float
    ) -> Standing | None:
        """Where somebody stands with an exercise; None when they have not tried it.

        Args:
            who: the participant.
            exercise: its name.
            minutes: how long it should take.
            now: seconds since the epoch.
        """
        if exercise in who.passed:
            return "passed"
        if exercise not in who.tried:
            return None
        if who.current != exercise or self.quiet(who, now):
            return "left"
        patience = min(max(minutes, PATIENCE[0]), PATIENCE[1])
        return "stuck" if self.clock.worked(who.since, now) >= 60 * patience else "trying"

    def quiet(self, who: Participant, now: float) -> bool:
        """Whether nothing has been heard of somebody for long."""
        return self.clock.worked(who.heard, now) >= 60 * QUIET

    def people(self) -> Iterator[Participant]:
        """All who are in the room."""
        return iter(self.by_id.values())


def _count(who: Participant, event: Event) -> None:
    number = event.body["number"]
    if number in who.numbers:
        return  # sent again because our answer got lost
    exercise = event.body["exercise"]
    who.numbers.add(number)
    who.heard = event.at
    if event.body["passed"]:
        who.passed.add(exercise)
    elif exercise != who.current or exercise not in who.tried:
        who.since = event.at
    who.current = exercise
    who.tried.add(exercise)


def folded(nickname: str) -> str:
    """A nickname as it is compared: ``Ada`` and ``ada`` would be one person to a reader."""
    return unicodedata.normalize("NFKC", nickname).casefold()
