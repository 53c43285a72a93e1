"""The ledger of a class: which results hold, read from and added to ``results.jsonl``.

The file only grows. While a run goes on, each result is on the disk before the next is added, in
the order in which they come. `seal` ends the run: what came since the last seal is put into the
order of students and labs, and a seal is set behind it ({"sealed": how many results hold}). So the
bytes hang neither on the order of grading nor on how often the run was killed, and what was sealed
once stays byte for byte. A run that changes nothing adds nothing.

In memory is an index: where each result lies, not what it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from grader.ledger import results
from grader.ledger.journal import BEGINNING, Journal, Place
from grader.ledger.results import InOrder, Named
from grader.records import LabResult
from grader.seeds import Secret

OURS = "(our fault)"
"""What stands in the reason of a result that says nothing of the student's work."""


class Entry(NamedTuple):
    """Where a result lies in the file, and what decides whether it still holds."""

    place: Place
    digest: str
    is_ours: bool  # something of ours broke: it is to be graded again


class Ledger:
    """The results of a class on disk. One writer at a time; use ``with``, or close it.

    Args:
        path: the file; it is made by `begin`.
        secret: the course secret, which keys the chain.

    Raises:
        UserError: the chain is broken, or another run is writing to the file. Nothing is changed.
        OSError: the file is there and cannot be written.
    """

    def __init__(self, path: Path, secret: Secret) -> None:
        self._journal = Journal(path, secret)
        self._sealed: dict[Named, Entry] = {}
        self._since: dict[Named, Entry | None] = {}  # since the last seal; None: gone
        self._last_seal = BEGINNING
        self._changed: list[tuple[Place | None, Place]] = []
        try:
            for place, content in self._journal.scan():
                self._take(place, json.loads(content))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._journal.close()

    @property
    def head(self) -> str:
        """The chain value of the last seal; empty when there is none."""
        return self._last_seal.head

    def entry(self, key: Named) -> Entry | None:
        """What the index has on a student and lab, if a result holds."""
        return self._since[key] if key in self._since else self._sealed.get(key)

    def get(self, key: Named) -> LabResult | None:
        """The result that holds for a student and lab, if there is one."""
        entry = self.entry(key)
        return self._read(entry) if entry else None

    def known(self) -> list[Named]:
        """Every student and lab with a result, sorted."""
        return sorted(key for key in {*self._sealed, *self._since} if self.entry(key))

    def begin(self) -> None:
        """Make ready to add, so that a file that cannot be written is found out before grading.

        Raises:
            OSError: it cannot.
        """
        self._journal.begin()

    def add(self, result: LabResult) -> None:
        """Put one result on the disk, unless it says just what holds already.

        Raises:
            OSError: the disk is full or the like. What was added before is still there.
        """
        key = (result.student, result.lab)
        content = results.encode(result)
        standing = self.entry(key)
        if standing is None or self._journal.content(standing.place) != content:
            self._since[key] = _entry(result, self._journal.append(content))

    def seal(self, gone: Iterable[Named] = ()) -> None:
        """End the run: order what came since the last seal and set a seal behind it. Atomic.

        Args:
            gone: who has a result and is in the class no more.

        Raises:
            OSError: the disk is full or the like. The file is as it was.
        """
        final = self._since | dict.fromkeys(gone)
        news = {key: final[key] for key in sorted(final) if self._differs(key, final[key])}
        if not news:
            self._since = {}
            self._journal.cut(self._last_seal)
            return
        now = {key: entry for key, entry in (self._sealed | news).items() if entry}
        places = self._journal.put(self._lines(news, len(now)), behind=self._last_seal)
        for (key, entry), place in zip(news.items(), places, strict=False):
            if entry is not None:
                now[key] = entry._replace(place=place)
                before = self._sealed.get(key)
                self._changed.append((before.place if before else None, place))
        self._sealed, self._since, self._last_seal = now, {}, self._journal.mark

    def changes(self) -> Changes:
        """What `seal` put behind the seal before: the result that held till then, and the new one.

        Of a run that was killed and went on, that is all of it.
        """
        return Changes(self._journal.path, self._changed)

    def standing(self) -> Standing:
        """All results that hold, in order, read from the disk as they are asked for."""
        entries = (self.entry(key) for key in self.known())
        return Standing(self._journal.path, [entry.place for entry in entries if entry])

    def _take(self, place: Place, data: dict[str, object]) -> None:
        """Index one line of the file."""
        if "sealed" in data:
            now = self._sealed | self._since
            self._sealed = {key: entry for key, entry in now.items() if entry}
            self._since, self._last_seal = {}, self._journal.mark
            return
        key = (str(data["student"]), str(data["lab"]))
        self._since[key] = None if "gone" in data else _entry(results.decode(data), place)

    def _differs(self, key: Named, entry: Entry | None) -> bool:
        """Is it something else than what is sealed?"""
        sealed = self._sealed.get(key)
        if entry is None or sealed is None:
            return entry is not sealed
        return self._journal.content(entry.place) != self._journal.content(sealed.place)

    def _lines(self, news: dict[Named, Entry | None], count: int) -> Iterator[bytes]:
        for (student, lab), entry in news.items():
            if entry is None:
                yield json.dumps({"student": student, "lab": lab, "gone": True}).encode("ascii")
            else:
                yield self._journal.content(entry.place)
        yield json.dumps({"sealed": count}).encode("ascii")

    def _read(self, entry: Entry) -> LabResult:
        return results.decode(json.loads(self._journal.content(entry.place)))


class Standing(InOrder):
    """The results that hold, read from the disk one at a time, as often as asked for."""

    def __init__(self, path: Path, places: list[Place]) -> None:
        self._path = path
        self._places = places

    def __iter__(self) -> Iterator[LabResult]:
        """Go through the results, by student, then lab."""
        with self._path.open("rb") as file:
            for place in self._places:
                yield _read(file, place)

    def __len__(self) -> int:
        """Say how many there are."""
        return len(self._places)

    def __getitem__(self, position: int) -> LabResult:
        """Read the result at a position, from 0."""
        with self._path.open("rb") as file:
            return _read(file, self._places[position])


class Changes:
    """Pairs of the result that held before a run, if one did, and the one that holds after it."""

    def __init__(self, path: Path, places: list[tuple[Place | None, Place]]) -> None:
        self._path = path
        self._places = places

    def __iter__(self) -> Iterator[tuple[LabResult | None, LabResult]]:
        """Go through the pairs, by student, then lab."""
        with self._path.open("rb") as file:
            for before, after in self._places:
                yield (_read(file, before) if before else None), _read(file, after)


def _read(file: IO[bytes], place: Place) -> LabResult:
    file.seek(place.offset)
    return results.decode(json.loads(file.read(place.size)))


def is_ours(result: LabResult) -> bool:
    """Did something of ours break? Then the next run tries again."""
    checks = [check for exercise in result.exercises for check in exercise.checks]
    # The reason of a graded notebook may hold a student's own words.
    broken = result.status != "graded" and result.reason.endswith(OURS)
    return broken or any(check.status == "FAULT" for check in checks)


def _entry(result: LabResult, place: Place) -> Entry:
    return Entry(place, result.digest, is_ours(result))
