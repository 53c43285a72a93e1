"""Grades one submission inside Gradescope's container and writes its ``results.json``.

``run_autograder`` calls it. Under ``/autograder`` lie ``submission/``, what the student uploaded,
and ``submission_metadata.json``, which says who they are and when it came in; the course is in
``source/``. A notebook that cannot be graded gets its reason and no points. Where something of ours
fails no ``results.json`` is written, so that Gradescope says the autograder failed and nobody gets
a zero for it.

Late penalties are not taken here: Gradescope has its own, or ``export --to gradescope --course``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from grader import cli, panel
from grader.autograder.pack import ROSTER, SECRET
from grader.course import labs
from grader.course.labs import Lab
from grader.errors import UserError
from grader.export import gradescope
from grader.intake import handing, naming
from grader.intake.downloads import Download, Piece, Sender
from grader.intake.people import People
from grader.judging.judge import Judge
from grader.judging.score import without_marks
from grader.ledger.results import replace
from grader.marks.rules import Rules, final
from grader.records import LabResult, Submission
from grader.sandbox import Limits
from grader.seeds import PUBLIC, Secret
from grader.workers import isolation, leavings, processes


def run(lab: Lab, base: Path, asked: str) -> LabResult:
    """Grade what lies under ``base`` and write ``results/results.json`` there.

    Raises:
        UserError: the container is not as Gradescope's specification says, its isolation does not
            do, or a check failed on our side. There is no results.json then.
    """
    source = base / "source"
    secret = Secret.read(source / SECRET) if (source / SECRET).exists() else PUBLIC
    people = People.read(source / ROSTER) if (source / ROSTER).exists() else People()
    rungs = isolation.choose(asked)
    with leavings.folder() as scratch:
        submission = _submission(lab, base, people, scratch)
        if submission.notebook is None:
            result = without_marks(submission, lab)
        else:
            with processes.nursery(Limits(), rungs) as nursery:
                panel.warm_up([lab])
                result = Judge(nursery, secret).grade(submission, lab)
    broken = [e.name for e in result.exercises if any(c.status == "FAULT" for c in e.checks)]
    if broken:
        raise UserError(f"checks of {', '.join(broken)} failed on our side: run it again")
    mark = final(result, None, Rules())
    replace(
        base / "results" / "results.json", gradescope.to_bytes(gradescope.document(result, mark))
    )
    return result


def _submission(lab: Lab, base: Path, people: People, scratch: Path) -> Submission:
    """The student's notebook, chosen as in a download of the same files."""
    senders = _senders(base / "submission_metadata.json")
    folder = base / "submission"
    if not folder.is_dir():
        raise UserError(f"there is no {folder}: this runs as a Gradescope autograder")
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
        and not any(p.startswith(naming.JUNK) for p in path.relative_to(folder).parts)
    ]
    pieces = tuple(Piece(senders, path, naming.printable(path.name)) for path in files)
    course = list(labs.find(lab.root).values())
    own = Download("gradescope", pieces, senders=senders)
    sorter = handing.Handing(own, folder, [lab], course, people, scratch / "zips")
    sorter.read()
    return next(iter(sorter.found.values()))


def _senders(path: Path) -> tuple[Sender, ...]:
    try:
        about: dict[str, Any] = json.loads(path.read_bytes())
        users = [(str(user["email"]), str(user.get("name", ""))) for user in about["users"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} does not say who handed in: {error}") from error
    if not users:
        raise UserError(f"{path} names nobody")
    return tuple(Sender(email, name=name, email=email) for email, name in users)


def _main(
    lab: Annotated[str, typer.Argument(help="01_logit_lens, logit_lens or 1.")],
    base: Annotated[Path, typer.Option(help="Gradescope's own folder.")] = Path("/autograder"),
    isolation: Annotated[str, typer.Option(help="strong, or weak: as in grade.")] = "strong",
) -> None:
    """Grade one submission inside Gradescope's container.

    Example: python -m grader.autograder.run 1 --base /autograder
    """
    result = run(labs.named(lab), base, isolation)
    print(f"{result.status}: {result.score:g} of {result.max_score:g}")


def main() -> None:
    """Run the command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(_main)
    cli.guarded(lambda: app(standalone_mode=False))


if __name__ == "__main__":
    main()
