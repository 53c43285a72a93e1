"""labkit: what the labs of Interp Labs share, on the student's side.

``from labkit import check, data, models, plots`` is the first line of every lab:

- ``models``  load a real model, plant a circuit, or make a tiny random model
- ``data``    prompts and sentences whose answers were checked on the real model
- ``check``   run an exercise's visible checks and show what came out
- ``plots``   figures that render everywhere
- ``board``   in a workshop: tell the host's board which checks pass, after joining it

Nothing is imported here: each of them costs only whoever asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.checking import check

__all__ = ["check"]  # models, data and plots are submodules: importing their name finds them


def __getattr__(name: str) -> object:
    # A name in labkit.checking, imported on first use: it needs torch, and not everything does.
    if name == "check":
        from labkit.checking import check

        globals()["check"] = check
        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
