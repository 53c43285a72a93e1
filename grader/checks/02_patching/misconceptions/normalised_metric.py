"""Wrong scales that students write."""

import torch


def _ends(clean, corrupted):
    if clean == corrupted:
        raise ValueError("equal ends")


def ends_swapped(x, clean, corrupted):
    """Your scale is upside down: the corrupted run should have 0 and the clean run 1."""
    _ends(clean, corrupted)
    return (x - clean) / (corrupted - clean)


def sign_lost(x, clean, corrupted):
    """You divide by the absolute distance: where clean is the smaller number, the sign is lost."""
    _ends(clean, corrupted)
    return (x - corrupted) / abs(clean - corrupted)


def sign_of_the_denominator(x, clean, corrupted):
    """You divide by corrupted minus clean: then the clean run gets -1."""
    _ends(clean, corrupted)
    return (x - corrupted) / (corrupted - clean)


def clipped(x, clean, corrupted):
    """You clip to the range from 0 to 1: a patch may go beyond either end, and should show it."""
    _ends(clean, corrupted)
    return ((x - corrupted) / (clean - corrupted)).clamp(0, 1)


def share_of_clean(x, clean, corrupted):
    """You divide by the clean value: divide by the distance from corrupted to clean."""
    _ends(clean, corrupted)
    return (x - corrupted) / clean


def not_shifted(x, clean, corrupted):
    """You do not subtract the corrupted value: then the corrupted run is not at 0."""
    _ends(clean, corrupted)
    return x / (clean - corrupted)


def not_scaled(x, clean, corrupted):
    """You subtract the corrupted value and do not divide by the distance: the clean run is not at
    1."""
    _ends(clean, corrupted)
    return x - corrupted


def from_the_middle(x, clean, corrupted):
    """You put 0 half way between the two runs: the corrupted run should be at 0."""
    _ends(clean, corrupted)
    return (x - (clean + corrupted) / 2) / (clean - corrupted)


def by_its_own_extremes(x, clean, corrupted):
    """You scale by the smallest and largest entry of x: the two runs' values are the ends."""
    _ends(clean, corrupted)
    return (x - x.min()) / (x.max() - x.min())


def percent(x, clean, corrupted):
    """Your scale goes to 100: the clean run should be at 1."""
    _ends(clean, corrupted)
    return 100 * (x - corrupted) / (clean - corrupted)


def absolute(x, clean, corrupted):
    """You take the absolute value: a patch that makes things worse should be below 0."""
    _ends(clean, corrupted)
    return ((x - corrupted) / (clean - corrupted)).abs()


def equal_ends_divide(x, clean, corrupted):
    """With equal ends you divide by 0 and return infinite or missing numbers: raise a
    ValueError."""
    return (x - corrupted) / torch.tensor(clean - corrupted, dtype=x.dtype)


def equal_ends_give_zero(x, clean, corrupted):
    """With equal ends you return zeros: an effect of 0 would be read as a finding. Raise a
    ValueError."""
    if clean == corrupted:
        return torch.zeros_like(x)
    return (x - corrupted) / (clean - corrupted)


def an_epsilon_below(x, clean, corrupted):
    """You add a small number to the denominator, so that equal ends give a huge number instead of
    an error: raise a ValueError."""
    return (x - corrupted) / (clean - corrupted + 1e-8)


def in_place(x, clean, corrupted):
    """You change the caller's tensor in place (`-=`, `/=`): make a new one."""
    _ends(clean, corrupted)
    x -= corrupted
    x /= clean - corrupted
    return x
