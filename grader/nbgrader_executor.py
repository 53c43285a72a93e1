"""Our judge inside stock ``nbgrader autograde``: what ``nbgrader_config.py`` names.

``GradeIsolated`` takes the place of nbgrader's ``Execute``. It starts no kernel: the submission
goes to the judge, and each check cell gets its exercise's score as output, which is where nbgrader
looks for a mark, with the reasons beside it for the student. So the marks are those of ``grade``,
and a warning on stderr turns nothing to 0. One warm judge serves the whole command.

``RestoreCells`` comes first: nbgrader ends the batch, for everyone after, at a cell with incomplete
metadata, and forgets a check cell that was deleted. ``use_released_name`` comes before that, as
nbgrader's hook: it refuses a notebook that was renamed, though it be the only one.

Not here: how a submission is graded (``judge``) and nbgrader's gradebook, which nbgrader writes.
"""

from __future__ import annotations

import atexit
import contextlib
import html
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.nbgraderformat import (
    MetadataValidator,
    SchemaTooNewError,
    SchemaTooOldError,
    ValidationError,
)
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Unicode

from grader import grading, labs, processes
from grader import notebooks as released_notebooks
from grader.errors import UserError
from grader.judge import Judge
from grader.labs import Lab
from grader.records import CheckResult, ExerciseResult, LabResult, Submission
from grader.sandbox import Limits, rungs
from grader.seeds import PUBLIC, Secret

Resources = dict[str, Any]


def use_released_name(assignment: str, student: str, notebooks: list[str]) -> None:
    """Copies a student's only notebook to the released name beside it (a ``pre_convert_hook``).

    Args:
        assignment: nbgrader's pattern; not used, the path of a notebook says more.
        student: likewise.
        notebooks: paths of the submission's notebooks; changed in place.
    """
    if len(notebooks) != 1:
        return
    handed_in = Path(notebooks[0])
    lab = labs.find(handed_in.parents[3]).get(handed_in.parent.name)
    if lab is None or handed_in.stem == lab.topic or handed_in.is_symlink():
        return
    usual = handed_in.with_name(f"{lab.topic}.ipynb")
    shutil.copyfile(handed_in, usual)
    notebooks[:] = [str(usual)]


class RestoreCells(NbGraderPreprocessor):  # type: ignore[misc]
    """Gives a submission the cells and the metadata of the released notebook back."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Drops metadata that is broken or there twice, and adds what is missing."""
        lab = _lab(self, resources)
        released = {
            cell.metadata.nbgrader.grade_id: cell
            for cell in released_notebooks.student_notebook(lab.cells, lab.name).cells
            if "nbgrader" in cell.metadata
        }
        held = set()
        for cell in reversed(nb.cells):  # of two cells with one name the last counts
            name = _valid_name(cell)
            if name in released and name not in held:
                held.add(name)
            else:
                cell.metadata.pop("nbgrader", None)
        for cell in reversed(nb.cells):
            name = cell.get("id")
            if name in released and name not in held and cell.cell_type == released[name].cell_type:
                held.add(name)
                cell.metadata.nbgrader = released[name].metadata.nbgrader
        for name, cell in released.items():
            if name not in held and cell.metadata.nbgrader.grade:
                self.log.warning("%s: cell %s was missing and is put back", lab.name, name)
                if nb.nbformat_minor < 5:
                    del cell["id"]
                nb.cells.append(cell)
        return nb, resources


class GradeIsolated(NbGraderPreprocessor):  # type: ignore[misc]
    """Grades the submission in the judge and writes scores and reasons into the check cells."""

    secret = Unicode("", help="Path of the course secret; none: public seeds.").tag(config=True)
    isolate = Bool(True, help="False grades on a machine that cannot isolate students' code.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Grades what was submitted, not ``nb``: nbgrader has sanitised that, ``grade`` has not."""
        lab = _lab(self, resources)
        where = resources["nbgrader"]
        course = self.parent.parent.coursedir
        folder = Path(
            course.format_path(course.submitted_directory, where["student"], where["assignment"])
        )
        path = folder / f"{where['notebook']}.ipynb"
        submission = Submission(where["student"], lab.name, path)
        if path.is_symlink():
            reason = f"{path.name} is a link, not a file"
            submission = Submission(where["student"], lab.name, None, "unreadable", reason)
        result = _judge(self.secret, self.isolate).grade(submission, lab)
        if result.reason:
            self.log.warning("%s, %s: %s", result.student, result.lab, result.reason)
        for exercise in result.exercises:
            for cell in nb.cells:
                marks = cell.metadata.get("nbgrader", {})
                if marks.get("grade_id") == f"check_{exercise.name}" and marks.get("grade"):
                    _show(cell, exercise, result)
        return nb, resources


def _lab(preprocessor: NbGraderPreprocessor, resources: Resources) -> Lab:
    """The lab that nbgrader's assignment is; ``parent`` is the exporter, its parent the command."""
    root = Path(preprocessor.parent.parent.coursedir.root)
    lab = labs.find(root).get(resources["nbgrader"]["assignment"])
    if lab is None:
        raise UserError(f"{resources['nbgrader']['assignment']} is no lab of the course in {root}")
    return lab


def _valid_name(cell: NotebookNode) -> str | None:
    """The grade id of a cell whose metadata nbgrader will accept."""
    try:
        MetadataValidator().validate_cell(cell)
        name: str = cell.metadata.nbgrader.grade_id
        return name
    except (ValidationError, SchemaTooOldError, SchemaTooNewError):
        return None
    except (AttributeError, TypeError, KeyError):  # metadata that is no mapping, or has no name
        return None


@cache
def _judge(secret: str, isolate: bool) -> Judge:
    """The judge that serves this nbgrader command, with its warm workers' parent."""
    if isolate and not rungs().strong:
        raise UserError(
            "this machine cannot isolate students' code (see: python -m grader doctor); to grade "
            "all the same, set c.GradeIsolated.isolate = False in nbgrader_config.py"
        )
    until_exit = contextlib.ExitStack()
    atexit.register(until_exit.close)
    nursery = until_exit.enter_context(processes.nursery(Limits(), isolate=isolate))
    grading.warm_up(())
    return Judge(nursery, Secret.read(Path(secret)) if secret else PUBLIC)


def _show(cell: NotebookNode, exercise: ExerciseResult, result: LabResult) -> None:
    """Writes a score where nbgrader reads it, and what the student reads beside it."""
    # nbgrader refuses more than the cell's points, and rounding must not get there.
    score = min(exercise.score, float(cell.metadata.nbgrader.points))
    data = {"text/plain": repr(score), "text/html": _feedback(exercise, result)}
    cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]
    cell.execution_count = 1


def _feedback(exercise: ExerciseResult, result: LabResult) -> str:
    """One line per check; a student's own words are text here, never markup."""
    if not exercise.checks:
        return f"<p>{html.escape(result.reason or 'not graded')}</p>"
    items = "".join(f"<li>{_line(check)}</li>" for check in exercise.checks)
    return f"<p>{exercise.score:g} of {exercise.max_score:g} points</p><ul>{items}</ul>"


def _line(check: CheckResult) -> str:
    sentence = html.escape(check.message or check.id.replace("_", " ")).replace("\n", "<br>")
    text = f"<b>{check.status}</b> {sentence}"
    if check.misconception:
        text += f"<br><i>{html.escape(check.misconception)}</i>"
    return text
