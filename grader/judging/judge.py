"""The judge: takes one submission through extraction, the hidden checks and the score.

It holds the checks, the expected values and the seeds. The student's code runs in a worker
(`processes`), reached over a line (`lines`); this process never runs a line of it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from labkit.planted.challenges import spelling

from grader.course.labs import Lab
from grader.judging import exam, plugin, reference
from grader.judging.digests import Digests
from grader.judging.exam import Key, Outcome
from grader.judging.extract import Unreadable, extract, literal
from grader.judging.lines import RemoteLine, StudentError
from grader.judging.recognise import recognise
from grader.judging.score import score, without_marks
from grader.records import CheckResult, CheckStatus, LabResult, Program, Submission, Timing
from grader.seeds import PUBLIC, Secret
from grader.student import Student
from grader.workers.processes import Nursery

_ATTEMPTS = 2
_MOST_NOTES = 10


class RemoteExam:
    """A student's notebook before the checks."""

    def __init__(self, key: Key, program: Program, line: RemoteLine) -> None:
        self.key = key
        self.program = program
        self.line = line
        self.failed: list[str] = []  # exercises, in the order in which they failed
        self._stood_in: set[str] = set()
        self._out_of_time: set[str] = set()

    def student(self, exercise: str) -> Student:
        """See `exam.Exam`. Exercise n runs on the solution's versions of what failed before."""
        if exercise in self._out_of_time:
            raise StudentError("not run: an earlier check of this exercise ran out of a limit")
        if exercise in self.program.broken:
            raise StudentError(self.program.broken[exercise])
        functions = [n for n in self.failed if not reference.is_value(self.key.lab, n)]
        news = [n for n in functions if n != exercise and n not in self._stood_in]
        self._stood_in.update(news)
        if news:
            self.line.stand_in(news)
        self.line.begin(exercise)
        student = Student(self.line, reference.promised(self.key.lab))
        # The rest of the exercise's checks need not wait for the same limit again.
        student.on_limit = lambda: self._out_of_time.add(exercise)
        return student

    def done(self, exercise: str, status: CheckStatus) -> None:
        """Remember which exercises failed."""
        if status in ("FAIL", "ERROR") and exercise not in self.failed:
            self.failed.append(exercise)


class Judge:
    """Grades submissions one after another with one warm parent.

    Args:
        nursery: where workers come from.
        secret: the course secret; the public one when there is none.
        as_typed: take the student's name from the notebook (``student_name = "..."``), for
            somebody who studies alone and has no class folder.
    """

    def __init__(
        self, nursery: Nursery, secret: Secret = PUBLIC, *, as_typed: bool = False
    ) -> None:
        self._nursery = nursery
        self._secret = secret
        self._as_typed = as_typed
        self._digests = Digests(secret)
        self._timing: Timing | None = None

    @property
    def timing(self) -> Timing | None:
        """How long the last notebook took; None before the first."""
        return self._timing

    @property
    def alive(self) -> bool:
        """Is the warm parent there? Without it, what a result says may be its end's doing."""
        return self._nursery.alive()

    def grade(
        self, submission: Submission, lab: Lab, standing: LabResult | None = None
    ) -> LabResult:
        """Grade one submission; whatever is wrong with it is in the result.

        Args:
            submission: the notebook.
            lab: its lab.
            standing: an earlier result: the outcomes of exercises are taken over from it where
                nothing that they hang on has changed.
        """
        began, self._timing = time.perf_counter(), None
        if submission.notebook is None:
            return without_marks(submission, lab)
        try:
            program = extract(submission.notebook, [e.name for e in lab.exercises])
        except Unreadable as error:
            return without_marks(
                Submission(submission.student, lab.name, None, "unreadable", str(error)), lab
            )
        typed = literal(program, "student_name")
        student = submission.student
        notes = list(program.notes)
        if self._as_typed and isinstance(typed, str) and typed.strip():
            student = typed
        elif submission.members:  # the challenge of one of them is everybody's
            student = _member(typed, submission.members)
        elif self._secret == PUBLIC and isinstance(typed, str) and typed != student:
            notes.append(f"the planted challenge was made for the name {typed[:80]!r}")
        key = Key(self._secret, student, lab)
        for attempt in range(_ATTEMPTS):
            line = RemoteLine(self._nursery, lab, program.statements)
            try:
                sheet = self._sit(RemoteExam(key, program, line), standing)
            finally:
                line.close()
            # A worker may be killed from outside: that is nobody's mark, unless it comes again.
            if not line.killed or attempt == _ATTEMPTS - 1:
                break
        if sheet.kept and standing is not None:  # so its notebook said the same
            notes = [standing.reason] if standing.reason else []
        else:
            notes += _not_run(program, line.problems)
        result = score(submission, lab, recognise(key, sheet.outcomes) | sheet.kept, notes)
        marks = [replace(mark, digest=sheet.digests[mark.name]) for mark in result.exercises]
        rest = time.perf_counter() - began - sum(sheet.seconds.values())
        self._timing = Timing(submission.student, lab.name, sheet.seconds, rest)
        return replace(result, exercises=tuple(marks))

    def _sit(self, sitting: RemoteExam, standing: LabResult | None) -> _Sheet:
        lab, program = sitting.key.lab, sitting.program
        before = {mark.name: mark for mark in standing.exercises} if standing else {}
        of_program = self._digests.program(program, sitting.key.student)
        sheet = _Sheet()
        for exercise in lab.exercises:
            digest = self._digests.exercise(lab, exercise, of_program, sitting.failed)
            sheet.digests[exercise.name] = digest
            mark = before.get(exercise.name)
            if mark is not None and mark.digest == digest:
                sheet.kept[exercise.name] = list(mark.checks)
                for check in mark.checks:
                    sitting.done(exercise.name, check.status)
            else:
                began = time.perf_counter()
                sheet.outcomes += self._run(sitting, exercise.name)
                sheet.seconds[exercise.name] = time.perf_counter() - began
        return sheet

    def _run(self, sitting: RemoteExam, exercise: str) -> list[Outcome]:
        outcomes = plugin.run(sitting, [exercise])
        for index, outcome in enumerate(outcomes):
            if outcome.status == "FAULT":  # ours: once more, from a fresh worker
                sitting.line.close()
                outcomes[index] = _attributed(sitting.key, exam.repeat(sitting, outcome))
                sitting.done(exercise, outcomes[index].status)
            outcomes[index].message = _explained(outcomes[index], sitting.program, sitting.line)
        return outcomes


