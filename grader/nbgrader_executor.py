"""Our judge inside stock ``nbgrader``. One line of an ``nbgrader_config.py`` puts it there::

    c.Autograde.exporter_class = "grader.nbgrader_executor.GradeIsolated"

``nbgrader autograde`` and formgrader's button then start no kernel: each submission goes to one
warm judge, and each check cell gets its exercise's score as output, which is where nbgrader looks
for a mark, with the reasons beside it for the student. So the marks are those of ``grade``: partial
credit and all, and a warning on stderr turns nothing to 0. What nbgrader would trip over (a cut
file, an old schema, a link, a renamed notebook) gets a mark or a named reason like in ``grade``.
Your own lists of preprocessors stay as they are; only a step that runs notebooks is left out.

An assignment's name must be that of a lab: of one under the course's own root, else of this course.

Not here: how a submission is graded (``judge``), how it looks (``nbgrader_notebooks``), and the
gradebook, which nbgrader writes.
"""

from __future__ import annotations

import atexit
import contextlib
import glob
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from sqlalchemy.exc import SQLAlchemyError
from traitlets import Unicode
from traitlets.utils.importstring import import_item

from grader import grading, nbgrader_notebooks
from grader.course import labs
from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import choosing
from grader.judging.judge import Judge
from grader.judging.score import without_marks
from grader.marks import gradebook
from grader.records import LabResult, Submission
from grader.sandbox import Limits, Rungs
from grader.seeds import PUBLIC, Secret
from grader.workers import processes
from grader.workers.isolation import choose

_ATTEMPTS = 2


