"""A zip that one student handed in, as ``python -m grader submit`` writes it, or made by hand.

In it lies ``<student>/<lab>/<notebook>.ipynb``, or just the notebook. Whose it is, the zip's own
name and place say first: an instructor sees them, and what stands in it is the student's word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import archives, belonging, naming
from grader.intake.naming import printable


@dataclass(frozen=True)
class Zipped:
    """What is in a student's zip."""

    student: str  # as it is written in it; empty where it is not
    notebooks: tuple[tuple[Path, Lab | None, str], ...]  # each with its lab, or why that is unknown


def is_zip(path: Path) -> bool:
    """Whether a name says that this is a zip, and it is a file."""
    return path.suffix.lower() == ".zip" and not path.is_dir()


@dataclass
class Zips:
    """Opens the zips of one folder.

    Args:
        scratch: a folder to unpack into.
        course: all labs there are.
    """

    scratch: Path
    course: Sequence[Lab]
    _opened: int = 0

    def open(self, path: Path) -> Zipped:
        """Unpack a zip.

        Raises:
            UserError: it cannot be read, is too large, holds no notebook, or the work of more than
                one student; the text is the reason.
        """
        if path.is_symlink():
            raise UserError(f"{printable(path.name)} is a link, not a file")
        self._opened += 1
        place = self.scratch / str(self._opened)
        found = archives.inner(path, place)
        if not found:
            raise UserError(f"{printable(path.name)} holds no notebook: the .ipynb is needed")
        students = {name for one in found if (name := self._student(one.relative_to(place)))}
        if len(students) > 1:
            raise UserError(
                f"{printable(path.name)} holds the work of {len(students)} students: grade it by "
                "itself, or unpack it here"
            )
        labs = tuple((one, *self._lab(one, path)) for one in found)
        return Zipped(next(iter(students), ""), labs)

    def _student(self, inside: Path) -> str:
        """The student that a notebook's folders name."""
        *above, folder, _ = ("", *inside.parts)
        if above and above[-1] and naming.lab_named(folder, self.course):
            return printable(above[-1])
        return ""

    def _lab(self, notebook: Path, path: Path) -> tuple[Lab | None, str]:
        for name in (notebook.stem, notebook.parent.name, path.stem):
            read = naming.split(printable(name), self.course)
            if len(read) == 1:
                return read[0][0], ""
        return belonging.told(notebook, self.course)
