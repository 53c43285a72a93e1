"""``python -m grader check``: the arguments of it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from grader.errors import UserError


def check_own(
    lab: Annotated[str, typer.Argument(help="01_logit_lens, logit_lens or 1.")],
    watch: Annotated[bool, typer.Option(help="Again on every save; show what is next.")] = False,
    join: Annotated[
        str | None, typer.Option(metavar="LINK", help="Tell a workshop's board which pass.")
    ] = None,
    nickname: Annotated[str | None, typer.Option(help="Who you are on that board.")] = None,
) -> None:
    """Grade your own notebook in labs/ and print a table.

    Example: python -m grader check 1 --watch

    In a workshop: python -m grader check 1 --watch --join FW00-00FV-86E5 --nickname ada
    """
    from grader.course import labs

    wanted = labs.named(lab)
    if (join is None) != (nickname is None):
        raise UserError("--join and --nickname go together: a board's link, and who you are there")
    from grader import desk  # seconds of imports

    if join is not None and nickname is not None:
        from labkit import board

        board.join(join, nickname)
    console = Console(highlight=False)
    if not watch:
        raise typer.Exit(desk.check(wanted, console))
    desk.watch(wanted, console)