class GradeIsolated(NotebookExporter):  # type: ignore[misc]
    """Reads, grades and writes what ``nbgrader autograde`` converts, in the place of its kernel."""

    secret = Unicode("", help="Path of the course secret; none: public seeds.").tag(config=True)
    isolation = Unicode("strong", help="As grade's --isolation: strong or weak.").tag(config=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._course = self.parent.coursedir
        self._lab = self._find_lab()
        try:
            self._key = Secret.read(Path(self.secret)) if self.secret else PUBLIC
            self._rungs = choose(self.isolation)
        except UserError as error:
            setting = 'c.GradeIsolated.isolation = "'
            raise self._stop(str(error).replace("--isolation weak", f'{setting}weak"')) from error
        self._ignored = list(self._course.ignore)
        self._own_hook = self.parent.pre_convert_hook
        self.parent.pre_convert_hook = self._before_each
        for folder in self.parent.assignments:
            # The name that nbgrader knows; what really lies there is looked at when it is read.
            self.parent.assignments[folder] = [str(Path(folder, f"{self._lab.topic}.ipynb"))]

    def register_preprocessor(self, preprocessor: Any, enabled: bool = False) -> Any:
        """Take nbgrader's steps as they are configured, but none that runs a notebook."""
        step = import_item(preprocessor) if isinstance(preprocessor, str) else preprocessor
        if isinstance(step, type) and issubclass(step, ExecutePreprocessor):
            return None
        return super().register_preprocessor(step, enabled)

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> tuple[str, Any]:
        """Convert one notebook. nbgrader asks twice: to sanitise what was submitted, to grade it.

        Both times the submitted file decides, as in ``grade``, not what sanitising made of it.
        """
        path, where = Path(filename), resources["nbgrader"]
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        folder = Path(
            self._course.format_path(
                self._course.submitted_directory, where["student"], where["assignment"]
            )
        )
        submission = self._submission(where["student"], folder)
        if path.parent == folder:
            return self._sanitised(submission, resources, **kw)
        result = self._graded(submission)
        if result.reason:
            self.log.warning("%s, %s: %s", result.student, result.lab, result.reason)
        notebook = nbformat.read(path, as_version=4)
        nbgrader_notebooks.show(notebook, result)
        converted = self.from_notebook_node(notebook, resources, **kw)
        self._ask_for_a_look(result, where)
        return converted  # type: ignore[no-any-return]

    def _find_lab(self) -> Lab:
        name, root = self._course.assignment_id, Path(self._course.root)
        try:
            lab = labs.find(root).get(name) or labs.find().get(name)
        except UserError as error:
            raise self._stop(str(error)) from error
        if lab is None:
            known = ", ".join({**labs.find(root), **labs.find()})
            raise self._stop(f"{name} is no lab with hidden checks: there is {known}")
        return lab

    def _stop(self, why: str) -> NbGraderException:
        """One line in the log, and the exception that nbgrader ends on without a traceback."""
        self.log.error(why)
        return NbGraderException(why)

    def _before_each(self, assignment: str, student: str, notebooks: list[str]) -> None:
        """Let no link, pipe or device of a submission be copied: nbgrader would follow it."""
        odd = [
            glob.escape(path.name)
            for path in Path(notebooks[0]).parent.rglob("*")
            if path.is_symlink() or not (path.is_file() or path.is_dir())
        ]
        self._course.ignore = self._ignored + odd
        if self._own_hook:
            self._own_hook(assignment=assignment, student=student, notebooks=notebooks)

    def _submission(self, student: str, folder: Path) -> Submission:
        try:
            return choosing.notebook_in(student, self._lab, folder)
        except OSError as error:
            reason = f"the folder cannot be read: {error.strerror}"
            return Submission(student, self._lab.name, None, "unreadable", reason)

    def _sanitised(self, submission: Submission, resources: Any, **kw: Any) -> tuple[str, Any]:
        whole = nbgrader_notebooks.readable(submission.notebook, self._lab)
        try:
            return self.from_notebook_node(whole, resources, **kw)  # type: ignore[no-any-return]
        except SQLAlchemyError:
            raise  # the gradebook's trouble, and everyone's
        except Exception as error:
            self.log.warning("%s: shown as released (%r)", submission.notebook, error)
        whole = nbgrader_notebooks.readable(None, self._lab)
        return self.from_notebook_node(whole, resources, **kw)  # type: ignore[no-any-return]

    def _graded(self, submission: Submission) -> LabResult:
        for _ in range(_ATTEMPTS):
            judge = _Bench.judge(self._key, self._rungs)
            try:
                return judge.grade(submission, self._lab)
            except Exception:
                self.log.exception("grading broke on %s", submission.notebook)
                _Bench.clear()  # whatever state it left behind
        reason = "grading itself broke on this notebook, twice: an instructor must look"
        broken = Submission(submission.student, submission.lab, None, "unreadable", reason)
        return without_marks(broken, self._lab)

    def _ask_for_a_look(self, result: LabResult, where: dict[str, str]) -> None:
        """Flag for a human what `grade` leaves out of its gradebook: no mark can stand alone."""
        faulty = {f"check_{e.name}" for e in result.exercises if gradebook.faults(e)}
        if result.status == "graded" and not faulty:
            return
        with Gradebook(where["db_url"], self._course.course_id) as book:
            submitted = book.find_submission_notebook(
                where["notebook"], where["assignment"], where["student"]
            )
            for grade in submitted.grades:
                if result.status != "graded" or grade.cell.name in faulty:
                    grade.needs_manual_grade = True
            book.db.commit()


class _Bench:
    """The one judge of this process, warm from the first submission on.

    Formgrader's server keeps it from button to button: a new press costs no start.
    """

    _held: dict[tuple[Secret, Rungs], Judge] = {}  # noqa: RUF012  (the process's one state)
    _until_exit = contextlib.ExitStack()

    @classmethod
    def judge(cls, secret: Secret, rungs: Rungs) -> Judge:
        """Return the judge for this secret, made on the first call."""
        if (secret, rungs) not in cls._held:
            cls.clear()
            nursery = cls._until_exit.enter_context(processes.nursery(Limits()))
            grading.warm_up(())
            cls._held[secret, rungs] = Judge(nursery, secret)
        return cls._held[secret, rungs]

    @classmethod
    def clear(cls) -> None:
        """Let the judge and its warm parent go."""
        cls._held.clear()
        cls._until_exit.close()


atexit.register(_Bench.clear)
