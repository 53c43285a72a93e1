"""All that a run puts into the temporary folder, in one folder that does not outlive it.

A run that ends removes it. Of a run that was killed, the warm parent removes it when it finds
itself alone (`warm_parent`); and where that was killed too, the next run does: a folder that no
process holds locked is nobody's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "interp-labs-run-"


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Make a run's folder, and let `tempfile` use it for the time of a ``with`` block."""
    before = tempfile.gettempdir()
    sweep(Path(before))
    path, lock = _make(Path(before))
    tempfile.tempdir = str(path)
    try:
        inside = path / "submissions"
        inside.mkdir()
        yield inside
    finally:
        tempfile.tempdir = before
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def remove_own(patience: float = 10.0) -> None:
    """Remove the folder of the run that started this process, once that run is no more.

    Args:
        patience: seconds to wait for its last process to end; then the next run does it.
    """
    own = Path(tempfile.gettempdir())
    end = time.monotonic() + patience
    with contextlib.suppress(OSError):
        while own.name.startswith(PREFIX) and time.monotonic() < end:
            if (lock := _locked(own)) is not None:
                shutil.rmtree(own, ignore_errors=True)
                os.close(lock)
                return
            time.sleep(0.02)


def sweep(place: Path) -> None:
    """Remove what killed runs left behind."""
    for path in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            lock = _locked(path)
            if lock is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


def _make(place: Path) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        lock = _locked(path)
        if lock is not None and path.exists():  # else another run has just swept it away
            return path, lock


def _locked(path: Path) -> int | None:
    """Lock a folder: judges share the lock, as forks, and it ends with the last process."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
