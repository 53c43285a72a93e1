"""``make bench``: what grading costs, and beside it what stock nbgrader pays before it begins.

Figures are seconds of wall clock on this machine, in one run; the ratio holds on another machine,
the seconds do not. Nothing here can fail: performance is measured, not tested.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader import grading, labs, processes, sandbox
from grader.judge import Judge
from grader.records import Submission
from grader.sandbox import Limits
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


def main() -> None:
    """Print the table."""
    console = Console(highlight=False)
    lab = labs.named(sample_class.LAB)
    table = Table("what", "seconds", title=f"{lab.name}, median of {_RUNS}")
    start = time.perf_counter()
    with processes.nursery(Limits(), isolate=sandbox.rungs().strong) as nursery:
        grading.warm_up([lab])
        judge = Judge(nursery)
        judge.grade(_submission("ada", lab), lab)
        table.add_row("warming up, once a run", f"{time.perf_counter() - start:.2f}")
        table.add_row(
            "a confined worker, from request to first answer",
            f"{_timed(lambda: _first_answer(nursery, lab)):.3f}",
        )
        for student in ("ada", "untouched", "chen"):
            submission = _submission(student, lab)
            seconds = _timed(lambda s=submission: judge.grade(s, lab))  # type: ignore[misc]
            table.add_row(f"grading {student}'s notebook", f"{seconds:.2f}")
    kernel = _timed(_bare_kernel, 3)
    table.add_row("stock nbgrader's way: a kernel that imports torch, alone", f"{kernel:.2f}")
    console.print(table)


def _submission(student: str, lab: labs.Lab) -> Submission:
    path = sample_class.SUBMISSIONS / student / lab.name / f"{lab.topic}.ipynb"
    return Submission(student, lab.name, path)


def _first_answer(nursery: processes.Nursery, lab: labs.Lab) -> None:
    from grader.lines import RemoteLine

    line = RemoteLine(nursery, lab, ())
    line.begin()
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


if __name__ == "__main__":
    main()
