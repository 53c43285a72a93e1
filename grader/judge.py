"""The judge: takes one submission through extraction, the hidden checks and the score.

It holds the checks, the expected values and the seeds. The student's code runs in a worker
(`processes`), reached over a line (`lines`); this process never runs a line of it.
"""

from __future__ import annotations

import re

from grader import exam, plugin, reference
from grader.exam import Key, Outcome
from grader.extract import Unreadable, extract, literal
from grader.labs import Lab
from grader.lines import RemoteLine, StudentError
from grader.processes import Nursery
from grader.recognise import recognise
from grader.records import CheckStatus, LabResult, Program, Submission
from grader.score import score, without_marks
from grader.seeds import PUBLIC, Secret
from grader.student import Student


class RemoteExam:
    """A student's notebook before the checks."""

    def __init__(self, key: Key, program: Program, line: RemoteLine, cpu: int) -> None:
        self.key = key
        self._program = program
        self._line = line
        self._cpu = cpu
        self._failed: list[str] = []  # exercises, in the order in which they failed
        self._stood_in: set[str] = set()
        self._out_of_time: set[str] = set()

    def student(self, exercise: str) -> Student:
        """See `exam.Exam`. Exercise n runs on the solution's versions of what failed before."""
        if exercise in self._out_of_time:
            raise StudentError("not run: an earlier check of this exercise ran out of a limit")
        if exercise in self._program.broken:
            raise StudentError(self._program.broken[exercise])
        functions = [n for n in self._failed if not reference.is_value(self.key.lab, n)]
        news = [n for n in functions if n != exercise and n not in self._stood_in]
        self._stood_in.update(news)
        if news:
            self._line.stand_in(news)
        self._line.begin()
        student = Student(self._line, reference.promised(self.key.lab), self._cpu)
        # The rest of the exercise's checks need not wait for the same limit again.
        student.on_limit = lambda: self._out_of_time.add(exercise)
        return student

    def done(self, exercise: str, status: CheckStatus) -> None:
        """Remember which exercises failed."""
        if status in ("FAIL", "ERROR") and exercise not in self._failed:
            self._failed.append(exercise)


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

    def grade(self, submission: Submission, lab: Lab) -> LabResult:
        """Grade one submission; whatever is wrong with it is in the result."""
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
        elif self._secret == PUBLIC and isinstance(typed, str) and typed != student:
            notes.append(f"the planted challenge was made for the name {typed[:80]!r}")
        key = Key(self._secret, student, lab)
        line = RemoteLine(self._nursery, lab, program.statements)
        try:
            outcomes = self._sit(key, program, line)
            for position, why in sorted(line.problems.items()):
                if 0 <= position < len(program.statements):
                    at = program.statements[position]
                    notes.append(f"code cell {at.cell}, line {at.line} could not be run: {why}")
        finally:
            line.close()
        checks = recognise(key, outcomes)
        return score(submission, lab, checks, notes)

    def _sit(self, key: Key, program: Program, line: RemoteLine) -> list[Outcome]:
        sitting = RemoteExam(key, program, line, self._nursery.limits.cpu_call)
        outcomes = plugin.run(sitting)
        for index, outcome in enumerate(outcomes):
            if outcome.status == "FAULT":  # ours: once more, from a fresh worker
                line.close()
                outcomes[index] = exam.repeat(sitting, outcome)
            outcomes[index].message = _explained(outcomes[index], program, line)
        return outcomes


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