@dataclass
class _Sheet:
    """What came of one sitting."""

    outcomes: list[Outcome] = field(default_factory=list)
    kept: dict[str, list[CheckResult]] = field(default_factory=dict)  # by exercise
    digests: dict[str, str] = field(default_factory=dict)  # by exercise
    seconds: dict[str, float] = field(default_factory=dict)  # by exercise, of those that were run


def _attributed(key: Key, outcome: Outcome) -> Outcome:
    """Say whose a check's breaking is: one that does not break on the solution broke on a reply.

    Else a reply that a check stumbles over would take the check out of the mark.
    """
    if outcome.error is None or isinstance(outcome.error, OSError):  # no worker: always ours
        return outcome
    solution = exam.LocalExam(key, reference.definitions(key.lab))
    if exam.repeat(solution, outcome).status == "FAULT":
        return outcome
    told = "What came back has not the form that the exercise asks for: it could not be looked at."
    message = f"{exam.said_by(outcome.of.function)}\n{told}"
    return Outcome(outcome.of, "FAIL", message, outcome.trace)


def _member(typed: object, members: Sequence[str]) -> str:
    """Return the member of a group whose name stands in the notebook; the first if nobody's."""
    name = typed if isinstance(typed, str) and typed.strip() else members[0]
    return next((m for m in members if spelling(m) == spelling(name)), members[0])


def _not_run(program: Program, problems: Mapping[int, str]) -> list[str]:
    """Say which statements could not be run, each reason once."""
    places: dict[str, list[str]] = {}
    for position, why in sorted(problems.items()):
        if 0 <= position < len(program.statements):
            at = program.statements[position]
            places.setdefault(why, []).append(f"code cell {at.cell}, line {at.line}")
    notes = [
        f"{found[0]} {f'and {len(found) - 1} more ' if found[1:] else ''}could not be run: {why}"
        for why, found in places.items()
    ]
    if len(notes) > _MOST_NOTES:
        notes[_MOST_NOTES:] = [f"{len(notes) - _MOST_NOTES} more reasons of this kind"]
    return notes


def _explained(outcome: Outcome, program: Program, line: RemoteLine) -> str:
    """Add to a message what only the notebook can tell: a name that grading does not have."""
    message = outcome.message
    unknown = re.search(r"name '(\w+)' is not defined", message)
    if outcome.status == "ERROR" and unknown and unknown[1] in program.left_out:
        return (
            f"{message}. `{unknown[1]}` is made by an experiment in code cell "
            f"{program.left_out[unknown[1]]}, which grading does not run: pass it as an argument"
        )
    return message
