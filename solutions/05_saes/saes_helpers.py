"""Given code of lab 05, part I: a dictionary to start from, batches, a file that SAELens reads.

Nothing here answers an exercise.
"""

from __future__ import annotations

import os
from pathlib import Path

HEADLINE = Path(os.environ.get("INTERP_LABS_OUT", "figures")) / "headline.png"
"""Where the last cell of the notebook saves its figure."""


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")
