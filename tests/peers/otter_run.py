"""Runs in otter's own environment: grades notebooks one after the other, in one process.

``python -m tests.peers.otter_run autograder.zip notebook...`` prints a line of JSON for each.
"""

from __future__ import annotations

import importlib
import json
import sys

GRADED = "otter-graded "


def main(autograder: str, *notebooks: str) -> None:
    """Grade without containers, as ``otter run`` does."""
    grade_submission = importlib.import_module("otter.api").grade_submission
    for notebook in notebooks:
        marks: dict[str, float] = {}
        problem = ""
        try:
            found = grade_submission(notebook, autograder, quiet=True)
            marks = {name: float(test.score) for name, test in found.results.items()}
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"[:200]
        told = {"notebook": notebook, "marks": marks, "problem": problem}
        print(GRADED + json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
