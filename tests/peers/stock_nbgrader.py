"""A course of stock nbgrader, with hidden test cells that run our checks."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook

from grader.course.labs import ROOT, Lab
from tests.peers import classes, measure
from tests.peers.classes import Notebook
from tests.peers.measure import Timeline

_CONFIG = """\
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "bench"
c.Execute.timeout = {seconds}
"""
STARTS = "Sanitizing"
"""What nbgrader says when it turns to the next submission."""


@dataclass(frozen=True)
class Course:
    """One course with one assignment."""

    folder: Path
    lab: Lab
    assignment: str
    code: Path = ROOT  # where its kernels find our checks
    told: Path | None = None  # see `bridge`

    def nbgrader(self, *arguments: str, seconds: float, before: Sequence[str] = ()) -> Timeline:
        """Run one of its commands and watch it."""
        command = [*before, sys.executable, "-m", "nbgrader", *arguments]
        variables = environment(code=self.code, told=self.told)
        return measure.run(command, STARTS, self.folder, variables, seconds)

    def hand_in(self, notebooks: Mapping[str, Notebook]) -> None:
        """Put notebooks where nbgrader looks for what was submitted."""
        for student, notebook in notebooks.items():
            folder = self.folder / "submitted" / student / self.assignment
            classes.write(notebook, folder / f"{self.lab.topic}.ipynb")

    def marks(self) -> dict[str, dict[str, float]]:
        """Return what is in the gradebook: student -> exercise -> score."""
        with Gradebook(f"sqlite:///{self.folder / 'gradebook.db'}") as book:
            return {
                submission.student.id: {
                    grade.name.removeprefix("check_"): float(grade.score)
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                    if grade.name.startswith("check_")
                }
                for submission in book.assignment_submissions(self.assignment)
            }


def course(
    folder: Path,
    lab: Lab,
    source: Notebook,
    seconds: int = 600,
    code: Path = ROOT,
    told: Path | None = None,
) -> Course:
    """Make a course and release its assignment.

    Args:
        folder: where; it is made.
        lab: whose notebook it is.
        source: with solutions and hidden tests.
        seconds: nbgrader's own limit for a cell.
        code, told: see `environment`.
    """
    made = Course(folder, lab, "lab", code, told)
    classes.supplement(lab, folder / "source" / "lab")
    classes.write(source, folder / "source" / "lab" / f"{lab.topic}.ipynb")
    (folder / "nbgrader_config.py").write_text(_CONFIG.format(root=str(folder), seconds=seconds))
    done = made.nbgrader("generate_assignment", "lab", seconds=120)
    if done.code:
        raise RuntimeError(f"nbgrader could not release the lab: {done.said[-2000:]}")
    return made


def environment(
    path: Path | None = None, code: Path = ROOT, told: Path | None = None
) -> dict[str, str]:
    """Return the environment of a grader that runs our checks in its kernels.

    Args:
        path: the folder of its programs; that of this Python when None.
        code: the checkout whose checks are run.
        told: a file for what the checks say; see `bridge`.
    """
    programs = path or Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join([str(code), str(code / "labs")]),
        "PEERS_TOLD": str(told or os.devnull),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
    }
