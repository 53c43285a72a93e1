"""What ``make bench`` prints of the peers: what a submission costs each grader."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from grader.course import labs
from grader.course.labs import Lab
from grader.errors import UserError
from tests import sample_class
from tests.peers import classes, otter_grader, ours, stock_nbgrader
from tests.peers.classes import Notebook
from tests.peers.measure import Timeline

_CLASS = 28  # notebooks for us
_FEW = 2  # for those who take long
_PATIENCE = 600  # seconds for one grader

Marks = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Cost:
    """What one grader took for a submission, its own start left out.

    Attributes:
        who: the grader and how it was run.
        submissions: how many were counted.
        wall, cpu: seconds a submission.
        memory: bytes, at the highest.
        same: how many exercises got the mark that we give, of how many.
    """

    who: str
    submissions: int
    wall: float
    cpu: float
    memory: int
    same: str


def compare() -> Table:
    """Grade one class with every grader, and compare what a submission costs."""
    lab = labs.named(sample_class.LAB)
    rows = Table(
        "grader", "counted", "a minute", "wall s", "CPU s", "peak MB", "marks as ours",
        "times ours",
        title=f"{lab.name}: what one submission costs, same notebooks and checks",
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="interp-labs-peers-") as folder:
        pupils = classes.pupils(lab, _CLASS)
        costs: list[Cost | str] = []
        marks: Marks = {}
        for judges in (1, 2):
            timeline, marks = ours.grade(Path(folder), lab, pupils, judges)
            costs.append(_ours(judges, timeline))
        costs.append(_nbgrader(Path(folder) / "lean", lab, pupils, marks, lean=True))
        costs.append(_nbgrader(Path(folder) / "whole", lab, pupils, marks, lean=False))
        costs.append(_otter(Path(folder), lab, pupils, marks))
    first = costs[0]
    assert isinstance(first, Cost)
    for cost in costs:
        if isinstance(cost, str):
            rows.add_row(cost)
            continue
        rows.add_row(
            cost.who, str(cost.submissions), f"{60 / cost.wall:.1f}", f"{cost.wall:.2f}",
            f"{cost.cpu:.2f}", f"{cost.memory / 1e6:.0f}", cost.same,
            f"{cost.wall / first.wall:.1f}",
        )  # fmt: skip
    rows.caption = (
        "Starting a grader is left out. lean: without the notebook's experiments, which we never "
        "run. Wall and CPU seconds are those of all processes; memory counts shared pages once. "
        "Where marks differ, a mistake costs once more in an exercise that is built on it: we put "
        "the solution's version there."
    )
    return rows


def _ours(judges: int, timeline: Timeline) -> Cost:
    since, until = timeline.marks[0], timeline.marks[-1]
    who = f"ours, {judges} judge{'s' if judges > 1 else ''}"
    return _cost(who, timeline, since, until, len(timeline.marks) - 1, "")


def _nbgrader(
    folder: Path, lab: Lab, pupils: Mapping[str, Notebook], ours: Marks, *, lean: bool
) -> Cost:
    source = classes.source(lab)
    course = stock_nbgrader.course(folder, lab, classes.lean(source, lab) if lean else source)
    few = {name: pupils[name] for name in list(pupils)[: _FEW if lean else 1]}
    if lean:
        few = {name: classes.lean(notebook, lab) for name, notebook in few.items()}
    course.hand_in(few)
    timeline = course.nbgrader("autograde", course.assignment, seconds=_PATIENCE)
    since = timeline.marks[0]  # it says when it begins with one: its own start is left out
    who = f"stock nbgrader, {'lean notebooks' if lean else 'notebooks as handed in'}"
    same = _same(course.marks(), ours)
    return _cost(who, timeline, since, timeline.end, len(timeline.marks), same)


def _otter(folder: Path, lab: Lab, pupils: Mapping[str, Notebook], ours: Marks) -> Cost | str:
    paths = {}
    for name in list(pupils)[: _FEW + 1]:
        paths[folder / f"{name}.ipynb"] = name
        classes.write(classes.lean(pupils[name], lab), folder / f"{name}.ipynb")
    try:
        otter_grader.python()
    except UserError as error:
        return str(error)
    zipped = otter_grader.autograder(folder / "autograder.zip", lab)
    timeline, found = otter_grader.grade(zipped, list(paths), _PATIENCE)
    same = _same({paths[path]: marks for path, marks in found.items()}, ours)
    since, until = timeline.marks[0], timeline.marks[-1]
    return _cost("otter, lean notebooks", timeline, since, until, len(timeline.marks) - 1, same)


def _cost(who: str, timeline: Timeline, since: float, until: float, count: int, same: str) -> Cost:
    wall, cpu = timeline.cost(since, until)
    return Cost(who, count, wall / count, cpu / count, timeline.memory, same)


def _same(theirs: Marks, ours: Marks) -> str:
    """Count the exercises to which both gave the same mark."""
    pairs = [
        (mark, ours[student][exercise])
        for student, marks in theirs.items()
        for exercise, mark in marks.items()
    ]
    equal = sum(abs(their - our) < 1e-3 for their, our in pairs)
    return f"{equal} of {len(pairs)}"
