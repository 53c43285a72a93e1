"""Grade a class: from a folder of submissions to marks on disk.

Each result is on disk before the next is begun by the same judge, so a run that is killed loses
only what was in the making; the same command again grades what is missing or has changed since.
Marks hang on the notebook, the lab and the secret alone, not on how many judges there are.
"""

from __future__ import annotations

import contextlib
import errno
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader import panel as panels
from grader.course import labs
from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import came_in
from grader.intake.collect import Collected, gather
from grader.intake.people import People
from grader.judging.digests import Digests
from grader.ledger import timings
from grader.ledger.ledger import Changes, Ledger, Standing
from grader.marks import gradebook
from grader.marks.filling import listed
from grader.marks.rules import Rules
from grader.marks.rules import final as final_mark
from grader.pages import about, feedback, report
from grader.panel import Panel
from grader.panel import warm_up as warm_up
from grader.records import LabResult, Submission
from grader.sandbox import Limits, Rungs
from grader.seeds import Secret
from grader.workers import leavings

_OF_THE_DISK = (
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.EACCES, errno.EPERM,
    errno.ENOTDIR, errno.EISDIR,
)  # fmt: skip


@dataclass(frozen=True)
class Order:
    """What an instructor asked for."""

    place: Path
    out: Path
    labs: tuple[Lab, ...]
    workers: int
    secret: Secret
    limits: Limits = field(default_factory=Limits)
    afresh: bool = False  # grade everything again, even where nothing has changed
    rungs: Rungs | None = None  # what holds a worker; all that this machine has when None
    people: People | None = None  # who is who in a platform's download
    rules: Rules | None = None  # for late work and dropped exercises: final marks on the pages


@dataclass(frozen=True)
class Graded:
    """A class with its marks: every result that holds, read from the disk as it is asked for."""

    results: Standing
    head: str  # of the hash chain
    changes: Changes  # since the seal before
    collected: Collected
    with_roster: bool

    def __iter__(self) -> Iterator[LabResult]:
        """Go through the results, by student, then lab."""
        return iter(self.results)

    def __len__(self) -> int:
        """Say how many there are."""
        return len(self.results)

    def counted(self) -> list[str]:
        """Say how many were graded, unreadable and missing, and what was not used."""
        count = Counter(result.status for result in self)
        kinds = [f"{count[s]} {s}" for s in ("graded", "unreadable", "missing") if count[s]]
        said = [f"{len(self)} submissions: {', '.join(kinds)}"]
        if unused := self.collected.unused:
            said.append(f"not used:  {len(unused)}, listed with the reasons in {came_in.UNUSED}")
        if strangers := self.collected.strangers:
            said.append(
                f"strangers: not in the roster, so named as the platform does: {listed(strangers)}"
            )
        if self.collected.system and not self.with_roster:
            said.append(
                f"students:  named as {self.collected.system.capitalize()} does, and planted "
                "challenges hang on the name: --roster FILE.csv says who is who"
            )
        return said


@dataclass(frozen=True)
class Step:
    """Progress: how many of how many are done, and the latest result (None at the start)."""

    done: int
    total: int
    result: LabResult | None


def grade(order: Order, on_step: Callable[[Step], None]) -> Graded:
    """Grade every submission that has no up-to-date result, then write all reports.

    Raises:
        UserError: nothing to grade, the chain of the results is broken, or the output folder cannot
            be written. What was graded is on disk all the same.
    """
    with leavings.folder() as scratch, _written(order.out):
        collected = gather(order.place, order.labs, scratch, order.people)
        with Ledger(order.out / "results.jsonl", order.secret) as ledger:
            return _grade(order, collected, ledger, on_step)


def _grade(
    order: Order, collected: Collected, ledger: Ledger, on_step: Callable[[Step], None]
) -> Graded:
    digests, by_name = Digests(order.secret), {lab.name: lab for lab in order.labs}
    submissions = collected.submissions
    waiting = {}
    for submission in submissions:
        digest = digests.submission(submission, by_name[submission.lab])
        entry = ledger.entry((submission.student, submission.lab))
        if order.afresh or entry is None or entry.is_ours or entry.digest != digest:
            waiting[submission] = digest
    done, total = len(submissions) - len(waiting), len(submissions)
    on_step(Step(done, total, None))
    ledger.begin()
    panel = Panel(
        order.labs, order.workers, order.secret, order.limits, order.rungs,
        lambda submission: _standing(submission, order, ledger),
        lambda timing: timings.add(order.out / timings.FILE, timing),
    )  # fmt: skip
    with contextlib.closing(panels.results(waiting, panel)) as stream:
        for submission, result in stream:
            ledger.add(replace(result, digest=waiting[submission]))
            done += 1
            on_step(Step(done, total, result))
    handed_in = {(submission.student, submission.lab) for submission in submissions}
    ledger.seal(key for key in ledger.known() if key[1] in by_name and key not in handed_in)
    came_in.write(order.out, collected.handed_in, collected.unused, by_name)
    final = ledger.standing()
    words = about.words({**labs.find(order.labs[0].root), **by_name}.values())
    gradebook.write(order.out / "gradebook.csv", final)
    shown = _final(order)
    feedback.write(order.out, final, words, shown)
    spent = timings.read(order.out / timings.FILE)
    report.write(order.out, final, words, shown, len(collected.unused), spent)
    return Graded(final, ledger.head, ledger.changes(), collected, bool(order.people))


def _standing(submission: Submission, order: Order, ledger: Ledger) -> LabResult | None:
    """The result to take unchanged outcomes over from: not where something of ours broke."""
    entry = ledger.entry((submission.student, submission.lab))
    if entry is None or entry.is_ours or order.afresh:
        return None
    return ledger.get((submission.student, submission.lab))


def _final(order: Order) -> feedback.Final | None:
    """What works final marks out; nothing where the course has no rules."""
    if order.rules is None:
        return None
    known, own = came_in.read(order.out), order.rules
    return lambda result: final_mark(result, known.get((result.student, result.lab)), own)


@contextlib.contextmanager
def _written(out: Path) -> Iterator[None]:
    """Say in one line that the disk is full or read-only; what was graded is on it."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        raise UserError(
            f"cannot write to {error.filename or out}: {error.strerror}. What was graded so far is "
            f"in {out / 'results.jsonl'}: make room, and the same command goes on from there"
        ) from error
