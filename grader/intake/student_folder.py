"""One student's folder: for each lab the notebook that counts, in a folder, loose or in a zip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import belonging, naming
from grader.intake.choosing import listed, notebook_in, regular
from grader.intake.naming import printable
from grader.intake.zipped import Zips, is_zip
from grader.records import Submission

Found = dict[tuple[str, str], Submission]


@dataclass(frozen=True)
class StudentFolder:
    """How the folders of students are read.

    Args:
        asked: the labs to look for.
        course: all labs there are.
        zips: opens what students handed in zipped.
        skip: is told of each file that is not used, with the reason.
    """

    asked: Sequence[Lab]
    course: Sequence[Lab]
    zips: Zips
    skip: Callable[[Path, str], None]

    def read(self, folder: Path, nested: Found) -> None:
        """Find what a student handed in for each lab."""
        student = printable(folder.name)
        if folder.is_symlink():
            for lab in self.asked:
                nested[student, lab.name] = Submission(
                    student, lab.name, None, "unreadable", f"{student} is a link"
                )
            return
        try:
            places, loose = self._places(folder)
        except OSError as error:
            for lab in self.asked:
                nested[student, lab.name] = _cannot_be_read(student, lab, error)
            return
        for lab in self.asked:
            try:
                nested[student, lab.name] = self._choose(
                    student, lab, folder, places.get(lab.name, []), loose.get(lab.name, [])
                )
            except OSError as error:
                nested[student, lab.name] = _cannot_be_read(student, lab, error)

    def in_lab(self, student: str, lab: Lab, folder: Path) -> Submission:
        """The notebook in a student's folder for a lab; others beside it are not used."""
        submission = notebook_in(student, lab, folder)
        if submission.status == "missing" and folder.is_dir() and not folder.is_symlink():
            submission = self._in_zip(student, lab, folder) or submission
        if submission.notebook is not None:
            for path in sorted(folder.rglob("*.ipynb")):
                hidden = any(p.startswith(naming.JUNK) for p in path.relative_to(folder).parts)
                if path != submission.notebook and path.is_file() and not hidden:
                    self.skip(path, f"{printable(submission.notebook.name)} beside it was taken")
        return submission

    def _in_zip(self, student: str, lab: Lab, folder: Path) -> Submission | None:
        """The notebook in the only zip of a folder that holds no notebook; None without a zip."""
        zips = [p for p in sorted(folder.iterdir()) if is_zip(p) and p.name[0] != "."]
        if len(zips) != 1:
            return None
        try:
            inside = self.zips.open(zips[0]).notebooks
        except UserError as error:
            return Submission(student, lab.name, None, "unreadable", str(error))
        own = [notebook for notebook, its, _ in inside if its == lab or len(inside) == 1]
        if len(own) == 1:
            return regular(student, lab, own[0])
        reason = f"{printable(zips[0].name)} holds {len(own)} notebooks of {lab.name}, not one"
        return Submission(student, lab.name, None, "unreadable", reason)

    def _places(self, folder: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
        """A student's folders and single notebooks, by the lab that they are of."""
        places: dict[str, list[Path]] = {}
        loose: dict[str, list[Path]] = {}
        for path in sorted(folder.iterdir()):
            if path.name.startswith(naming.JUNK):
                continue
            if path.is_dir() and not naming.is_notebook(path):
                if lab := naming.lab_named(path.name, self.course):
                    places.setdefault(lab.name, []).append(path)
                elif any(map(naming.is_notebook, path.rglob("*"))):
                    self.skip(path, "a folder whose name means no lab")
            elif naming.is_notebook(path):
                read = naming.split(printable(path.stem), self.course)
                lab, why = (read[0][0], "") if len(read) == 1 else (None, "")
                if lab is None:
                    lab, why = belonging.told(path, self.course)
                if lab is None:
                    self.skip(path, why)
                else:
                    loose.setdefault(lab.name, []).append(path)
            elif is_zip(path):
                self._loose_zip(path, loose)
            elif not path.is_dir():
                self.skip(path, "not a notebook")
        return places, loose

    def _loose_zip(self, path: Path, loose: dict[str, list[Path]]) -> None:
        """A zip in a student's folder: its notebooks, as if they lay there."""
        try:
            inside = self.zips.open(path).notebooks
        except UserError as error:
            self.skip(path, str(error))
            return
        for notebook, lab, why in inside:
            if lab is None:
                self.skip(path, f"{printable(notebook.name)} in it: {why}")
            else:
                loose.setdefault(lab.name, []).append(notebook)

    def _choose(
        self, student: str, lab: Lab, folder: Path, places: list[Path], loose: list[Path]
    ) -> Submission:
        """The usual folder if it has a notebook, else the only other place that has one."""
        usual = self.in_lab(student, lab, folder / lab.name)
        others = [p for p in places if p.name != lab.name]
        if usual.status != "missing":
            for path in [*others, *loose]:
                self.skip(path, f"{student} has a folder {lab.name}, which was taken")
            return usual
        found = [self.in_lab(student, lab, path) for path in others]
        found += [regular(student, lab, path) for path in loose]
        there = [submission for submission in found if submission.status != "missing"]
        if len(there) == 1:
            return there[0]
        if there:
            names = listed([*others, *loose])
            reason = f"more than one notebook could be meant for {lab.name}: {names}"
            return Submission(student, lab.name, None, "unreadable", reason)
        return found[0] if found else usual


def _cannot_be_read(student: str, lab: Lab, error: OSError) -> Submission:
    reason = f"the folder cannot be read: {error.strerror}"
    return Submission(student, lab.name, None, "unreadable", reason)
