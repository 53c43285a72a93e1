"""``verify``: is ``results.jsonl`` as the runs wrote it? It reads the file and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

from grader.errors import UserError
from grader.ledger import chain
from grader.seeds import Secret


def report(place: Path, secret: Secret, noted: str | None = None) -> tuple[list[str], bool]:
    """Check the chain.

    Args:
        place: the folder that ``grade --out`` wrote, or the file.
        secret: the course secret.
        noted: a head that an earlier run printed.

    Returns:
        A line for each problem, or else what holds and the head; and whether all is well.

    Raises:
        UserError: there is no such file.
    """
    path = place / "results.jsonl" if place.is_dir() else place
    if not path.exists():
        raise UserError(f"no results at {path}: give the folder that grade --out wrote")
    problems = [f"{path}: {problem}" for problem in chain.problems(path, secret)]
    heads, sealed, since = [], 0, 0
    for _, text in chain.lines(path):
        link = chain.take_apart(text)
        if link is None:
            continue
        data = _object(link.content)
        since += 1
        if "sealed" in data:
            sealed, since = data["sealed"], 0
            heads.append(link.chain)
    if noted is not None and not any(head.startswith(noted.strip().lower()) for head in heads):
        problems.append(
            f"{path}: the head you noted is not in it: runs were cut off, or all was written anew"
        )
    if problems:
        return problems, False
    said = [f"{path}: {sealed} results, the chain holds"]
    if since:
        said.append(f"{since} more are not sealed yet: the last run did not come to its end")
    return [*said, f"head: {heads[-1] if heads else 'none yet'}"], True


def _object(content: bytes) -> dict[str, int]:
    try:
        data = json.loads(content)
    except ValueError:
        return {}
    return data if type(data) is dict else {}
