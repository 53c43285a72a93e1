"""Seconds a submission: ours, and what stock nbgrader pays before it begins."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from grader import grading
from grader.course import labs
from grader.judging.judge import Judge
from grader.records import Submission
from grader.sandbox import Limits
from grader.workers import processes
from tests import sample_class

_RUNS = 7


def _timed(action: Callable[[], object], runs: int = _RUNS) -> float:
    """Return the median time of an action."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def table() -> Table:
    """Measure what grading a notebook of the sample class takes."""
    lab = labs.named(sample_class.LAB)
    rows = Table("what", "seconds", title=f"{lab.name}, median of {_RUNS}")
    start = time.perf_counter()
    with processes.nursery(Limits(), ahead=True) as nursery:
        grading.warm_up([lab])
        judge = Judge(nursery)
        judge.grade(submission("ada", lab), lab)
        rows.add_row("warming up, once a run", f"{time.perf_counter() - start:.2f}")
        rows.add_row(
            "a confined worker, from request to first answer",
            f"{_timed(lambda: _first_answer(nursery, lab)):.3f}",
        )
        for student in ("ada", "untouched", "chen"):
            handed_in = submission(student, lab)
            seconds = _timed(lambda s=handed_in: judge.grade(s, lab))  # type: ignore[misc]
            rows.add_row(f"grading {student}'s notebook", f"{seconds:.2f}")
    kernel = _timed(_bare_kernel, 3)
    rows.add_row("stock nbgrader's way: a kernel that imports torch, alone", f"{kernel:.2f}")
    return rows


def submission(student: str, lab: labs.Lab) -> Submission:
    """Return a notebook of the sample class."""
    path = sample_class.SUBMISSIONS / student / lab.name / f"{lab.topic}.ipynb"
    return Submission(student, lab.name, path)


def _first_answer(nursery: processes.Nursery, lab: labs.Lab) -> None:
    from grader.judging.lines import RemoteLine

    line = RemoteLine(nursery, lab, ())
    line.begin(lab.exercises[0].name)
    line.close()


def _bare_kernel() -> None:
    """Run what every stock autograde pays before its first check: a kernel and the imports."""
    notebook = (
        '{"cells": [{"cell_type": "code", "source": "import torch, transformer_lens", "metadata": '
        '{}, "outputs": [], "execution_count": null, "id": "a"}], "metadata": {}, "nbformat": 4, '
        '"nbformat_minor": 5}'
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bare.ipynb"
        path.write_text(notebook)
        command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute"]
        subprocess.run([*command, str(path)], check=True, capture_output=True)
