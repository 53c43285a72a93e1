"""What a plot takes: tensors, arrays or lists of numbers, turned into float64 arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float64]


def array(values: object, axes: int, what: str) -> Array:
    """Return ``values`` as a float64 array with this many axes.

    Raises:
        ValueError: it has another number of axes, or holds no plain numbers.
    """
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().to(torch.float64).numpy()
    try:
        result = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} takes numbers: {error}") from error
    if result.ndim != axes:
        raise ValueError(
            f"{what} takes values with {axes} {'axis' if axes == 1 else 'axes'}; "
            f"these have shape {list(result.shape)}"
        )
    if not result.size:
        raise ValueError(f"{what} takes values; these are empty, of shape {list(result.shape)}")
    return result


def short(value: float) -> str:
    """Return a number with three significant digits, for a label or a sentence."""
    if not np.isfinite(value):
        return {"nan": "NaN", "inf": "infinity", "-inf": "-infinity"}[str(value)]
    text = f"{value:.3g}"
    return f"{value:,.0f}" if "e+" in text and abs(value) < 1e6 else text
