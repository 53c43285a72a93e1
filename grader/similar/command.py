"""``python -m grader similar``: which students' code is alike, as a page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.errors import UserError


def similar(
    submissions: Annotated[Path, typer.Argument(help="Folder or zip, as grade takes it.")],
    out: Annotated[Path, typer.Option(metavar="FILE.html", help="The page.")] = Path(
        "similar.html"
    ),
    lab: Annotated[str | None, typer.Option(help="Only this lab.")] = None,
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Who is who, and who is a group.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=500, help="Pairs to show for each lab.")] = 30,
) -> None:
    """List the pairs of students whose code is alike: a list to look at, never a verdict.

    Example: python -m grader similar submitted/ --out similar.html
    """
    from grader.course import labs as course
    from grader.intake.collect import gather
    from grader.intake.people import People
    from grader.ledger import results
    from grader.pages import about
    from grader.similar import compare, page
    from grader.workers import leavings

    labs = [course.named(lab)] if lab else list(course.find().values())
    people = People.read(roster) if roster else None
    with leavings.folder() as scratch:
        collected = gather(submissions, labs, scratch, people)
        by_lab = {
            wanted.name: compare.compare(
                wanted, [s for s in collected.submissions if s.lab == wanted.name], top
            )
            for wanted in labs
        }
    found = [it for it in by_lab.values() if it.students]
    if not found:
        raise UserError(f"no notebook in {submissions} could be read, so there is none to compare")
    try:
        results.replace(out, page.page(found, about.words(labs)).encode())
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror}") from error
    for it in found:
        print(f"{it.lab}: {it.students} notebooks; 99% of pairs share at most {it.below(0.99):.0%}")
        for pair in it.pairs[:5]:
            print(f"  {pair.likeness:4.0%}  {pair.students[0]} and {pair.students[1]}")
    print(f"a list to look at, not a verdict: {out}")
