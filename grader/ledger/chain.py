"""The hash chain of ``results.jsonl``: it shows which line was changed, removed or moved.

Each line ends with two fields: "own", a keyed hash (HMAC-SHA256, RFC 2104) of the line itself, and
"chain", a keyed hash of the chain value of the line before and of this line. So a changed line, a
line that follows another than it was written after, and a line that never was ours are told apart.
The key is the course secret. The chain value of the last line is the head.

What a chain does not prove: whoever has the secret can write the whole file anew, and with the
public secret that is everyone, so that it shows accidents and edits by hand only. Nor does the file
itself show that its last runs were cut off behind a seal, or all of it put back to an earlier
state: for that, keep the head that ``grade`` prints in another place and compare.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.seeds import Secret

_MANY = 100  # breaks that are looked at one by one
START = ""
"""What the first line follows."""

_STAMP = re.compile(rb', "own": "([0-9a-f]{16})", "chain": "([0-9a-f]{32})"\}')
_STAMP_BYTES = len(b', "own": "", "chain": ""}') + 16 + 32


@dataclass(frozen=True)
class Link:
    """A line taken apart: the JSON object that was stamped, and its stamp."""

    content: bytes
    own: str
    chain: str

    def unchanged(self, secret: Secret) -> bool:
        """Is the content what was stamped with this secret?"""
        return hmac.compare_digest(self.own, _own(self.content, secret))

    def follows(self, before: str, secret: Secret) -> bool:
        """Was the line written after the line with this chain value?"""
        return hmac.compare_digest(self.chain, _chain(self.content, before, secret))

    def holds(self, before: str, secret: Secret) -> bool:
        """Is it unchanged, and in its place?"""
        return self.unchanged(secret) and self.follows(before, secret)


def stamp(content: bytes, before: str, secret: Secret) -> Link:
    """Stamp a JSON object that follows the line with the chain value ``before``."""
    return Link(content, _own(content, secret), _chain(content, before, secret))


def line(link: Link) -> bytes:
    """The line as it stands in the file, with its newline."""
    fields = f', "own": "{link.own}", "chain": "{link.chain}"}}\n'
    return link.content[:-1] + fields.encode()


def take_apart(text: bytes) -> Link | None:
    """Take a line apart, with or without its newline; None when it carries no stamp."""
    text = text.rstrip(b"\n")
    found = _STAMP.fullmatch(text[-_STAMP_BYTES:])
    if found is None:
        return None
    return Link(text[:-_STAMP_BYTES] + b"}", found[1].decode(), found[2].decode())


def problems(path: Path, secret: Secret) -> list[str]:
    """Say in one sentence each what was done to the file; nothing when it is as it was written.

    A piece of a line at the very end, which a killed run leaves, is none.
    """
    found: list[tuple[int, str]] = []
    runs: list[_Run] = []
    before: str | None = START
    count = 0
    for number, text in lines(path):
        link = take_apart(text)
        count += 1
        if link is None:
            found.append((number, f"line {number}{_who(text)} was not written by a run"))
            before = None
            continue
        if not link.unchanged(secret):
            found.append((number, f"line {number}{_who(link.content)} was changed"))
        elif before is not None and not link.follows(before, secret):
            runs.append(_Run(number, number, link, _who(link.content)))
        if runs:
            runs[-1].last = number
        before = link.chain
    if count and sum("was changed" in text for _, text in found) == count:
        return ["no line was written with this secret: give the one that the marks were made with"]
    found += _breaks(path, runs, secret)
    return [text for _, text in sorted(found)]


@dataclass
class _Run:
    """Lines that follow each other as they were written, after a break."""

    first: int
    last: int
    head: Link
    who: str
    place: int | None = None  # the line of today's file that it was written after; 0: none

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        if self.first == self.last:
            return f"line {self.first}{self.who} was"
        return f"lines {self.first}{self.who} to {self.last} were"


def _breaks(path: Path, runs: list[_Run], secret: Secret) -> Iterator[tuple[int, str]]:
    """Tell for each break whether lines were moved or removed there."""
    if not runs:
        return
    if len(runs) > _MANY:
        yield (
            runs[0].first,
            f"the lines were put into another order: {len(runs)} do not follow the line that they "
            f"were written after; line {runs[0].first}{runs[0].who} is the first",
        )
        return
    chains = {START: 0} | {
        link.chain: number for number, text in lines(path) if (link := take_apart(text))
    }
    for run in runs:
        places = (n for chain, n in chains.items() if run.head.follows(chain, secret))
        run.place = next(places, None)
    stay = _most_lines_in_order(runs)
    for position, run in enumerate(runs):
        if run.place is None:
            where = f"before line {run.first}{run.who}" if run.first > 1 else "at the beginning"
            yield run.first, f"a line or more was removed {where}"
        elif position not in stay:
            where = f"after line {run.place}" if run.place else "at the beginning"
            yield run.first, f"{run.name} moved or copied: written {where}"


def _most_lines_in_order(runs: list[_Run]) -> set[int]:
    """Which runs to leave in their places, so that as few lines as can be count as moved."""
    ranks = [_rank(position, runs) for position in range(len(runs))]
    best: list[tuple[int, tuple[int, ...]]] = []
    for here, run in enumerate(runs):
        ahead = max((best[i] for i in range(here) if ranks[i] < ranks[here]), default=(0, ()))
        best.append((ahead[0] + run.last - run.first + 1, (*ahead[1], here)))
    return set(max(best)[1])


def _rank(position: int, runs: list[_Run]) -> int:
    """How many runs were written before this one; what was removed is taken to change nothing."""
    rank, seen = 0, set()
    while position >= 0 and position not in seen:
        seen.add(position)
        rank += 1
        place = runs[position].place
        if place is None:
            position -= 1
        else:
            inside = (i for i, run in enumerate(runs) if run.first <= place <= run.last)
            position = next(inside, -1)
    return rank


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The file's whole lines with their numbers, one in memory at a time."""
    with path.open("rb") as file:
        for number, text in enumerate(file, start=1):
            if text.endswith(b"\n") or take_apart(text) is not None:
                yield number, text


def _who(content: bytes) -> str:
    """Whose line it is, as far as it can be read, in brackets; may be nothing."""
    try:
        data = json.loads(content)
        if "sealed" in data:
            return " (the seal of a run)"
        return f" ({data['student']}, {data['lab']})"
    except (ValueError, TypeError, KeyError):
        return ""


def _own(content: bytes, secret: Secret) -> str:
    return hmac.digest(secret.key, b"line\0" + content, "sha256").hex()[:16]


def _chain(content: bytes, before: str, secret: Secret) -> str:
    return hmac.digest(secret.key, b"chain\0" + before.encode() + content, "sha256").hex()[:32]
