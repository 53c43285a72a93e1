"""The judges at work: submissions in, results out, whoever dies on the way.

A judge that dies, or a warm parent, costs what was in the making, and that is begun again. What
breaks a judge twice, alone with it, is put down as our fault, for the instructor.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from grader.course.labs import Lab
from grader.errors import UserError
from grader.judging.judge import Judge
from grader.judging.score import without_marks
from grader.ledger.ledger import OURS
from grader.records import LabResult, Submission, Timing
from grader.sandbox import Limits, Rungs
from grader.seeds import Secret
from grader.workers import processes
from grader.workers.processes import Nursery

_Judged = tuple[LabResult, Timing | None]

_ATTEMPTS = 2
_DEATHS = 10  # of the warm parent, without a single result between them

# One of each per judge process, made by `_sit_down`.
_judge: Judge | None = None
_labs: dict[str, Lab] = {}


@dataclass(frozen=True)
class Panel:
    """Who judges, and by what.

    Args:
        labs: the labs of the submissions.
        workers: how many judges at once.
        secret: the course secret.
        limits: what a worker may use.
        rungs: what holds a worker; all that this machine has when None.
        standing: gives the earlier result to take unchanged outcomes over from, if there is one.
        timed: is told how long each notebook took that was looked at.
    """

    labs: tuple[Lab, ...]
    workers: int
    secret: Secret
    limits: Limits
    rungs: Rungs | None
    standing: Callable[[Submission], LabResult | None]
    timed: Callable[[Timing], None] = lambda timing: None

    def lab(self, submission: Submission) -> Lab:
        """Return the lab of a submission."""
        return next(lab for lab in self.labs if lab.name == submission.lab)


def results(waiting: Iterable[Submission], panel: Panel) -> Generator[tuple[Submission, LabResult]]:
    """Yield results as they are ready.

    Raises:
        UserError: the warm parent dies again and again.
    """
    attempts: dict[Submission, int] = {}
    for submission in waiting:
        if submission.notebook is None:
            yield submission, without_marks(submission, panel.lab(submission))
        else:
            attempts[submission] = 0
    deaths = 0
    while attempts:
        if deaths == _DEATHS:
            raise UserError(
                f"the process that starts the workers died {deaths} times: see what it says above, "
                "and python -m grader doctor. What was graded is kept"
            )
        deaths += 1
        with processes.nursery(panel.limits, panel.rungs, ahead=True) as nursery:
            warm_up(panel.labs)
            while attempts and nursery.alive():
                for submission in [s for s, tried in attempts.items() if tried >= _ATTEMPTS]:
                    del attempts[submission]
                    yield submission, _broken(submission, panel.lab(submission))
                for graded in _round(attempts, nursery, panel):
                    deaths = 0
                    yield graded


def _round(
    attempts: dict[Submission, int], nursery: Nursery, panel: Panel
) -> Iterator[tuple[Submission, LabResult]]:
    """Grade until all is done or a judge or the warm parent has died; count who was before it."""
    # After a judge died, one at a time: it is then plain whose notebook it was.
    suspects = [submission for submission, tried in attempts.items() if tried]
    # By lab, so that the worker made ahead is for the right one.
    queue = sorted(suspects or attempts, key=lambda submission: submission.lab)
    queue.reverse()  # the next one is popped off the end
    if not queue:
        return
    count = 1 if suspects else min(panel.workers, len(queue))
    pool = processes.judges(count, _sit_down, nursery, panel.secret, panel.labs)
    running: dict[Future[_Judged], Submission] = {}
    try:
        while queue or running:
            while queue and len(running) < count:
                submission = queue.pop()
                try:
                    future = pool.submit(_grade_one, submission, panel.standing(submission))
                except BrokenProcessPool:  # a judge died that had nothing to do
                    return
                running[future] = submission
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                submission = running.pop(future)
                try:
                    result, timing = future.result()
                except (BrokenProcessPool, _Orphaned):
                    for suspect in (submission, *running.values()):
                        attempts[suspect] += 1
                    return
                except Exception:
                    attempts[submission] += 1
                    if attempts[submission] < _ATTEMPTS:
                        queue.append(submission)
                    continue
                del attempts[submission]
                yield submission, result
                if timing is not None:  # after the result: that must be on the disk first
                    panel.timed(timing)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Orphaned(Exception):
    """The warm parent is gone, and with it every worker: what a result then says is no mark."""


def _sit_down(nursery: Nursery, secret: Secret, labs: Sequence[Lab]) -> None:
    global _judge
    _judge = Judge(nursery, secret)
    _labs.update((lab.name, lab) for lab in labs)


def _grade_one(submission: Submission, standing: LabResult | None) -> _Judged:
    assert _judge is not None
    result = _judge.grade(submission, _labs[submission.lab], standing)
    if not _judge.alive:
        raise _Orphaned
    return result, _judge.timing


def _broken(submission: Submission, lab: Lab) -> LabResult:
    reason = f"grading itself broke on this notebook, twice: an instructor must look {OURS}"
    return without_marks(
        Submission(submission.student, submission.lab, None, "unreadable", reason), lab
    )


def warm_up(wanted: Sequence[Lab]) -> None:
    """Import and run once what every judge needs, so that forked judges share it.

    Raises:
        UserError: a file of hidden checks is not as it should be; names it.
    """
    import torch
    from labkit import cells, models

    from grader.intake import reading
    from grader.judging import plugin, reference
    from grader.judging.exam import Key, LocalExam
    from grader.seeds import PUBLIC

    torch.set_num_threads(1)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    for lab in wanted:
        with contextlib.suppress(reading.Unreadable):  # a student's own copy may be damaged
            given = reading.read(lab.released / f"{lab.topic}.ipynb")
            cells.remember(cell.source for cell in given.code)
        # One exam of our own, while the warm parent is still importing: it reads the checks and
        # makes the models' moulds.
        plugin.run(LocalExam(Key(PUBLIC, "nobody", lab), reference.definitions(lab)))
    models.random(0).run_with_cache(torch.zeros(1, 4, dtype=torch.int64))
    gc.collect()
    gc.freeze()  # what is here to stay need not be looked through again and again
