"""The same class through ``grade``, in a process of its own like the others.

``python -m tests.peers.ours submitted/ marks/ 2`` grades with two judges, and says when each
submission is done.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from grader import grading, sandbox
from grader.course.labs import ROOT, Lab, named
from grader.ledger import results
from grader.seeds import PUBLIC
from tests import sample_class
from tests.peers import classes, measure, stock_nbgrader
from tests.peers.classes import Notebook
from tests.peers.measure import Timeline

_GRADED = "ours-graded"


def grade(
    folder: Path, lab: Lab, notebooks: Mapping[str, Notebook], judges: int
) -> tuple[Timeline, dict[str, dict[str, float]]]:
    """Grade a class; return what it took, and the marks: student -> exercise -> score."""
    for student, notebook in notebooks.items():
        path = folder / "submitted" / student / lab.name / f"{lab.topic}.ipynb"
        classes.write(notebook, path)
    out = folder / f"marks-{judges}"
    command = [sys.executable, "-m", "tests.peers.ours", str(folder / "submitted"), str(out)]
    environment = stock_nbgrader.environment()
    timeline = measure.run([*command, str(judges)], _GRADED, ROOT, environment, 600)
    return timeline, {
        result.student: {exercise.name: exercise.score for exercise in result.exercises}
        for result in results.read(out / "results.jsonl")
    }


def main(place: str, out: str, judges: str) -> None:
    """Grade, and print a line for each result as it comes."""
    order = grading.Order(
        place=Path(place),
        out=Path(out),
        labs=(named(sample_class.LAB),),
        workers=int(judges),
        secret=PUBLIC,
        rungs=sandbox.rungs(),
    )

    def said(step: grading.Step) -> None:
        if step.result is not None:
            print(_GRADED, step.result.student, flush=True)

    grading.grade(order, said)


if __name__ == "__main__":
    main(*sys.argv[1:])
