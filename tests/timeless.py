"""A run's files without what the clock put into them: the rest is the same bytes every time."""

from __future__ import annotations

from grader.ledger import timings


def page(data: bytes) -> bytes:
    """A class page without what took longest."""
    before, _, rest = data.partition(b'<div class="took">')
    return before + page(rest[rest.index(b"<h3>Exercise by student") :]) if rest else before


def files(found: dict[str, bytes]) -> dict[str, bytes]:
    """A run's files, by their paths below its folder."""
    return {
        name: page(data) if name.endswith("index.html") else data
        for name, data in found.items()
        if not name.endswith(timings.FILE)
    }
