"""The command line: ``python -m grader``. Each command reads its arguments and calls one stage."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from labkit.errors import LabError
from labkit.submit import command as submit
from rich.console import Console

from grader.board.command import board
from grader.desk_command import check_own
from grader.errors import UserError
from grader.marks_command import export_marks, verify
from grader.seeds import PUBLIC, Secret
from grader.similar.command import similar

if TYPE_CHECKING:
    from grader.grading import Graded

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Release the labs, grade notebooks, and see what this machine can do.",
)
_console = Console(highlight=False)
_ROOT = Path(__file__).resolve().parents[1]

_CTRL_C = 130  # the exit code

_Submissions = Annotated[Path, typer.Argument(help="Folder or zip: <student>/<lab>/x.ipynb.")]
_Out = Annotated[Path, typer.Option(metavar="DIR", help="Where marks and reports go.")]
_Lab = Annotated[str | None, typer.Option(help="Only this lab.")]
_CORES = os.cpu_count() or 1
_Workers = Annotated[int, typer.Option(min=1, help="Judges at once.")]
_Key = Annotated[Path | None, typer.Option(metavar="FILE", help="The course secret.")]
_Roster = Annotated[
    Path | None, typer.Option(metavar="FILE.csv", help="Who is who, for a platform's download.")
]
_Course = Annotated[
    Path | None, typer.Option(metavar="course.toml", help="Rules for late work: final marks.")
]
_Isolation = Annotated[str, typer.Option(help="strong, or weak: with whatever this machine has.")]


def main() -> None:
    """Run the command line."""
    guarded(lambda: app(standalone_mode=False))


def guarded(command: Callable[[], int | None]) -> None:
    """Run a command; what a user can cause is one line and exit code 2, never a traceback."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        code = command()
    except (UserError, LabError) as error:
        _stop(str(error), 2)
    except (KeyboardInterrupt, typer.Abort):
        code = _CTRL_C
    except Exception as error:
        if not (hasattr(error, "format_message") and hasattr(error, "exit_code")):
            raise
        _stop(error.format_message(), error.exit_code)  # a mistyped command, said by typer
    if code == _CTRL_C:  # typer makes the same of it
        _stop("stopped. Nothing is half written; the same command goes on from what there is", code)
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
    from grader.handout import bundle as bundles
    from grader.handout import release as releases

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
    from grader.handout import scaffold

    for line in scaffold.new(_ROOT, name):
        print(line)


@app.command()
def grade(
    submissions: _Submissions,
    out: _Out,
    lab: _Lab = None,
    workers: _Workers = _CORES,
    secret: _Key = None,
    roster: _Roster = None,
    course: _Course = None,
    isolation: _Isolation = "strong",
) -> None:
    """Grade a class; the same command again goes on where it stopped.

    Takes a folder, or the zip that Canvas, Moodle or Gradescope gives.

    Example: python -m grader grade submitted/ --out marks/ --secret secret.key
    """
    _grade(submissions, out, lab, workers, secret, roster, course, isolation)


@app.command()
def regrade(
    submissions: _Submissions,
    out: _Out,
    lab: _Lab = None,
    workers: _Workers = _CORES,
    secret: _Key = None,
    roster: _Roster = None,
    course: _Course = None,
    isolation: _Isolation = "strong",
    afresh: Annotated[
        bool, typer.Option("--all", help="Run everything again, changed or not.")
    ] = False,
) -> None:
    """Grade again what a change of checks, points or notebooks touches; say who moved and why.

    Example: python -m grader regrade submitted/ --out marks/ --secret secret.key
    """
    from grader.marks import moves

    if not (out / "results.jsonl").exists():
        raise UserError(f"no results in {out} to grade again: python -m grader grade comes first")
    graded = _grade(submissions, out, lab, workers, secret, roster, course, isolation, afresh)
    print(*moves.said(graded.results, graded.changes, everything=afresh), sep="\n")


def _grade(
    submissions: Path, out: Path, lab: str | None, workers: int, secret: Path | None,
    roster: Path | None, course: Path | None, isolation: str, afresh: bool = False,
) -> Graded:  # fmt: skip
    from grader.course import labs
    from grader.intake.people import People
    from grader.marks import course_file
    from grader.workers.isolation import choose

    if not submissions.exists():
        raise UserError(f"no such folder or zip file: {submissions}")
    asked: dict[str, Any] = {
        "labs": (labs.named(lab),) if lab else tuple(labs.find().values()),
        "secret": _secret(secret),
        "rungs": choose(isolation),
        "people": People.read(roster) if roster else None,
        "rules": course_file.read(course, labs.find().values()) if course else None,
    }
    # Seconds of imports: what was mistyped is said before them.
    from grader import grading
    from grader.progress import Bar

    order = grading.Order(submissions, out, workers=workers, afresh=afresh, **asked)
    with Bar(_console) as show:
        graded = grading.grade(order, show)
    print(*graded.counted(), sep="\n")
    _console.print(f"report:    {out / 'index.html'}\ngradebook: {out / 'gradebook.csv'}")
    _console.print(f"head:      {graded.head} (of the chain: note it, verify compares)")
    return graded


def _secret(path: Path | None) -> Secret:
    return Secret.read(path) if path else PUBLIC


@app.command()
def doctor() -> None:
    """Say what this machine has, and what to do about what is missing.

    Example: python -m grader doctor
    """
    from grader import doctor as checkup

    raise typer.Exit(checkup.report(_console))


app.command()(board)
app.command("check")(check_own)
app.command("submit")(submit)
app.command()(verify)
app.command("export")(export_marks)
app.command()(similar)
