"""Submissions in a plain folder, in every usual layout and with the usual slips.

- nbgrader's: ``<student>/<lab>/<notebook>.ipynb``; also ``<student>/<lab>.ipynb``;
- flat: ``<student>_<lab>.ipynb``, or ``<student>.ipynb`` when one lab is asked for;
- the other way round: ``<lab>/<student>/<notebook>.ipynb`` or ``<lab>/<student>.ipynb``.

Where a notebook may lie, a zip with it may lie too. A lab's name may be written as
`grader.intake.naming` reads it. What is not used is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import belonging, naming
from grader.intake.choosing import regular, twice
from grader.intake.naming import printable
from grader.intake.student_folder import Found, StudentFolder
from grader.intake.zipped import Zips, is_zip
from grader.records import Submission, Unused


@dataclass
class Folder:
    """What is found in one folder."""

    root: Path
    asked: Sequence[Lab]
    course: Sequence[Lab]  # all labs there are
    zips: Zips  # opens what students handed in zipped
    found: Found = field(default_factory=dict)
    unused: list[Unused] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.students = StudentFolder(self.asked, self.course, self.zips, self.skip)

    def read(self) -> None:
        """Look through the folder.

        Raises:
            OSError: it cannot be read.
        """
        inside = [p for p in sorted(self.root.iterdir()) if not p.name.startswith(naming.JUNK)]
        files = [p for p in inside if naming.is_notebook(p) and not p.is_dir()]
        zips = [path for path in inside if is_zip(path)]
        for path in inside:
            if not path.is_dir() and path not in files and path not in zips:
                self.skip(path, "not a notebook")
        self._flat(files, zips)
        reversed_ones = {p: lab for p in inside if (lab := holds_students(p, self.course))}
        for folder, lab in reversed_ones.items():
            self._of_lab(folder, lab)
        students = [p for p in inside if p.is_dir() and p not in reversed_ones]
        nested: Found = {}
        for folder in students:
            self.students.read(folder, nested)
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
            name = self._shown(new.notebook) if new.notebook else "/".join(key)
            self.found[key] = twice(known, name)

    def skip(self, path: Path, why: str) -> None:
        """Put down that a file is not used."""
        self.unused.append(Unused(self._shown(path), why))

    def _shown(self, path: Path) -> str:
        """A file's name in the folder; what was unpacked from a zip has only its own."""
        inside = path.relative_to(self.root) if path.is_relative_to(self.root) else Path(path.name)
        return printable(inside.as_posix())

    def _zip(self, path: Path, lab: Lab | None = None) -> str:
        """Take in a zip that lies beside others; return whose it is, where that can be told.

        In a lab's folder the lab is known.
        """
        stem = printable(path.stem)
        read = naming.split(stem, [lab] if lab else self.course)
        named = read[0] if len(read) == 1 else (lab, naming.without_copy_marks(stem) if lab else "")
        try:
            zipped = self.zips.open(path)
        except UserError as error:
            return self._cannot_open(path, named, str(error))
        student = named[1].strip() or zipped.student
        for notebook, its, why in zipped.notebooks:
            if its is None:
                self.skip(path, f"{printable(notebook.name)} in it: {why}")
            elif its not in self.asked:
                self.skip(path, f"it is of {its.name}, which was not asked for")
            elif not student:
                self.skip(path, f"it does not say whose it is: call it <student>_{its.name}.zip")
            else:
                self.add(regular(student, its, notebook))
        return student

    def _cannot_open(self, path: Path, named: tuple[Lab | None, str], why: str) -> str:
        """A zip without use is its student's reason, where its name says whose it is."""
        lab, student = named
        if lab is not None and lab in self.asked and student.strip():
            self.add(Submission(student.strip(), lab.name, None, "unreadable", why))
            return student.strip()
        self.skip(path, why)
        return ""

    def _flat(self, files: Iterable[Path], zips: Iterable[Path]) -> None:
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
        seen |= dict.fromkeys(filter(None, map(self._zip, zips)))
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
                self.add(self.students.in_lab(printable(path.name), lab, path))
            elif is_zip(path):
                self._zip(path, lab)
            elif naming.is_notebook(path):
                read = [rest for its, rest in naming.split(printable(path.stem), [lab]) if its]
                if read == [""]:
                    self.skip(path, f"its name does not say whose it is: <student>_{lab.name}")
                else:
                    self.add(regular(read[0] if read else printable(path.stem), lab, path))
            else:
                self.skip(path, "not a notebook")


def holds_students(folder: Path, labs: Sequence[Lab]) -> Lab | None:
    """The lab that a folder is named for, where students lie in it and not the other way round."""
    lab = None if folder.is_symlink() else naming.lab_named(folder.name, labs)
    if lab is None or not folder.is_dir():
        return None
    inside = [p for p in folder.iterdir() if not p.name.startswith(naming.JUNK)]
    if any(naming.lab_named(p.name, labs) for p in inside if p.is_dir()):
        return None  # somebody who is called so
    return lab if any(p.is_dir() or naming.is_notebook(p) or is_zip(p) for p in inside) else None
