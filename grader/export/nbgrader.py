"""nbgrader's gradebook: a run's marks where formgrader and ``nbgrader export`` find them.

Everything goes through nbgrader's own API, and the lab's cells through its own SaveCells, so the
gradebook is what ``nbgrader generate_assignment`` and ``autograde`` leave. A check's cell gets its
exercise's score; where ``grade`` leaves a cell of its gradebook open (unreadable, a fault of ours)
and where a written question waits, nbgrader is told that a human must look. Who handed in nothing
gets no submission. Manual scores and comments that are there stay.

The work is done on a copy, which takes the gradebook's place at the end.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nbgrader.api import Assignment, Gradebook
from nbgrader.preprocessors import SaveCells
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from grader.course import notebooks
from grader.course.labs import Lab
from grader.errors import UserError
from grader.marks import gradebook
from grader.marks.run import Marks
from grader.records import LabResult

USUAL = "gradebook.db"
_COURSE = "default_course"  # nbgrader's own name for a course that has none


def write(marks: Marks, labs: Mapping[str, Lab], target: Path) -> str:
    """Write results into a gradebook, new or existing; see `grader.export`.

    They are written as they are: nbgrader has late penalties of its own.

    Raises:
        UserError: the results are of another version of a lab, or the file is no gradebook that
            can be written. It is then as it was.
    """
    results = marks.results
    names = sorted({result.lab for result in results})
    for name in names:
        if name not in labs:
            raise UserError(f"the results hold marks for {name}, which is no lab of this course")
        _same_lab(labs[name], [result for result in results if result.lab == name])
    handed_in = [result for result in results if result.status != "missing"]
    with _copy(target) as copy, _alembic_in_reach(), warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's way of adding a submission
        for name in names:
            _add_lab(copy, labs[name])
            _add_marks(copy, labs[name], [r for r in handed_in if r.lab == name])
    return f"{len(handed_in)} submissions of {', '.join(names)} are in {target}"


def _same_lab(lab: Lab, results: Iterable[LabResult]) -> None:
    """Refuse marks that mean something else by now."""
    asked = {exercise.name: exercise.points for exercise in lab.exercises}
    for result in results:
        if {e.name: e.max_score for e in result.exercises} != asked:
            raise UserError(
                f"{lab.name} has other exercises or points than when {result.student} was graded: "
                "run grade again first"
            )


@contextlib.contextmanager
def _copy(target: Path) -> Iterator[Path]:
    """Lend a copy of the gradebook; put it in place when all went well."""
    part = target.with_name(target.name + ".part")
    try:
        with contextlib.ExitStack() as until_replaced:
            part.unlink(missing_ok=True)
            if target.exists():
                source = until_replaced.enter_context(contextlib.closing(sqlite3.connect(target)))
                source.execute("BEGIN IMMEDIATE")  # others may read meanwhile, and not write
                reader = until_replaced.enter_context(contextlib.closing(sqlite3.connect(target)))
                with contextlib.closing(sqlite3.connect(part)) as destination:
                    reader.backup(destination)
                shutil.copymode(target, part)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
            yield part
            part.replace(target)
    except (sqlite3.Error, SQLAlchemyError, OSError) as error:
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise UserError(
            f"{target} cannot be written as an nbgrader gradebook ({why}); it is as it was. If an "
            "older nbgrader made it: nbgrader db upgrade"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _alembic_in_reach() -> Iterator[None]:
    """Let nbgrader find the command it runs by name, whether or not this venv is activated."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Gradebook]:
    """Open a gradebook as the course that it is of, if it is of one."""
    known: list[str] = []
    if path.exists():
        with Gradebook(_url(path), "") as book:
            known = [row[0] for row in book.db.query(Assignment.course_id).distinct()]
    with Gradebook(_url(path), known[0] if len(known) == 1 else _COURSE) as book:
        yield book


def _add_lab(path: Path, lab: Lab) -> None:
    """Add or renew the assignment and its cells, as ``nbgrader generate_assignment`` does."""
    with _opened(path) as book:
        book.update_or_create_assignment(lab.name, course_id=book.course_id)
    save = SaveCells()
    save.log.setLevel(logging.ERROR)
    where = {"notebook": lab.topic, "assignment": lab.name, "db_url": _url(path)}
    try:
        save.preprocess(notebooks.student_notebook(lab.cells, lab.name), {"nbgrader": where})
    except RuntimeError as error:  # nbgrader's word for cells that came or went
        raise UserError(
            f"the gradebook has submissions for another version of {lab.name}: export into a new "
            f"file ({error})"
        ) from error


def _add_marks(path: Path, lab: Lab, results: Iterable[LabResult]) -> None:
    with _opened(path) as book:
        for result in results:
            student = result.student.encode("utf-8", "backslashreplace").decode()
            book.update_or_create_student(student)
            book.update_or_create_submission(lab.name, student)
            scores = {f"check_{e.name}": e.score for e in result.exercises}
            doubtful = {
                f"check_{e.name}"
                for e in result.exercises
                if result.status != "graded" or gradebook.faults(e)
            }
            for grade in book.find_submission_notebook(lab.topic, lab.name, student).grades:
                if grade.name not in scores:  # a written question
                    waits = grade.auto_score is None and grade.manual_score is None
                elif grade.auto_score == scores[grade.name] and grade.manual_score is not None:
                    continue  # somebody has looked at this very mark
                else:
                    waits = grade.name in doubtful or grade.manual_score is not None
                    grade.auto_score = scores[grade.name]
                grade.needs_manual_grade = waits
        book.db.commit()


def _url(path: Path) -> str:
    return f"sqlite:///{path.resolve()}"
