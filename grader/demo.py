"""``make demo``: lab 01's solution on the real model, then a graded class, from a bare clone."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Annotated

import nbformat
import typer
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader import cli
from grader.course import labs, notebooks
from grader.course.labs import Lab
from grader.errors import UserError

_TIMEOUT = 600  # seconds a single cell may take


def execute(lab: Lab, out: Path, console: Console) -> nbformat.NotebookNode:
    """Run a lab's solution notebook top to bottom; its figures go to ``out``.

    Returns:
        The executed notebook.

    Raises:
        UserError: a cell raised; the message says which.
    """
    notebook = notebooks.solution_notebook(lab.cells, lab.name)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    os.environ["INTERP_LABS_OUT"] = str(out.resolve())
    client = NotebookClient(
        notebook,
        timeout=_TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(lab.source.parent)}},
    )
    bar = Progress(
        TextColumn(f"running {lab.name}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console,
    )  # fmt: skip
    with bar:
        task = bar.add_task("cells", total=len(code))
        client.on_cell_executed = lambda cell, cell_index, execute_reply: bar.advance(task)
        try:
            client.execute()
        except CellExecutionError as error:
            raise UserError(f"{lab.name} stopped: {error.ename}: {error.evalue}") from error
    return notebook


def main(
    out: Annotated[Path, typer.Option(help="Where the figure and the report go.")] = Path(
        "out/demo"
    ),
) -> None:
    """Run lab 01's solution on the cached model, grade the sample class, say where things lie."""
    console = Console(highlight=False)
    started = time.monotonic()
    lab = labs.named("01")
    figures = out / lab.name
    figures.mkdir(parents=True, exist_ok=True)
    execute(lab, figures, console)
    shutil.rmtree(out / "class", ignore_errors=True)  # a demo starts afresh; `grade` resumes
    cli.grade(
        submissions=labs.ROOT / "tests" / "submissions",
        out=out / "class",
        lab=None,
        workers=os.cpu_count() or 1,
        secret=None,
        isolation="weak",  # our own notebooks: whatever isolation this machine has
    )
    for figure in sorted(figures.glob("*.png")):
        console.print(f"figure:    {figure}")
    console.print(f"done in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    cli.guarded(lambda: typer.run(main))
