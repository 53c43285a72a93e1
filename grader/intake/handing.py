"""From a platform's download to submissions: which lab a file is of, and which of two counts.

A file's lab is told by its name, else by what stands in it, else by the rest of the download, where
all of that is of one lab. Whoever is in the download and handed in no notebook is missing, with
what they handed in instead. A group's notebook is graded for each of its members.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import archives, belonging, naming
from grader.intake.choosing import listed, regular, twice
from grader.intake.downloads import Download, Piece, Sender
from grader.intake.naming import printable
from grader.intake.people import People
from grader.records import HandedIn, Submission, Unused

_HERE = "{why}: hand it in as <lab>.ipynb, or grade it alone with --lab"


@dataclass
class Handing:
    """The hand-ins of one download.

    Args:
        download: what the platform gave.
        root: where it lies.
        asked: the labs to look for.
        course: all labs there are.
        people: who is who; may be empty.
        scratch: a folder that does not exist yet, to unpack students' zips into.
    """

    download: Download
    root: Path
    asked: Sequence[Lab]
    course: Sequence[Lab]
    people: People
    scratch: Path
    found: dict[tuple[str, str], Submission] = field(default_factory=dict)
    came: dict[tuple[str, str], HandedIn] = field(default_factory=dict)
    unused: list[Unused] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)  # whom the roster does not have

    def read(self) -> None:
        """Sort every file of the download.

        Raises:
            OSError: it cannot be read.
        """
        for path, why in self.download.others:
            self.skip(path, why)
        if self.people:
            unknown = {s.student for s in self.download.senders if not self.people.students(s)}
            self.strangers = sorted(unknown)
        rest: dict[tuple[Sender, ...], list[Piece]] = defaultdict(list)
        told: dict[tuple[tuple[Sender, ...], str], list[Piece]] = defaultdict(list)
        open_ones: list[tuple[Piece, str]] = []
        for piece in self._unzipped():
            if not naming.is_notebook(Path(piece.name)):
                rest[piece.senders].append(piece)
                continue
            lab, why = self._lab(piece)
            if lab is None:
                open_ones.append((piece, why))
            else:
                told[piece.senders, lab.name].append(piece)
        only = {name for _, name in told} or {lab.name for lab in self.asked}
        for piece, why in open_ones:
            if len(only) == 1:
                told[piece.senders, next(iter(only))].append(piece)
            else:
                self.skip(piece.path, _HERE.format(why=why))
        self._submit(told)
        self._miss({name for _, name in self.found}, rest)

    def skip(self, path: Path, why: str) -> None:
        """Put down that a file is not used."""
        inside = path.relative_to(self.root) if path.is_relative_to(self.root) else Path(path.name)
        self.unused.append(Unused(printable(inside.as_posix()), why))

    def _submit(self, told: dict[tuple[tuple[Sender, ...], str], list[Piece]]) -> None:
        by_name = {lab.name: lab for lab in self.asked}
        for (senders, name), pieces in told.items():
            if name not in by_name:
                for piece in pieces:
                    self.skip(piece.path, f"it is of {name}, which was not asked for")
                continue
            students = self._students(senders)
            piece, reason = self._choose(by_name[name], pieces)
            for student, sender in students.items():
                new = regular(student, by_name[name], piece.path)
                if reason:
                    new = Submission(student, name, None, "unreadable", reason)
                if len(students) > 1:
                    new = replace(new, members=tuple(students))
                known = self.found.get((student, name))
                self.found[student, name] = twice(known, piece.name) if known else new
                self.came[student, name] = self._record(student, name, sender, piece)

    def _record(
        self, student: str, lab: str, sender: Sender, piece: Piece | None = None
    ) -> HandedIn:
        """What is known of how something came in, or of who handed in nothing."""
        # A group's number on the platform, or that of the member who clicked, is nobody else's.
        own = "" if len(self.people.students(sender)) > 1 else sender.key
        key = piece.key or own if piece else own
        known = HandedIn(student, lab, self.download.system, key, sender.name, sender.email)
        if piece is None:
            return known
        return replace(known, file=piece.name, when=piece.when, late=piece.late)

    def _choose(self, lab: Lab, pieces: list[Piece]) -> tuple[Piece, str]:
        """Return the file that counts, or any of them and why none does."""
        usual = [p for p in pieces if naming.without_copy_marks(p.name[:-6]) == lab.topic]
        exact = [p for p in pieces if p.name == f"{lab.topic}.ipynb"]
        for some in (pieces, exact, usual):
            if some and len({_digest(p.path) for p in some}) == 1:
                self._leave(some[0], pieces, f"{some[0].name} beside it was taken")
                return some[0], ""
        names = ", ".join(piece.name for piece in pieces)
        why = f"{len(pieces)} notebooks could be meant for {lab.name} ({names}): hand in one"
        self._leave(None, pieces, why)
        return pieces[0], why

    def _leave(self, taken: Piece | None, pieces: Iterable[Piece], why: str) -> None:
        for piece in pieces:
            if piece is not taken:
                self.skip(piece.path, why)

    def _miss(self, labs: set[str], rest: dict[tuple[Sender, ...], list[Piece]]) -> None:
        """Put down who has no notebook, and the files that are none."""
        wanted = [lab.name for lab in self.asked if lab.name in labs or len(self.asked) == 1]
        # Who handed in something else first: that is the better reason.
        groups = dict.fromkeys([*rest, *((sender,) for sender in self.download.senders)])
        for senders in groups:
            others = [piece.path for piece in rest.get(senders, [])]
            for path in others:
                self.skip(path, "not a notebook")
            only = f", only {listed(others)}: the .ipynb file itself is needed" if others else ""
            for student in self._students(senders):
                for name in wanted:
                    reason = f"no notebook for {name} in the download{only}"
                    missing = Submission(student, name, None, "missing", reason)
                    if (student, name) not in self.found:
                        self.found[student, name] = missing
                        self.came[student, name] = self._record(student, name, senders[0])

    def _lab(self, piece: Piece) -> tuple[Lab | None, str]:
        read = naming.split(Path(piece.name).stem, self.course)
        if len(read) == 1:
            return read[0][0], ""
        lab, why = belonging.told(piece.path, self.course)
        return lab, why

    def _unzipped(self) -> Iterable[Piece]:
        """Every file; in the place of a student's zip what notebooks it holds."""
        for number, piece in enumerate(self.download.pieces):
            if Path(piece.name).suffix.lower() != ".zip" or piece.path.is_symlink():
                yield piece
                continue
            try:
                inside = archives.inner(piece.path, self.scratch / str(number))
            except UserError as error:
                self.skip(piece.path, str(error))
                inside = []
            for path in inside:
                yield replace(piece, path=path, name=printable(path.name))
            if not inside:
                yield piece

    def _students(self, senders: Iterable[Sender]) -> dict[str, Sender]:
        found: dict[str, Sender] = {}
        for sender in senders:
            for student in self.people.students(sender) or (sender.student,):
                found.setdefault(printable(student), sender)
        return found


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return str(path)
    with path.open("rb") as file:
        digest: Callable[[], str] = hashlib.file_digest(file, "sha256").hexdigest
        return digest()
