"""A student's own desk: grade the notebook in ``labs/`` and show what is next."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grader import grading
from grader.course.labs import Lab
from grader.errors import UserError
from grader.judging.judge import Judge
from grader.pages.feedback import is_open
from grader.records import ExerciseResult, LabResult, Submission
from grader.sandbox import Limits
from grader.workers import processes

_GLANCE = 0.5  # seconds between two looks at the file


def check(lab: Lab, console: Console) -> int:
    """Grade once and print a table; return the exit code, 0 when the notebook could be read.

    Raises:
        UserError: there is no notebook in ``labs/``.
    """
    notebook = _notebook(lab)
    with processes.nursery(Limits()) as nursery:
        with console.status("warming up"):
            grading.warm_up([lab])
        result = _grade(Judge(nursery, as_typed=True), lab, notebook)
    _show(result, console)
    Reporter().tell(result)
    return 0 if result.status == "graded" else 1


def watch(lab: Lab, console: Console) -> None:
    """Grade on every save until Ctrl-C; show the first exercise that does not pass yet.

    Raises:
        UserError: there is no notebook in ``labs/``.
    """
    notebook = _notebook(lab)
    try:
        with processes.nursery(Limits()) as nursery:
            with console.status("warming up"):
                grading.warm_up([lab])
            _watch(Judge(nursery, as_typed=True), lab, notebook, console)
    except KeyboardInterrupt:
        console.print("stopped")


def _watch(judge: Judge, lab: Lab, notebook: Path, console: Console) -> NoReturn:
    stamp, reporter = 0, Reporter()
    standing: LabResult | None = None
    while True:
        if (now := _stamp(notebook)) != stamp and now:
            stamp = now
            with console.status("checking"):
                # What has not changed since the last save is not run again.
                result = _grade(judge, lab, notebook, standing)
            standing = result if _holds(result) else None
            console.clear()
            _show_next(result, console)
            reporter.tell(result)
            at = time.strftime("%H:%M:%S")
            console.print(f"\n{at}, watching {notebook.name}; save to run again, Ctrl-C to stop")
        time.sleep(_GLANCE)


def _stamp(notebook: Path) -> int:
    """When a notebook was saved; 0 in the moment in which an editor has it away."""
    try:
        return notebook.stat().st_mtime_ns
    except OSError:
        return 0


def _holds(result: LabResult) -> bool:
    """Whether a result may be built upon: nothing of ours broke in it."""
    statuses = {check.status for exercise in result.exercises for check in exercise.checks}
    return result.status == "graded" and "FAULT" not in statuses


class Reporter:
    """Tells the workshop's board that was joined, as checks in the notebook do; else nobody.

    An exercise is told again when it has changed: saving the notebook is no attempt at all of them.
    """

    def __init__(self) -> None:
        self._told: dict[str, str] = {}  # exercise -> the digest of what it hung on

    def tell(self, result: LabResult) -> None:
        """Tell of every exercise that is written and was not told of as it is."""
        from labkit.checking import outcomes  # torch: `--help` can do without

        for exercise in result.exercises:
            if not exercise.checks or is_open(exercise):
                continue
            if self._told.get(exercise.name) == exercise.digest:
                continue
            self._told[exercise.name] = exercise.digest
            passed = exercise.score >= exercise.max_score
            for listener in outcomes.listeners:
                listener(outcomes.Outcome(exercise.name, "passed" if passed else "failed"))


def _notebook(lab: Lab) -> Path:
    notebook = lab.released / f"{lab.topic}.ipynb"
    if not notebook.exists():
        raise UserError(f"no notebook at {notebook}: run python -m grader release")
    return notebook


def _grade(judge: Judge, lab: Lab, notebook: Path, standing: LabResult | None = None) -> LabResult:
    return judge.grade(Submission("you", lab.name, notebook), lab, standing)


def _show(result: LabResult, console: Console) -> None:
    if result.status != "graded":
        console.print(f"[bold]{escape(result.reason)}[/]")
        return
    table = Table(title=result.lab, title_justify="left")
    table.add_column("exercise")
    table.add_column("points", justify="right")
    table.add_column("checks", justify="right")
    table.add_column("what to look at", overflow="fold")
    for exercise in result.exercises:
        passed = sum(check.status == "PASS" for check in exercise.checks)
        table.add_row(
            exercise.name,
            f"{exercise.score:g} / {exercise.max_score:g}",
            f"{passed} / {len(exercise.checks)}",
            escape(_advice(exercise)),
        )
    console.print(table)
    console.print(f"{result.score:g} of {result.max_score:g} points")
    if result.reason:
        console.print(escape(result.reason))
    for question in result.manual:
        console.print(f"written question {question.name}: {question.max_score:g} points, by hand")


def _show_next(result: LabResult, console: Console) -> None:
    open_ones = [e for e in result.exercises if e.score < e.max_score]
    if result.status != "graded" or not open_ones:
        _show(result, console)
        return
    done = len(result.exercises) - len(open_ones)
    console.print(f"{result.lab}: {done} of {len(result.exercises)} exercises pass\n")
    width = max(len(exercise.name) for exercise in result.exercises)
    for exercise in result.exercises:
        console.print(Text(_line(exercise, width)), no_wrap=True, overflow="ellipsis")
    exercise = open_ones[0]
    console.print(f"\n[bold]next: {exercise.name}[/]  {exercise.score:g} of {exercise.max_score:g}")
    for check in exercise.checks:
        mark = "ok  " if check.status == "PASS" else "open"
        text = f"  {mark} {check.id.removeprefix('test_').replace('_', ' ')}"
        console.print(escape(text))
        if check.status != "PASS":
            console.print(escape(f"       {check.message}"))
    sentence = next((c.misconception for c in exercise.checks if c.misconception), None)
    if sentence:
        console.print(f"\n[bold]{escape(sentence)}[/]")


def _line(exercise: ExerciseResult, width: int) -> str:
    """What there is to say of an exercise in one line."""
    name = exercise.name.ljust(width)
    if is_open(exercise):
        return f"  – {name}  not written yet"
    if exercise.score >= exercise.max_score:
        return f"  ✓ {name}"
    passed = sum(check.status == "PASS" for check in exercise.checks)
    said = f"{passed} of {len(exercise.checks)} checks. {_advice(exercise)}"
    return f"  ✗ {name}  {said.partition(chr(10))[0]}"


def _advice(exercise: ExerciseResult) -> str:
    for check in exercise.checks:
        if check.misconception:
            return check.misconception
    return next((check.message for check in exercise.checks if check.message), "")
