"""How far a run is, on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text


class Bar:
    """A progress bar with the time left and the latest student, for a ``with`` block."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            TextColumn("{task.description}"), console=console,
        )  # fmt: skip

    def __enter__(self) -> Callable[[Any], None]:
        self._task = self._bar.add_task("starting", total=None)
        self._bar.start()
        return self._step

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _step(self, step: Any) -> None:
        text = Text(step.result.student).markup if step.result else ""
        self._bar.update(self._task, completed=step.done, total=step.total, description=text)
