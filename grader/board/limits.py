"""How often somebody may ask: a bucket of tokens for each, which fills with time."""

from __future__ import annotations

from collections import OrderedDict

MOST_PEOPLE = 1_000
"""Participants of one board."""
MOST_REPORTS = 2_000
"""Checks of one participant: more than anybody makes in a day."""
BODY = 2_048
"""Bytes of a request."""
NICKNAME = 24
"""Characters."""


class Buckets:
    """A bucket for each of many.

    Args:
        size: how many at once.
        per_second: how fast a bucket fills again.
    """

    _MOST = 5_000  # kept; the longest untouched goes first, and is full again by then

    def __init__(self, size: int, per_second: float) -> None:
        self._size, self._rate = size, per_second
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # level, at

    def wait(self, who: str, now: float) -> float:
        """Seconds until there is a token for somebody; 0 when there is one."""
        return max(0.0, (1 - self._level(who, now)) / self._rate)

    def take(self, who: str, now: float) -> None:
        """Take a token."""
        self._levels[who] = (self._level(who, now) - 1, now)
        self._levels.move_to_end(who)
        if len(self._levels) > self._MOST:
            self._levels.popitem(last=False)

    def _level(self, who: str, now: float) -> float:
        level, at = self._levels.get(who, (float(self._size), now))
        return min(self._size, level + max(0.0, now - at) * self._rate)
