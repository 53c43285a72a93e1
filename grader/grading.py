"""Grade a class: from a folder of submissions to marks on disk.

Each result is on disk before the next is begun by the same judge, so a run that is killed loses
only what was in the making; the same command again grades what is missing or has changed since.
Marks hang on the notebook, the lab and the secret alone, not on how many judges there are.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader import about, feedback, gradebook, labs, processes, report, results
from grader.collect import collect
from grader.judge import Judge
from grader.labs import Lab
from grader.processes import Nursery
from grader.records import LabResult, Submission
from grader.sandbox import Limits
from grader.score import without_marks
from grader.seeds import Secret, draw

_ATTEMPTS = 2
_OURS = "(our fault)"

_judge: Judge | None = None  # one per judge process, made by `_sit_down`


@dataclass(frozen=True)
class Order:
    """What an instructor asked for."""

    place: Path
    out: Path
    labs: tuple[Lab, ...]
    workers: int
    secret: Secret
    isolate: bool
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Step:
    """Progress: how many of how many are done, and the latest result (None at the start)."""

    done: int
    total: int
    result: LabResult | None


def grade(order: Order, on_step: Callable[[Step], None]) -> list[LabResult]:
    """Grade every submission that has no up-to-date result, then write all reports.

    Raises:
        UserError: nothing to grade, or the output folder cannot be written.
    """
    path = order.out / "results.jsonl"
    with tempfile.TemporaryDirectory(prefix="interp-labs-") as scratch:
        submissions = collect(order.place, order.labs, Path(scratch))
        digests = {(s.student, s.lab): digest(s, labs_by(order)[s.lab], order.secret)
                   for s in submissions}  # fmt: skip
        standing = {
            (r.student, r.lab): r
            for r in results.read(path)
            if digests.get((r.student, r.lab)) == r.digest and not _is_ours(r)
        }
        waiting = [s for s in submissions if (s.student, s.lab) not in standing]
        on_step(Step(len(standing), len(submissions), None))
        with contextlib.closing(_graded(waiting, order)) as stream:
            for result in stream:
                result = replace(result, digest=digests[result.student, result.lab])
                results.append(path, result)
                standing[result.student, result.lab] = result
                on_step(Step(len(standing), len(submissions), result))
    final = results.in_order(standing.values())
    results.finish(path, final)
    gradebook.write(order.out / "gradebook.csv", final)
    words = about.words(order.labs)
    feedback.write(order.out, final, words)
    report.write(order.out, final, words)
    return final


def labs_by(order: Order) -> dict[str, Lab]:
    """Return the order's labs by name."""
    return {lab.name: lab for lab in order.labs}


def digest(submission: Submission, lab: Lab, secret: Secret) -> str:
    """Return a digest of all that a mark hangs on: the file, the lab, the secret."""
    state = hashlib.sha256()
    state.update(repr((submission.status, submission.reason)).encode())
    if submission.notebook is not None:
        with contextlib.suppress(OSError):
            state.update(hashlib.sha256(submission.notebook.read_bytes()).digest())
    for path in [lab.source, *sorted(lab.checks.rglob("*.py")), *sorted(lab.released.glob("*.py"))]:
        state.update(hashlib.sha256(path.read_bytes()).digest())
    state.update(str(draw(secret, "digest")).encode())
    return state.hexdigest()[:16]


def _graded(waiting: Sequence[Submission], order: Order) -> Generator[LabResult]:
    """Yield results as they are ready, from as many judges as asked for."""
    if not waiting:
        return
    by_name = labs_by(order)
    readable = [s for s in waiting if s.notebook is not None]
    for submission in waiting:
        if submission.notebook is None:
            yield without_marks(submission, by_name[submission.lab])
    if not readable:
        return
    with processes.nursery(order.limits, isolate=order.isolate) as nursery:
        warm_up(order.labs)
        attempts = dict.fromkeys(readable, 0)
        while attempts:
            left = [s for s, tried in attempts.items() if tried < _ATTEMPTS]
            for submission in [s for s in attempts if s not in left]:
                del attempts[submission]
                yield _broken(submission, by_name[submission.lab])
            # After a judge died, one at a time: it is then plain whose notebook it was.
            suspects = any(attempts[s] for s in left)
            count = 1 if suspects else min(order.workers, len(left))
            yield from _round(left, attempts, count, nursery, order)


def _round(
    left: Sequence[Submission],
    attempts: dict[Submission, int],
    count: int,
    nursery: Nursery,
    order: Order,
) -> Iterator[LabResult]:
    if not left:
        return
    by_name = labs_by(order)
    pool = processes.judges(count, _sit_down, nursery, order.secret)
    queue = list(reversed(left))
    running: dict[Future[LabResult], Submission] = {}
    try:
        while queue or running:
            while queue and len(running) < count:
                submission = queue.pop()
                future = pool.submit(_grade_one, submission, by_name[submission.lab])
                running[future] = submission
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                submission = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    attempts[submission] += 1
                    for other in running.values():
                        attempts[other] += 1
                    return
                except Exception:
                    attempts[submission] += 1
                    if attempts[submission] < _ATTEMPTS:
                        queue.append(submission)
                    continue
                del attempts[submission]
                yield result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _sit_down(nursery: Nursery, secret: Secret) -> None:
    global _judge
    _judge = Judge(nursery, secret)


def _grade_one(submission: Submission, lab: Lab) -> LabResult:
    assert _judge is not None
    return _judge.grade(submission, lab)


def _is_ours(result: LabResult) -> bool:
    """Did something of ours break? Then the next run tries again."""
    checks = [check for exercise in result.exercises for check in exercise.checks]
    return _OURS in result.reason or any(check.status == "FAULT" for check in checks)


def _broken(submission: Submission, lab: Lab) -> LabResult:
    reason = f"grading itself broke on this notebook, twice: an instructor must look {_OURS}"
    return without_marks(
        Submission(submission.student, submission.lab, None, "unreadable", reason), lab
    )


def warm_up(wanted: Sequence[Lab]) -> None:
    """Import and run once what every judge needs, so that forked judges share it."""
    import torch
    from labkit import models

    from grader import reference

    torch.set_num_threads(1)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    for lab in wanted:
        reference.definitions(lab)
    models.random(0).run_with_cache(torch.zeros(1, 4, dtype=torch.int64))


def choose_labs(name: str | None) -> tuple[Lab, ...]:
    """Return the named lab, or all labs.

    Raises:
        UserError: no lab of that name.
    """
    return (labs.named(name),) if name else tuple(labs.find().values())
