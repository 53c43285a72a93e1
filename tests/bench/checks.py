"""How long a student waits for a visible check: ``python -m tests.bench.checks``.

Every check cell of every lab runs as in a notebook: in IPython, with the lab's cells above it in
the history, its block drawn as JupyterLab asks for it, on one thread; what counts is processor
time, which another program at work on the machine does not change. Each answers once to get warm;
then the solution and every misconception is timed, for a failing check draws pictures.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from rich.console import Console
from rich.table import Table
from traitlets.config import Config

from grader.course import labs
from grader.course.labs import Lab
from grader.judging import reference

SOLUTION = "the solution"
_SHOWN = 10


@dataclass(frozen=True)
class Answer:
    """The processor time that one check took to answer, in seconds."""

    lab: str
    exercise: str
    to: str  # the solution, or a misconception
    seconds: float


def table() -> Table:
    """Measure every visible check of every lab; return the slowest."""
    found = [answer for lab in labs.find().values() for answer in measure(lab)]
    found.sort(key=lambda answer: -answer.seconds)
    over = sum(answer.seconds >= 1 for answer in found)
    title = (
        f"a visible check answers, after its first time: the slowest {_SHOWN} of {len(found)} "
        f"answers, {over} of which took a second of processor time"
    )
    rows = Table("lab", "check", "of", "seconds", title=title)
    for answer in found[:_SHOWN]:
        rows.add_row(answer.lab, answer.exercise, answer.to, f"{answer.seconds:.2f}")
    if found:
        rows.add_row("", "", "median of all", f"{found[len(found) // 2].seconds:.3f}")
    return rows


def measure(lab: Lab, only: str = "") -> Iterator[Answer]:
    """Time a lab's visible checks, or one of them, on the solution and every misconception."""
    with _notebook(lab.released) as shell:
        history: list[str] = []
        for cell in lab.cells:
            if cell.kind == "code":
                history.append(cell.source)
            if cell.check is None or only not in ("", cell.check):
                continue
            ways: dict[str, dict[str, Any]] = {SOLUTION: dict(reference.definitions(lab))}
            if not reference.is_value(lab, cell.check):
                wrong = reference.variants(lab, "misconceptions", cell.check)
                for name, variant in wrong.items():
                    ways[name] = reference.bind(lab, cell.check, variant, None)
            shell.history_manager.input_hist_raw[:] = ["", *history]
            _seconds(shell, cell.source, ways[SOLUTION])
            for name, namespace in ways.items():
                yield Answer(lab.name, cell.check, name, _seconds(shell, cell.source, namespace))


def _seconds(shell: InteractiveShell, source: str, namespace: dict[str, Any]) -> float:
    """Run a check cell; return how long it took until its block was there."""
    names = set(namespace) - set(shell.user_ns)
    shell.user_ns.update(namespace)
    with capture_output() as shown:
        began = time.process_time()
        result = shell.run_cell(source)
        taken = time.process_time() - began
    result.raise_error()
    assert any("labkit-check" in str(output.data) for output in shown.outputs), source
    for name in names:
        shell.user_ns.pop(name, None)
    return taken


@contextlib.contextmanager
def _notebook(folder: Path) -> Iterator[InteractiveShell]:
    """IPython in a lab's folder, as a kernel has it; nothing of it is kept."""
    before = Path.cwd()
    options = Config()
    options.HistoryManager.enabled = False
    options.HistoryManager.hist_file = ":memory:"
    os.chdir(folder)
    shell = InteractiveShell.instance(config=options)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield shell
    finally:
        shell.reset(new_session=False)
        InteractiveShell.clear_instance()
        torch.set_num_threads(threads)
        os.chdir(before)


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    Console(highlight=False).print(table())


if __name__ == "__main__":
    main()
