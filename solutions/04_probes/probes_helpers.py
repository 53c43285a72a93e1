"""Given code of lab 04: what the notebook uses and nobody has to write.

Nothing here answers an exercise.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch

HEADLINE = Path(os.environ.get("INTERP_LABS_OUT", "figures")) / "headline.png"
"""Where the notebook's headline cell saves its figure."""

CORES = min(2, torch.get_num_threads())
"""Threads for the sweeps over the real model; the tiny ones do not gain by more."""


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")
