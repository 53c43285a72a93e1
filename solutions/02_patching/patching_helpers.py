"""Given code of lab 02: what the notebook uses and nobody has to write.

Nothing here answers an exercise.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

Metric = Callable[[Float[Tensor, "batch pos vocab"]], Float[Tensor, " batch"]]
"""Turns logits into one number for each row of the batch."""

CHALLENGE = "gate"
"""The kind of planted model that this lab's challenge uses."""

HEADLINE = Path(os.environ.get("INTERP_LABS_OUT", "figures")) / "handover.png"
"""Where the notebook's headline cell saves its figure."""

_NAMES = {"resid": "hook_resid_pre", "attn": "hook_attn_out", "mlp": "hook_mlp_out"}


def site(kind: str, layer: int) -> str:
    """Return the hook name of a site: "resid" (stream before the block), "attn", "mlp" or "z".

    Raises:
        ValueError: no such kind.
    """
    if kind == "z":
        return f"blocks.{layer}.attn.hook_z"
    if kind not in _NAMES:
        raise ValueError(f"there is no kind of site {kind!r}: resid, attn, mlp or z")
    return f"blocks.{layer}.{_NAMES[kind]}"
