"""What is done with the marks of a run: ``python -m grader verify`` and ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.errors import UserError
from grader.seeds import PUBLIC, Secret


def verify(
    marks: Annotated[Path, typer.Argument(help="The folder that grade --out wrote.")],
    secret: Annotated[Path | None, typer.Option(metavar="FILE", help="The course secret.")] = None,
    noted: Annotated[str | None, typer.Option(metavar="HEAD", help="A head you noted.")] = None,
) -> None:
    """Say whether results were changed, removed or moved since they were graded.

    Example: python -m grader verify marks/ --secret secret.key
    """
    from grader.ledger import verify as verification

    lines, holds = verification.report(marks, Secret.read(secret) if secret else PUBLIC, noted)
    print(*lines, sep="\n")
    raise typer.Exit(0 if holds else 1)


def export_marks(
    marks: Annotated[
        Path | None, typer.Argument(help="The folder that grade --out wrote.", show_default=False)
    ] = None,
    to: Annotated[
        str, typer.Option(metavar="FORMAT", help="csv, canvas, moodle, gradescope or nbgrader.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "--db", metavar="FILE", help="Where, if not as usual.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Canvas' gradebook or Moodle's worksheet."),
    ] = None,
    course: Annotated[
        Path | None,
        typer.Option(metavar="course.toml", help="Rules for late work and dropped labs."),
    ] = None,
    lab: Annotated[str | None, typer.Option(help="Only this lab.")] = None,
    autograder: Annotated[
        Path | None,
        typer.Option(metavar="FILE.zip", help="Write a Gradescope autograder for --lab instead."),
    ] = None,
    secret: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The course secret, for --autograder.")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Who is who, for --autograder.")
    ] = None,
    isolation: Annotated[
        str, typer.Option(help="For --autograder: strong, or weak as in grade.")
    ] = "strong",
    index: Annotated[
        str, typer.Option(metavar="ADDRESS", help="For --autograder: PyTorch's index for CPUs.")
    ] = "",
) -> None:
    """Write the marks of a run where others keep theirs, or an autograder for Gradescope.

    Example: python -m grader export marks/ --to canvas --from gradebook.csv --course course.toml

    Example: python -m grader export --to gradescope --lab 1 --autograder autograder.zip
    """
    from grader import export
    from grader.autograder import pack as gradescope_zip
    from grader.course import labs

    wanted = labs.named(lab) if lab else None
    if autograder is not None:
        if to not in ("", "gradescope"):
            raise UserError("--autograder goes with --to gradescope: it is Gradescope's format")
        if wanted is None:
            raise UserError("--autograder is for one lab: add --lab")
        said = gradescope_zip.write(
            wanted, autograder, secret=secret, roster=roster, isolation=isolation, index=index
        )
    elif marks is None:
        raise UserError("name the folder that grade --out wrote: export marks/ --to FORMAT")
    else:
        name = wanted.name if wanted else None
        said = export.export(marks, to, out, course=course, source=source, lab=name)
    print(said)
