"""The records that the stages of the pipeline hand to each other: plain, frozen data, no behaviour.

``Submission`` (collect) -> ``Program`` (extract) -> ``CheckResult`` (judge)
-> ``LabResult`` (score) -> report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

CheckStatus = Literal["PASS", "FAIL", "ERROR", "FAULT"]
"""FAIL: a property does not hold. ERROR: the student's code raised or ran out of a named limit.
FAULT: our own failure; never a student's zero."""

LabStatus = Literal["graded", "unreadable", "missing"]


@dataclass(frozen=True)
class Submission:
    """One student's notebook for one lab, or the reason why there is none.

    ``notebook`` is None when ``status`` is not "graded"; ``reason`` is then a sentence for people.
    """

    student: str
    lab: str
    notebook: Path | None
    status: LabStatus = "graded"
    reason: str = ""
    members: tuple[str, ...] = ()  # of the group that handed it in together, itself among them


@dataclass(frozen=True)
class HandedIn:
    """What is known of how one student's notebook for one lab came in; no mark hangs on it here."""

    student: str
    lab: str
    system: str = ""  # canvas, moodle, gradescope, nbgrader
    key: str = ""  # Canvas' user id, Moodle's participant number, Gradescope's submission
    name: str = ""  # the student's, or the group's, in that system
    email: str = ""
    file: str = ""  # as it was called there
    when: str = ""  # ISO 8601 with its offset, where the system says it
    late: bool | None = None  # as the system says; None where it does not
    late_seconds: float | None = None  # by how much, where it says that


@dataclass(frozen=True)
class Timing:
    """How long a submission took on the machine that graded it, in seconds by the clock.

    It is no part of a result: that is the same on every machine.
    """

    student: str
    lab: str
    exercises: Mapping[str, float]  # those that were run, not taken over from an earlier result
    rest: float  # reading the notebook, starting its worker, naming mistakes


@dataclass(frozen=True)
class Unused:
    """A file that was handed in and is not graded, with the reason, a sentence for people."""

    file: str
    why: str


@dataclass(frozen=True)
class Statement:
    """One top-level statement that the worker runs: its source and where the student finds it."""

    source: str
    cell: int  # 1-based position of the cell in the notebook
    line: int  # 1-based line inside the cell


@dataclass(frozen=True)
class Program:
    """What the worker runs of a notebook: imports, definitions and constants, in order."""

    statements: tuple[Statement, ...]
    left_out: dict[str, int] = field(
        default_factory=dict
    )  # notebook variable -> cell it is made in
    notes: tuple[str, ...] = ()  # remarks on the notebook itself: a cell twice, a cell lost
    broken: dict[str, str] = field(default_factory=dict)  # exercise -> why it is not even tried


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one hidden check for one submission."""

    id: str  # the test's name, unique within its exercise
    status: CheckStatus
    message: str = ""  # for the student; empty for PASS
    misconception: str | None = None  # the recognised misconception's sentence


@dataclass(frozen=True)
class ExerciseResult:
    """An exercise's mark: its points in proportion to the checks that passed."""

    name: str
    score: float
    max_score: float
    checks: tuple[CheckResult, ...]
    digest: str = ""  # of all that the checks' outcomes hang on, points are not in it


@dataclass(frozen=True)
class ManualQuestion:
    """A written question that a human marks; it is not part of ``LabResult.max_score``."""

    name: str
    max_score: float


@dataclass(frozen=True)
class LabResult:
    """One line of results.jsonl: one student, one lab."""

    student: str
    lab: str
    status: LabStatus
    reason: str
    score: float
    max_score: float
    exercises: tuple[ExerciseResult, ...]
    manual: tuple[ManualQuestion, ...] = ()
    digest: str = ""  # of all the mark hangs on: the same digest need not be graded again
