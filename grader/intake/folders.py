"""Submissions in a plain folder, in every usual layout and with the usual slips.

- nbgrader's: ``<student>/<lab>/<notebook>.ipynb``; also ``<student>/<lab>.ipynb``;
- flat: ``<student>_<lab>.ipynb``, or ``<student>.ipynb`` when one lab is asked for;
- the other way round: ``<lab>/<student>/<notebook>.ipynb`` or ``<lab>/<student>.ipynb``.

A lab's name may be written as `grader.intake.naming` reads it. What is not used is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.course.labs import Lab
from grader.intake import belonging, naming
from grader.intake.choosing import listed, notebook_in, regular, twice
from grader.intake.naming import printable
from grader.records import Submission, Unused

Found = dict[tuple[str, str], Submission]


@dataclass
class Folder:
    """What is found in one folder."""

    root: Path
    asked: Sequence[Lab]
    course: Sequence[Lab]  # all labs there are
    found: Found = field(default_factory=dict)
    unused: list[Unused] = field(default_factory=list)

    def read(self) -> None:
        """Look through the folder.

        Raises:
            OSError: it cannot be read.
        """
        inside = [p for p in sorted(self.root.iterdir()) if not p.name.startswith(naming.JUNK)]
        files = [p for p in inside if naming.is_notebook(p) and not p.is_dir()]
        for path in inside:
            if not path.is_dir() and path not in files:
                self.skip(path, "not a notebook")
        self._flat(files)
        reversed_ones = {p: lab for p in inside if (lab := holds_students(p, self.course))}
        for folder, lab in reversed_ones.items():
            self._of_lab(folder, lab)
        students = [p for p in inside if p.is_dir() and p not in reversed_ones]
        nested: Found = {}
        for folder in students:
            self._of_student(folder, nested)
        if any(submission.status != "missing" for submission in nested.values()):
            for submission in nested.values():
                self.add(submission)

    def add(self, new: Submission) -> None:
        """Take a submission in; of two for one student and lab neither is graded."""
        key = (new.student, new.lab)
        known = self.found.get(key)
        if known is None or known.status == "missing":
            self.found[key] = new
        elif new.status != "missing":
            path = new.notebook.relative_to(self.root) if new.notebook else Path(*key)
            self.found[key] = twice(known, printable(path.as_posix()))

    def skip(self, path: Path, why: str) -> None:
        """Put down that a file is not used."""
        try:
            name = path.relative_to(self.root)
        except ValueError:
            name = Path(path.name)
        self.unused.append(Unused(printable(name.as_posix()), why))

    def _flat(self, files: Iterable[Path]) -> None:
        names = {lab.name for lab in self.asked}
        seen: dict[str, None] = {}
        for path in files:
            lab, student, why = self._owner(path)
            if lab is None:
                self.skip(path, why)
            elif lab.name not in names:
                self.skip(path, f"it is of {lab.name}, which was not asked for")
            else:
                seen[student] = None
                self.add(regular(student, lab, path))
        for student in seen:
            for name in names:
                reason = f"no file {student}_{name}.ipynb"
                self.found.setdefault(
                    (student, name), Submission(student, name, None, "missing", reason)
                )

    def _owner(self, path: Path) -> tuple[Lab | None, str, str]:
        """A flat file's lab and student, or why one of them cannot be told."""
        stem = printable(path.stem)
        read = naming.split(stem, self.course)
        if len(read) > 1:
            return None, "", f"its name fits {' and '.join(lab.name for lab, _ in read)}"
        if read and read[0][1].strip():
            return *read[0], ""
        if read:
            usual = f"<student>_{read[0][0].name}.ipynb"
            return None, "", f"its name does not say whose it is: call it {usual}"
        if len(self.asked) == 1:
            return self.asked[0], stem, ""
        lab, why = belonging.told(path, self.course)
        return lab, naming.without_copy_marks(stem), f"{why}: call it <student>_<lab>.ipynb"

    def _of_lab(self, folder: Path, lab: Lab) -> None:
        """A lab's folder with students in it."""
        for path in sorted(folder.iterdir()):
            if path.name.startswith(naming.JUNK):
                continue
            if lab not in self.asked:
                self.skip(path, f"it is of {lab.name}, which was not asked for")
            elif path.is_dir():
                self.add(self._in(printable(path.name), lab, path))
            elif naming.is_notebook(path):
                read = [rest for its, rest in naming.split(printable(path.stem), [lab]) if its]
                if read == [""]:
                    self.skip(path, f"its name does not say whose it is: <student>_{lab.name}")
                else:
                    self.add(regular(read[0] if read else printable(path.stem), lab, path))
            else:
                self.skip(path, "not a notebook")

    def _of_student(self, folder: Path, nested: Found) -> None:
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

    def _in(self, student: str, lab: Lab, folder: Path) -> Submission:
        """The notebook in a student's folder for a lab; others beside it are not used."""
        submission = notebook_in(student, lab, folder)
        if submission.notebook is not None:
            for path in sorted(folder.rglob("*.ipynb")):
                hidden = any(p.startswith(naming.JUNK) for p in path.relative_to(folder).parts)
                if path != submission.notebook and path.is_file() and not hidden:
                    self.skip(path, f"{printable(submission.notebook.name)} beside it was taken")
        return submission

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
            elif not path.is_dir():
                self.skip(path, "not a notebook")
        return places, loose

    def _choose(
        self, student: str, lab: Lab, folder: Path, places: list[Path], loose: list[Path]
    ) -> Submission:
        """The usual folder if it has a notebook, else the only other place that has one."""
        usual = self._in(student, lab, folder / lab.name)
        others = [p for p in places if p.name != lab.name]
        if usual.status != "missing":
            for path in [*others, *loose]:
                self.skip(path, f"{student} has a folder {lab.name}, which was taken")
            return usual
        found = [self._in(student, lab, path) for path in others]
        found += [regular(student, lab, path) for path in loose]
        there = [submission for submission in found if submission.status != "missing"]
        if len(there) == 1:
            return there[0]
        if there:
            names = listed([*others, *loose])
            reason = f"more than one notebook could be meant for {lab.name}: {names}"
            return Submission(student, lab.name, None, "unreadable", reason)
        return found[0] if found else usual


def holds_students(folder: Path, labs: Sequence[Lab]) -> Lab | None:
    """The lab that a folder is named for, where students lie in it and not the other way round."""
    lab = None if folder.is_symlink() else naming.lab_named(folder.name, labs)
    if lab is None or not folder.is_dir():
        return None
    inside = [p for p in folder.iterdir() if not p.name.startswith(naming.JUNK)]
    if any(naming.lab_named(p.name, labs) for p in inside if p.is_dir()):
        return None  # somebody who is called so
    return lab if any(p.is_dir() or naming.is_notebook(p) for p in inside) else None


def _cannot_be_read(student: str, lab: Lab, error: OSError) -> Submission:
    reason = f"the folder cannot be read: {error.strerror}"
    return Submission(student, lab.name, None, "unreadable", reason)
