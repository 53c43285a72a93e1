"""Which processes a test has below it: what must not be left behind."""

from __future__ import annotations

from pathlib import Path


def descendants(pid: int) -> set[int]:
    """Every process below one, by the kernel's own lists."""
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            try:
                children = {int(text) for text in task.read_text().split()}
            except OSError:
                continue
            waiting += children - found
            found |= children
    return found
