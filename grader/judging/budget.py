"""What one submission may still use, of processor time and of waiting.

The judge keeps it: by its own clock, and by what process 1 of the worker's namespace (`session`)
says of the worker's. A worker that ends and is started again wins nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from grader.sandbox import Limits


@dataclass(frozen=True)
class Allowance:
    """So many seconds are left, and how a message names the limit that ends them."""

    left: float
    name: str


class Budget:
    """One submission's account.

    Args:
        limits: the limits of the run.
        seconds: exercise -> processor time, where the lab grants one more than usual.
    """

    def __init__(self, limits: Limits, seconds: Mapping[str, int]) -> None:
        self._limits = limits
        self._seconds = seconds
        self._exercise: str | None = None
        self._spent = 0.0  # by workers that have ended
        self._spent_before = 0.0  # of it and of the running worker, before this exercise
        self._begun = self._exercise_begun = time.monotonic()

    def begin(self, exercise: str, running: float) -> None:
        """Open an exercise's account; ``running`` is the present worker's time so far."""
        if exercise != self._exercise:
            self._exercise = exercise
            self._spent_before = self._spent + running
            self._exercise_begun = time.monotonic()

    def turns_to(self, exercise: str) -> bool:
        """Is this another exercise than the one whose account is open?"""
        return exercise != self._exercise

    def used_up(self) -> str | None:
        """Name the limit of the whole submission that has been reached, if one has."""
        limits = self._limits
        if self._spent >= limits.cpu_total:
            return f"{limits.cpu_total} s of processor time in all"
        if time.monotonic() - self._begun >= limits.wall_total:
            return f"{limits.wall_total} s of waiting in all"
        return None

    def ended(self, used: float | None) -> None:
        """Take note that a worker ended after so many seconds of processor time, if known."""
        self._spent += used or 0.0

    def excuse(self, seconds: float) -> None:
        """Do not count so many seconds of waiting: they were ours, until a worker was there."""
        self._begun += seconds
        self._exercise_begun += seconds

    def call(self) -> Allowance:
        """Return how much processor time one call may take."""
        seconds = max(self._limits.cpu_call, self._granted(0))
        return Allowance(seconds, f"{seconds} s of processor time in one call")

    def total(self) -> Allowance:
        """Return how much the present worker may take in its whole life."""
        exercise = self._granted(self._limits.cpu_exercise)
        whole = self._limits.cpu_total
        left = [Allowance(whole - self._spent, f"{whole} s of processor time in all")]
        if self._exercise is not None:
            spent = self._spent - self._spent_before
            name = f"{exercise} s of processor time for one exercise"
            left.append(Allowance(exercise - spent, name))
        return min(left, key=lambda allowance: allowance.left)

    def waiting(self) -> Allowance:
        """Return how long the judge waits for one call."""
        factor, now = self._limits.wall_factor, time.monotonic()
        call = self.call().left * factor
        exercise = self._granted(self._limits.cpu_exercise) * factor
        whole = self._limits.wall_total
        return min(
            Allowance(call, f"{call:g} s of waiting for one call"),
            Allowance(
                self._exercise_begun + exercise - now, f"{exercise} s of waiting for one exercise"
            ),
            Allowance(self._begun + whole - now, f"{whole} s of waiting in all"),
            key=lambda allowance: allowance.left,
        )

    def _granted(self, usual: int) -> int:
        return self._seconds.get(self._exercise or "", usual)
