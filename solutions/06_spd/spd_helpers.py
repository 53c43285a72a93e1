"""Given code of lab 06, part I: figures, and what the notebook says of a prediction.

Nothing here answers an exercise.
"""

from __future__ import annotations

import os
from pathlib import Path

OUT = Path(os.environ.get("INTERP_LABS_OUT", "figures"))
"""The folder that the notebook writes into."""

HEADLINE = OUT / "headline.png"
"""Where the last cell of the notebook saves its figure."""

CHALLENGE = "decomposition"
"""The kind of planted model that each student is given."""


def versus(guess: object, truth: object, what: str) -> None:
    """Print a prediction beside what came out."""
    said = "no prediction" if guess is None else f"you said {guess}"
    print(f"{what}: {truth} ({said})")
