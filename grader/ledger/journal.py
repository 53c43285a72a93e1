"""The file under the ledger: chained lines that are on the disk before the next is written.

It knows lines and their chain, not what they say. A run that is killed while it writes leaves at
most a piece of one line at the end; `open` passes over it, and the next line takes its place.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from grader.errors import UserError
from grader.ledger import chain
from grader.seeds import Secret


class Place(NamedTuple):
    """Where a line lies in the file, in bytes."""

    offset: int
    size: int


class Mark(NamedTuple):
    """How far the file goes, and the chain value there."""

    end: int
    head: str


BEGINNING = Mark(0, chain.START)


class Journal:
    """Lines with a chain. One writer at a time; close it, or use ``with``.

    Args:
        path: the file; it is made by `begin`.
        secret: the course secret, which keys the chain.

    Raises:
        UserError: another run is writing to the file.
        OSError: it is there and cannot be written.
    """

    def __init__(self, path: Path, secret: Secret) -> None:
        self.path = path
        self.mark = BEGINNING
        self._secret = secret
        self._part = path.with_name(path.name + ".part")
        self._file: IO[bytes] | None = None
        if path.exists():
            self._open("r+b")

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def scan(self) -> Iterator[tuple[Place, bytes]]:
        """Go through the lines of the file once, before anything else is done with it.

        Raises:
            UserError: a line does not fit into the chain; the file is left as it is.
        """
        if self._file is None:
            return
        for text in self._file:
            link = chain.take_apart(text)
            holds = (
                link and link.unchanged(self._secret) and link.follows(self.mark.head, self._secret)
            )
            if link is None or not holds:
                if text.endswith(b"\n"):
                    self._refuse()
                break  # what a killed run left
            place = Place(self.mark.end, len(chain.line(link)))
            self.mark = Mark(place.offset + place.size, link.chain)
            yield place, link.content
        if os.fstat(self._file.fileno()).st_size == self.mark.end - 1:
            self._file.seek(self.mark.end - 1)
            self._file.write(b"\n")  # a kill fell just between the line and this
            self._file.flush()

    def begin(self) -> None:
        """Make ready to write, so that a file that cannot be written is found out before grading.

        Raises:
            OSError: it cannot.
        """
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._open("x+b")
            self._sync_folder()
        self.cut(self.mark)
        self._part.unlink(missing_ok=True)

    def append(self, content: bytes) -> Place:
        """Put one line on the disk (flushed and fsynced).

        Raises:
            OSError: the disk is full or the like. The lines before it are still there.
        """
        link = chain.stamp(content, self.mark.head, self._secret)
        line = chain.line(link)
        file, place = self._opened(), Place(self.mark.end, len(line))
        try:
            file.seek(place.offset)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(file.fileno(), place.offset)
            raise
        self.mark = Mark(place.offset + place.size, link.chain)
        return place

    def content(self, place: Place) -> bytes:
        """Read one line again, without its stamp."""
        link = chain.take_apart(os.pread(self._opened().fileno(), place.size, place.offset))
        assert link is not None
        return link.content

    def cut(self, mark: Mark) -> None:
        """Take away what stands behind a mark."""
        file = self._opened()
        if os.fstat(file.fileno()).st_size > mark.end:
            file.truncate(mark.end)
        self.mark = mark

    def put(self, contents: Iterable[bytes], behind: Mark) -> list[Place]:
        """Put these lines in the place of all that stands behind a mark. Atomic.

        Raises:
            OSError: the disk is full or the like. The file is as it was.
        """
        file, mark, places = self._opened(), behind, []
        try:
            with self._part.open("wb") as part:
                file.seek(0)
                _copy(file, part, mark.end)
                for content in contents:
                    link = chain.stamp(content, mark.head, self._secret)
                    line = chain.line(link)
                    part.write(line)
                    places.append(Place(mark.end, len(line)))
                    mark = Mark(mark.end + len(line), link.chain)
                part.flush()
                os.fsync(part.fileno())
            self._part.replace(self.path)
        except OSError:
            self._part.unlink(missing_ok=True)
            raise
        self._sync_folder()
        self.close()
        self._open("r+b")
        self.mark = mark
        return places

    def _opened(self) -> IO[bytes]:
        assert self._file is not None, "begin first"
        return self._file

    def _open(self, mode: str) -> None:
        self._file = self.path.open(mode)
        try:
            # Held by this process alone, not by its forks, and gone with it however it ends.
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise UserError(
                f"another run is writing to {self.path}: wait for its end, or choose another --out"
            ) from error

    def _refuse(self) -> None:
        found = chain.problems(self.path, self._secret) or ["the chain is broken"]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise UserError(
            f"{self.path}: {found[0]}{more}. Nothing was graded or written. See `python -m grader "
            f"verify {self.path.parent}`, then put the file back as it was, or move it away to "
            "grade the class anew"
        )

    def _sync_folder(self) -> None:
        """Put a file's new name on the disk too."""
        handle = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    """Copy the first bytes of a file."""
    while size:
        piece = source.read(min(size, 1 << 20))
        target.write(piece)
        size -= len(piece)
