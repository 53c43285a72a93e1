"""Control groups: memory and number of processes of a whole worker, where we may make groups.

Version 1 (a folder a controller) and version 2 (one tree, both controllers handed down to us) are
known. A group is a folder; it is taken away again when its worker has ended.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from grader.sandbox.limits import Limits

_ROOT = Path("/sys/fs/cgroup")
_NAME = "interp-labs-{pid}"
_OWN = 2  # process 1 of the namespace and the worker
_OVERHEAD = 256 << 20  # pages that the two copy from the warm parent


def available() -> bool:
    """Can this user make groups with memory and process limits? Found out by making one."""
    try:
        with group(Limits()) as folders:
            return bool(folders)
    except OSError:
        return False


@contextlib.contextmanager
def group(limits: Limits, *, wanted: bool = True) -> Iterator[list[Path]]:
    """Make a group for one worker and yield its folders: none where there are no controllers.

    Raises:
        OSError: refused.
    """
    places = _places(limits) if wanted else []
    made: list[Path] = []
    for parent, _ in places:
        _sweep(parent)
    try:
        for parent, settings in places:
            folder = parent / _NAME.format(pid=os.getpid())
            folder.mkdir(exist_ok=True)
            made.append(folder)
            for name, value in settings.items():
                (folder / name).write_text(str(value))
        yield made
    finally:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()


def join(folders: list[Path]) -> None:
    """Move the calling process into a group.

    Raises:
        OSError: refused.
    """
    for folder in folders:
        (folder / "cgroup.procs").write_text("0")


def _places(limits: Limits) -> list[tuple[Path, dict[str, int]]]:
    """List the folders that groups can be made in, and what to write there."""
    memory, processes = limits.memory + _OVERHEAD, limits.threads + _OWN
    mine = _memberships()
    if "memory" in mine and "pids" in mine:
        return [
            (_ROOT / "memory" / mine["memory"], {"memory.limit_in_bytes": memory}),
            (_ROOT / "pids" / mine["pids"], {"pids.max": processes}),
        ]
    own = _ROOT / mine.get("", "")
    handed_down = own / "cgroup.subtree_control"
    if handed_down.exists() and {"memory", "pids"} <= set(handed_down.read_text().split()):
        return [(own, {"memory.max": memory, "memory.swap.max": 0, "pids.max": processes})]
    return []


def _memberships() -> dict[str, str]:
    """Return the calling process's group by controller; version 2 has the empty name."""
    found = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = path.lstrip("/")
    return found


def _sweep(parent: Path) -> None:
    """Take away groups that a killed run left; one that is in use cannot be taken away."""
    for folder in parent.glob(_NAME.format(pid="*")):
        if not Path("/proc", folder.name.rpartition("-")[2]).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()
