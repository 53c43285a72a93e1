"""After a change, only what it touches is run again, and the marks are those of a fresh start."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader import grading, panel, sandbox
from grader.course import labs
from grader.grading import Order
from grader.ledger import chain, results
from grader.marks import moves
from grader.records import LabResult
from grader.seeds import PUBLIC
from grader.workers import processes
from tests import small_course, timeless
from tests.grader.crash import Forks

_CLASS = 12  # 10 of them can be graded: one has handed in nothing, one a damaged file
_CHECKS = 70  # 2 + 3 + 2 for each of the 10


@dataclass(frozen=True)
class Place:
    """A course, a class and its marks."""

    root: Path

    @property
    def checks(self) -> Path:
        """Where the hidden checks lie."""
        return self.root / "course" / "grader" / "checks" / small_course.LAB

    @property
    def source(self) -> Path:
        """The lab's source."""
        return self.root / "course" / "solutions" / small_course.LAB / "small.nb.py"

    def notebook(self, student: str) -> Path:
        """A student's notebook."""
        return self.root / "class" / student / small_course.LAB / "small.ipynb"

    def grade(self, out: str = "marks") -> list[str]:
        """Grade in a process of its own, as each command is; return what regrade prints."""
        answer = self.root / "said.json"
        child = os.fork()
        if child == 0:
            try:
                processes.subprocess = Forks  # type: ignore[assignment, attr-defined]
                tempfile.tempdir = None
                lab = labs.find(self.root / "course")[small_course.LAB]
                rungs = sandbox.rungs()
                order = Order(self.root / "class", self.root / out, (lab,), 2, PUBLIC, rungs=rungs)
                graded = grading.grade(order, lambda step: None)
                said = list(moves.said(graded.results, graded.changes))
                answer.write_text(json.dumps(said))
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(70)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        lines: list[str] = json.loads(answer.read_text())
        return lines

    def marks(self, out: str = "marks") -> list[LabResult]:
        """The results that hold, by student."""
        found = results.read(self.root / out / "results.jsonl")
        return sorted(found, key=lambda result: result.student)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A class that has been graded."""
    place = Place(tmp_path_factory.mktemp("class"))
    lab = small_course.write_course(place.root / "course")
    small_course.write_class(lab, place.root / "class", _CLASS)
    panel.warm_up([])
    place.grade()
    return place


@pytest.fixture
def place(graded: Place, tmp_path: Path) -> Place:
    """A copy of it that a test may change."""
    return Place(shutil.copytree(graded.root, tmp_path / "own"))


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _row(line: str) -> list[str]:
    return [cell for cell in line.split("  ") if cell.strip()]


def _as_from_scratch(place: Place) -> None:
    place.grade("fresh")
    assert place.marks() == place.marks("fresh")
    for name in ("gradebook.csv", "index.html"):
        marked, fresh = (place.root / out / name for out in ("marks", "fresh"))
        assert timeless.page(marked.read_bytes()) == timeless.page(fresh.read_bytes())
    assert chain.problems(place.root / "marks" / "results.jsonl", PUBLIC) == []


def test_nothing_changed_nothing_is_run(place: Place) -> None:
    before = (place.root / "marks" / "results.jsonl").stat()
    assert place.grade() == [f"0 of {_CHECKS} checks were run again; no students moved"]
    after = (place.root / "marks" / "results.jsonl").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_prose_and_other_solutions_touch_nothing(place: Place) -> None:
    before = (place.root / "marks" / "results.jsonl").read_bytes()
    _edit(place.source, "# Three exercises on small tensors.", "# Three little exercises.")
    (place.checks / "alternatives" / "rms.py").unlink()
    assert place.grade() == [f"0 of {_CHECKS} checks were run again; no students moved"]
    assert (place.root / "marks" / "results.jsonl").read_bytes() == before


def test_points_are_only_counted_again(place: Place) -> None:
    before = (place.root / "marks" / "results.jsonl").read_bytes()
    _edit(place.source, 'check="center" points=2', 'check="center" points=6')
    head, _, *rows = place.grade()
    assert head == f"0 of {_CHECKS} checks were run again; 10 students moved"
    found = {cells[0].strip(): [c.strip() for c in cells[1:]] for cells in map(_row, rows)}
    right = [small_course.LAB, "9 -> 13", "center", "-", "2 points -> 6", "points changed"]
    assert found["s00000"] == right
    assert found["s00002"][1] == "7 -> 7", "their center is wrong"
    assert (place.root / "marks" / "results.jsonl").read_bytes().startswith(before)
    _as_from_scratch(place)


def test_an_added_check_runs_its_exercise_and_no_other(place: Place) -> None:
    path = place.checks / "test_rms.py"
    added = (
        '\n\ndef test_one(student):\n    """Of one number it is zero."""\n'
        '    one = torch.ones(2, 1)\n    close(student.rms(one), torch.zeros(2), because="one")\n'
    )
    path.write_text(path.read_text() + added)
    head, _, *rows = place.grade()
    assert head == "40 of 80 checks were run again; 10 students moved"
    assert all("check added" in row for row in rows)
    outcomes = {row.split()[0]: row.split("test_one")[1].split()[:3] for row in rows}
    assert outcomes["s00000"] == ["-", "->", "PASS"]
    assert outcomes["s00011"] == ["-", "->", "ERROR"]
    _as_from_scratch(place)


def test_an_exercise_that_flips_touches_those_after_it(place: Place) -> None:
    _edit(place.checks / "test_rms.py", "2 * x.std", "3 * x.std")
    head, _, *rows = place.grade()
    # rms for 10 (30 checks), and unit for the 8 whose rms passed till now (16).
    assert head == f"46 of {_CHECKS} checks were run again; 8 students moved"
    moved = {row.split()[0] for row in rows}
    assert moved == {f"s{number:05}" for number in (0, 2, 3, 4, 6, 8, 9, 10)}
    assert all("test_scale" in row and "PASS -> FAIL" in row for row in rows)
    _as_from_scratch(place)


def test_a_misconception_is_named_anew_and_nobody_moves(place: Place) -> None:
    path = place.checks / "misconceptions" / "center.py"
    _edit(path, "You take the mean over everything", "You take one mean for all")
    assert place.grade() == [f"20 of {_CHECKS} checks were run again; no students moved"]
    (page,) = (place.root / "marks" / "feedback" / "s00002").glob("*.html")
    assert "You take one mean for all" in page.read_text()
    _as_from_scratch(place)


def test_a_solution_touches_what_uses_it(place: Place) -> None:
    _edit(place.source, "center(x) / (rms(x)", "center(x) / (0 + rms(x)")
    # The last exercise's own: no other uses it.
    assert place.grade()[0] == f"20 of {_CHECKS} checks were run again; no students moved"
    _as_from_scratch(place)


def test_helpers_touch_everything(place: Place) -> None:
    for folder in ("labs", "solutions"):
        helpers = place.root / "course" / folder / small_course.LAB / "small_helpers.py"
        _edit(helpers, "1e-9", "1e-10")
    assert place.grade()[0] == f"{_CHECKS} of {_CHECKS} checks were run again; no students moved"


def test_a_new_notebook_moves_its_student_alone(place: Place) -> None:
    lab = labs.find(place.root / "course")[small_course.LAB]
    place.notebook("s00002").write_bytes(small_course.submission(lab, 0, "s00002"))
    place.notebook("s00007").write_bytes(small_course.submission(lab, 0, "s00007"))
    head, _, *rows = place.grade()
    assert head == "14 of 77 checks were run again; 2 students moved"
    assert [row.split()[0] for row in rows] == ["s00002", "s00002", "s00007"]
    assert "unreadable -> graded" in rows[-1]
    _as_from_scratch(place)


def test_whoever_left_the_class_stays_on_record(place: Place) -> None:
    before = (place.root / "marks" / "results.jsonl").read_bytes()
    shutil.rmtree(place.root / "class" / "s00003")
    place.grade()
    data = (place.root / "marks" / "results.jsonl").read_bytes()
    assert data.startswith(before)
    assert b'"s00003"' not in b"".join(data[len(before) :].splitlines()[1:])
    assert "s00003" not in (place.root / "marks" / "gradebook.csv").read_text()
    _as_from_scratch(place)


@pytest.mark.parametrize("change", ["points", "check", "flip"])
def test_a_regrade_in_two_parts_ends_as_in_one(place: Place, change: str) -> None:
    edits: dict[str, Callable[[], None]] = {
        "points": lambda: _edit(place.source, 'check="rms" points=3', 'check="rms" points=1'),
        "check": lambda: _edit(place.checks / "test_unit.py", "x + 3", "x + 4"),
        "flip": lambda: _edit(place.checks / "test_center.py", "/ 5", "/ 4"),
    }
    edits[change]()
    path = place.root / "marks" / "results.jsonl"
    sealed = path.read_bytes()
    whole = place.grade()
    wanted = path.read_bytes()
    # What a kill leaves of it: two results of the new tail behind the old seal.
    tail = wanted[len(sealed) :].splitlines(keepends=True)
    path.write_bytes(sealed + b"".join(tail[:2]))
    assert place.grade() == whole, "the table is of the whole regrade, not of its last part"
    assert path.read_bytes() == wanted
