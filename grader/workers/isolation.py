"""Whether to grade on this machine: with strong isolation, or because somebody said so."""

from __future__ import annotations

from grader import sandbox
from grader.errors import UserError
from grader.sandbox import Rungs


def choose(asked: str) -> Rungs:
    """Return the rungs that will hold workers: all that this machine has.

    Args:
        asked: "strong", or "weak" for whatever there is.

    Raises:
        UserError: an unknown word; or a door stays open and nobody said that it may.
    """
    if asked not in ("strong", "weak"):
        raise UserError(f"--isolation is strong or weak, not {asked!r}")
    found = sandbox.rungs()
    if asked == "strong" and not found.strong:
        raise UserError(
            "this machine cannot keep students' code from "
            f"{' and '.join(found.open_doors())} (see: python -m grader doctor); "
            "to grade all the same, add --isolation weak"
        )
    return found
