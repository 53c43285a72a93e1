"""``python -m grader board``: the arguments of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def board(
    lab: Annotated[str, typer.Argument(help="01_logit_lens, logit_lens or 1.")] = "1",
    minutes: Annotated[
        int | None, typer.Option(help="Of the workshop; chooses the lab's time path. [90]")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where it listens.")] = 8080,
    address: Annotated[
        str, typer.Option(help="This laptop in the room's network, when it is not found.")
    ] = "",
    bind: Annotated[str, typer.Option(help="Listen at this address only, such as 127.0.0.1.")] = "",
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the board is kept.")
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Begin a new one; the old is kept.")] = False,
) -> None:
    """Show a workshop's room live how far it is, and a shared timer; no internet needed.

    Participants join from their notebooks, by a link or 12 letters that the page shows. The same
    command again goes on with the same board.

    Example: python -m grader board 1 --minutes 90
    """
    # Here and not at the top: the other commands need none of it.
    from grader.board import serve
    from grader.course import labs

    wanted = labs.named(lab)
    serve.run(
        wanted,
        minutes,
        Console(highlight=False),
        state=state or labs.ROOT / "out" / "board" / f"{wanted.name}.sqlite",
        port=port,
        bind=bind,
        address=address,
        new=new,
    )
