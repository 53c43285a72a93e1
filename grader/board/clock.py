"""The workshop's shared timer: started, paused and extended by the host; arithmetic only.

Times are seconds since the epoch, given by the caller; the clock itself never looks at one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from grader.board.plan import Plan, Stop

Press = Literal["start", "pause", "resume", "extend", "reset"]
State = Literal["ready", "running", "paused"]
PRESSES: tuple[Press, ...] = ("start", "pause", "resume", "extend", "reset")
MOST_MINUTES = 60
"""The most that one press extends by, or shortens."""
_SHORTEST = 1.0  # minutes that a stop keeps when it is cut short


@dataclass
class Clock:
    """Where a workshop stands in its time."""

    started: float | None = None
    paused: float | None = None  # since when
    pauses: list[tuple[float, float]] = field(default_factory=list)
    extensions: list[tuple[float, float]] = field(default_factory=list)  # (at minute, by minutes)

    @property
    def state(self) -> State:
        """Whether it runs."""
        if self.started is None:
            return "ready"
        return "running" if self.paused is None else "paused"

    def press(self, button: Press, at: float, minutes: float = 0.0) -> None:
        """Do what a button says; one that has no meaning now, such as a second start, does nothing.

        Args:
            button: which.
            at: now.
            minutes: for "extend", positive or negative: for the stop that the room is at.
        """
        if button == "start" and self.started is None:
            self.started = at
        elif button == "pause" and self.state == "running":
            self.paused = at
        elif button == "resume" and self.paused is not None:
            self.pauses.append((self.paused, max(at, self.paused)))
            self.paused = None
        elif button == "extend":
            self.extensions.append((self.elapsed(at) / 60, minutes))
        elif button == "reset":
            self.press("resume", at)
            self.started = self.paused = None
            self.extensions = []

    def elapsed(self, now: float) -> float:
        """Seconds that the timer has run, without pauses."""
        if self.started is None:
            return 0.0
        return self.worked(self.started, now)

    def worked(self, since: float, now: float) -> float:
        """Seconds between two times that were no pause: over a break nobody gets stuck."""
        breaks = [*self.pauses, *([(self.paused, now)] if self.paused is not None else [])]
        lost = sum(max(0.0, min(end, now) - max(start, since)) for start, end in breaks)
        return max(0.0, now - since - lost)

    def stops(self, plan: Plan) -> tuple[Stop, ...]:
        """The time path as extended: the stop at hand is longer or shorter, the later ones move."""
        stops = list(plan.stops)
        for at, minutes in self.extensions:
            here = next((i for i, stop in enumerate(stops) if at < stop.end), len(stops) - 1)
            stop = stops[here]
            # Past the end of all the room is at the last stop still.
            end = max(max(stop.end, at) + minutes, stop.start + _SHORTEST, at)
            moved = end - stop.end
            stops[here] = Stop(stop.task, stop.start, end)
            for later in range(here + 1, len(stops)):
                one = stops[later]
                stops[later] = Stop(one.task, one.start + moved, one.end + moved)
        return tuple(stops)
