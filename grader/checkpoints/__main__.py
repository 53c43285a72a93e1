"""``python -m grader.checkpoints``: train decompositions again, or print what the shipped hold."""

from __future__ import annotations

import argparse
import json

from labkit import targets

from grader.checkpoints import making, measuring
from grader.checkpoints.plans import PLANS


def main() -> None:
    """Train and save the named decompositions, or with --figures measure what ships."""
    parser = argparse.ArgumentParser(prog="python -m grader.checkpoints", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PLANS))
    parser.add_argument("--figures", action="store_true", help="measure what ships; train nothing")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(PLANS)):
        parser.error(f"no such decomposition: {', '.join(unknown)}")
    for name in given.names or PLANS:
        if given.figures:
            made = targets.decomposition(name)
            found = measuring.figures(making.lab(), targets.load(name), made.parts, made.gates)
            print(f"{name}: {json.dumps(found)}")
        else:
            made = making.make(name, PLANS[name])
            print(f"{targets.save_decomposition(made)}: {json.dumps(made.figures)}")


if __name__ == "__main__":
    main()
