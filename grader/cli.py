"""The command line: ``python -m grader``. Each command reads its arguments and calls one stage."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader.errors import UserError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Release the labs, grade notebooks, and see what this machine can do.",
)
_console = Console(highlight=False)
_ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run the command line."""
    guarded(lambda: app(standalone_mode=False))


def guarded(command: Callable[[], int | None]) -> None:
    """Run a command; what a user can cause is one line and exit code 2, never a traceback."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        code = command()
    except UserError as error:
        _stop(str(error), 2)
    except (KeyboardInterrupt, typer.Abort):
        _stop("stopped; the same command goes on where it left off", 130)
    except Exception as error:
        if not (hasattr(error, "format_message") and hasattr(error, "exit_code")):
            raise
        _stop(error.format_message(), error.exit_code)  # a mistyped command, said by typer
    sys.exit(code or 0)


def _stop(message: str, code: int) -> None:
    print(f"grader: {message}", file=sys.stderr)
    sys.exit(code)


@app.command()
def release(
    check: Annotated[bool, typer.Option("--check", help="Only say what has drifted.")] = False,
    force: Annotated[bool, typer.Option(help="Overwrite student work in labs/.")] = False,
    bundle: Annotated[
        Path | None, typer.Option(metavar="FILE.zip", help="Also write what students get.")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="One planted challenge per student.")
    ] = None,
    secret: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The course secret, for --roster.")
    ] = None,
) -> None:
    """Derive the notebooks from the .nb.py sources.

    Example: python -m grader release --bundle class.zip --roster students.csv --secret secret.key
    """
    from grader import bundle as bundles
    from grader import release as releases
    from grader.seeds import Secret

    if check:
        problems = releases.drift(_ROOT)
        for problem in problems:
            print(problem)
        if problems:
            raise typer.Exit(1)
        _console.print("labs/ and solutions/ are what the sources say")
        return
    if (roster is None) != (secret is None):
        raise UserError("--roster and --secret go together: the challenges come from the secret")
    if roster is not None and bundle is None:
        raise UserError("--roster goes with --bundle FILE.zip: the challenges are put there")
    for line in releases.write(_ROOT, force=force):
        print(line)
    if bundle is not None:
        key = Secret.read(secret) if secret else None
        bundles.write(_ROOT, bundle, roster, key)
        print(f"wrote {bundle}")


@app.command()
def new(name: Annotated[str, typer.Argument(metavar="NN_topic")]) -> None:
    """Start a lab that already keeps the contract, with one exercise.

    Example: python -m grader new 02_patching
    """
    from grader import scaffold

    for line in scaffold.new(_ROOT, name):
        print(line)


@app.command("check")
def check_own(
    lab: Annotated[str, typer.Argument(help="01_logit_lens, logit_lens or 1.")],
    watch: Annotated[bool, typer.Option(help="Again on every save; show what is next.")] = False,
) -> None:
    """Grade your own notebook in labs/ and print a table.

    Example: python -m grader check 1 --watch
    """
    from grader import desk, labs

    wanted = labs.named(lab)
    if not watch:
        raise typer.Exit(desk.check(wanted, _console))
    desk.watch(wanted, _console)


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="Folder or zip: <student>/<lab>/x.ipynb.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where marks and reports go.")],
    lab: Annotated[str | None, typer.Option(help="Only this lab.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Judges at once.")] = os.cpu_count() or 1,
    secret: Annotated[Path | None, typer.Option(metavar="FILE", help="The course secret.")] = None,
    isolation: Annotated[
        str, typer.Option(help="strong, or weak: grade on a machine without isolation.")
    ] = "strong",
) -> None:
    """Grade a class; the same command again goes on where it stopped.

    Example: python -m grader grade submitted/ --out marks/ --secret secret.key
    """
    from grader import grading
    from grader.seeds import PUBLIC, Secret

    order = grading.Order(
        place=submissions,
        out=out,
        labs=grading.choose_labs(lab),
        workers=workers,
        secret=Secret.read(secret) if secret else PUBLIC,
        isolate=_isolation(isolation),
    )
    with _progress() as show:
        final = grading.grade(order, show)
    count = {s: sum(r.status == s for r in final) for s in ("graded", "unreadable", "missing")}
    said = ", ".join(f"{number} {status}" for status, number in count.items() if number)
    _console.print(f"{len(final)} submissions: {said}")
    _console.print(f"report:    {out / 'index.html'}\ngradebook: {out / 'gradebook.csv'}")


@app.command()
def doctor() -> None:
    """Say what this machine has, and what to do about what is missing.

    Example: python -m grader doctor
    """
    from grader import doctor as checkup

    raise typer.Exit(checkup.report(_console))


def isolated() -> bool:
    """Can this machine isolate students' code?"""
    from grader.sandbox import rungs

    return rungs().strong


def _isolation(asked: str) -> bool:
    """Decide whether workers are isolated; refuse to grade others' code without it.

    Raises:
        UserError: an unknown word, or a machine without isolation and no word for it.
    """
    if asked not in ("strong", "weak"):
        raise UserError(f"--isolation is strong or weak, not {asked!r}")
    if isolated():
        return True
    if asked == "weak":
        return False
    raise UserError(
        "this machine cannot isolate students' code (see: python -m grader doctor); "
        "to grade all the same, with limits and a separate process only, add --isolation weak"
    )


class _progress:  # noqa: N801  (a context manager used like a function)
    """A progress bar with the time left, and a line for what needs a look."""

    def __enter__(self) -> Callable[[Any], None]:
        self._bar = Progress(
            TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            TextColumn("{task.description}"), console=_console,
        )  # fmt: skip
        self._task = self._bar.add_task("starting", total=None)
        self._bar.start()
        return self._step

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _step(self, step: Any) -> None:
        text = f"{step.result.student}" if step.result else ""
        self._bar.update(self._task, completed=step.done, total=step.total, description=text)


if __name__ == "__main__":
    main()
