"""Other right ways to write normalised_metric."""

import torch


def slope_and_offset(x, clean, corrupted):
    """The line's slope and offset."""
    span = clean - corrupted
    if span == 0:
        raise ValueError("equal ends")
    return x / span - corrupted / span


def from_the_clean_end(x, clean, corrupted):
    """One minus the distance from the clean end."""
    if not abs(clean - corrupted) > 0:
        raise ValueError("there is nothing between clean and corrupted")
    return 1 - (clean - x) / (clean - corrupted)


def inverse_of_lerp(x, clean, corrupted):
    """Tensors throughout, and an assertion for an error."""
    ends = torch.tensor([corrupted, clean], dtype=x.dtype)
    span = torch.diff(ends)
    assert span != 0, "clean and corrupted must differ"
    return torch.div(torch.sub(x, ends[0]), span)


def equal_up_to_rounding(x, clean, corrupted):
    """Refuses ends that are equal up to rounding, too."""
    if abs(clean - corrupted) < 1e-9:
        raise ValueError("clean and corrupted are equal")
    return (x - corrupted).div(clean - corrupted)
