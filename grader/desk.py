"""A student's own desk: grade the notebook in ``labs/`` and show what is next."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grader import grading
from grader.course.labs import Lab
from grader.errors import UserError
from grader.judging.judge import Judge
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
    return 0 if result.status == "graded" else 1


def watch(lab: Lab, console: Console) -> None:
    """Grade on every save until Ctrl-C; show the first exercise that does not pass yet.

    Raises:
        UserError: there is no notebook in ``labs/``.
    """
    notebook = _notebook(lab)
    with processes.nursery(Limits()) as nursery:
        with console.status("warming up"):
            grading.warm_up([lab])
        judge = Judge(nursery, as_typed=True)
        stamp = 0.0
        try:
            while True:
                if notebook.exists() and notebook.stat().st_mtime != stamp:
                    stamp = notebook.stat().st_mtime
                    console.clear()
                    _show_next(_grade(judge, lab, notebook), console)
                    console.print(f"watching {notebook.name}; save to run again, Ctrl-C to stop")
                time.sleep(_GLANCE)
        except KeyboardInterrupt:
            console.print("stopped")


def _notebook(lab: Lab) -> Path:
    notebook = lab.released / f"{lab.topic}.ipynb"
    if not notebook.exists():
        raise UserError(f"no notebook at {notebook}: run python -m grader release")
    return notebook


def _grade(judge: Judge, lab: Lab, notebook: Path) -> LabResult:
    return judge.grade(Submission("you", lab.name, notebook), lab)


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
    exercise = open_ones[0]
    console.print(f"[bold]next: {exercise.name}[/]  {exercise.score:g} of {exercise.max_score:g}")
    for check in exercise.checks:
        mark = "ok  " if check.status == "PASS" else "open"
        text = f"  {mark} {check.id.removeprefix('test_').replace('_', ' ')}"
        console.print(escape(text))
        if check.status != "PASS":
            console.print(escape(f"       {check.message}"))
    sentence = next((c.misconception for c in exercise.checks if c.misconception), None)
    if sentence:
        console.print(f"\n[bold]{escape(sentence)}[/]")


def _advice(exercise: ExerciseResult) -> str:
    for check in exercise.checks:
        if check.misconception:
            return check.misconception
    return next((check.message for check in exercise.checks if check.message), "")
