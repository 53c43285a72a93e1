"""Given code of lab 03: what the notebook uses and nobody has to write.

Nothing here answers an exercise.
"""

from __future__ import annotations

import os
from pathlib import Path

CHALLENGE = "induction_circuit"
"""The kind of planted model that this lab's challenge uses."""

HEADLINE = Path(os.environ.get("INTERP_LABS_OUT", "figures")) / "headline.png"
"""Where the last cell of the notebook saves its figure."""


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")
