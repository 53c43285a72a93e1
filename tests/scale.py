"""What a class's size costs: ``python -m tests.scale`` grades 1,000 and then 10,000 submissions.

They are the small course's, so that the grader is measured and not the checks. For each size
it prints the seconds per submission (grading, and then the reports), what of that the checks
themselves take, and the peak memory of the coordinator and of a judge. Each size runs in a fresh
interpreter. Nothing here can fail: performance is measured, not tested.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader import grading
from grader.course.labs import Lab
from grader.grading import Order, Step
from grader.judging import plugin, reference
from grader.judging.exam import Key, LocalExam
from grader.seeds import PUBLIC
from tests import small_course

_LOOK = 25  # submissions between two looks at the judges' memory
_MB = 1 << 20


def main() -> None:
    """Measure each size, one after the other, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--one", type=int, help="measure this size here, and print JSON")
    asked = parser.parse_args()
    if asked.one is not None:
        print(json.dumps(_measure(asked.one, asked.workers)))
        return
    table = Table("of a class of", *(f"{size:,}" for size in asked.sizes))
    found = []
    for size in asked.sizes:
        command = [sys.executable, "-m", "tests.scale", "--one", str(size)]
        command += ["--workers", str(asked.workers)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    for key in found[0]:
        table.add_row(key, *(f"{measured[key]:.4g}" for measured in found))
    Console(highlight=False).print(table)


def _measure(size: int, workers: int) -> dict[str, float]:
    """Grade a class of this size; return the figures by what they are."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lab = small_course.write_course(folder / "course")
        small_course.write_class(lab, folder / "class", size)
        order = Order(folder / "class", folder / "marks", (lab,), workers, PUBLIC)
        stamps: list[float] = []
        spent: list[float] = []
        judge = 0.0

        def see(step: Step) -> None:
            nonlocal judge
            if step.done <= workers * 4 or step.done == step.total:
                stamps.append(time.perf_counter())
            if step.done % _LOOK == 0 or step.done == step.total:
                judges = multiprocessing.active_children()
                judge = max([judge, *map(_peak, judges)])
                spent.append(sum(map(_processor, judges)) + time.process_time())

        grading.grade(order, see)
        end = time.perf_counter()
        coordinator = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MB
        started = time.perf_counter()
        grading.grade(order, lambda step: None)
        again = time.perf_counter() - started
        # From when all judges are at work: starting up is paid once.
        seconds = (stamps[-1] - stamps[workers * 4]) / (size - workers * 4)
        used = (spent[-1] - spent[0]) / (size - _LOOK)
        return {
            "workers": workers,
            "grading: seconds a submission": seconds,
            "reports: seconds a submission": (end - stamps[-1]) / size,
            "of that, processor time of coordinator and judges": used,
            "both": seconds + (end - stamps[-1]) / size,
            "the checks alone, of a right submission": _checks_alone(lab),
            "the same command again, all standing": again / size,
            "peak memory of the coordinator, MB": coordinator,
            "peak memory of a judge, MB": judge,
            "results.jsonl, MB": (order.out / "results.jsonl").stat().st_size / _MB,
        }


def _checks_alone(lab: Lab) -> float:
    """How long the hidden checks take on our own solution, inside the judge."""
    exam = LocalExam(Key(PUBLIC, "ada", lab), reference.definitions(lab))
    plugin.run(exam)
    start = time.perf_counter()
    for _ in range(20):
        plugin.run(exam)
    return (time.perf_counter() - start) / 20


def _processor(process: multiprocessing.process.BaseProcess) -> float:
    """The processor time that a process has used so far, in seconds (0 when it is gone)."""
    try:
        text = Path(f"/proc/{process.pid}/stat").read_text()
    except OSError:
        return 0.0
    # The fields after the name in brackets: user and system time are the 12th and 13th.
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _peak(process: multiprocessing.process.BaseProcess) -> float:
    """The most memory that a process has had so far, in MB (0 when it is gone)."""
    try:
        text = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in text.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024 / _MB


if __name__ == "__main__":
    main()
