"""Stock nbgrader on the course as it lies here: it releases the same lab, and gives our marks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader.course import labs
from grader.handout import release
from grader.records import LabResult
from tests.nbgrader_course import (
    CHECK,
    LAB,
    QUESTION,
    RIGHT,
    Notebook,
    cell,
    changed,
    graded_by_us,
    hand_in,
    in_gradebook,
    in_results,
    nbgrader,
    of_checks,
    solved,
    take_any_machine,
)

pytestmark = pytest.mark.xdist_group("course")


def test_generate_assignment_makes_the_released_lab(course: Path) -> None:
    folder = course / "labs" / LAB
    ours = {path.name: path.read_bytes() for path in folder.iterdir()}
    our_cells = nbformat.read(folder / "entropy.ipynb", as_version=4).cells
    nbgrader(course, "generate_assignment", LAB, "--force")
    for mine, theirs in zip(
        our_cells, nbformat.read(folder / "entropy.ipynb", as_version=4).cells, strict=True
    ):
        assert mine == theirs
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == ours
    assert release.drift(course) == []


def test_what_nbgrader_copies_is_what_release_copies(course: Path) -> None:
    left_behind = ("figures/a.png", "__pycache__/x.pyc", ".ipynb_checkpoints/x.ipynb", ".hidden")
    for name in (*left_behind, "data/words.txt"):
        path = course / "solutions" / LAB / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    shutil.rmtree(course / "labs" / LAB)
    release.write(course)
    ours = {p.relative_to(course): p.read_bytes() for p in (course / "labs").rglob("*.*")}
    assert Path("labs", LAB, "data/words.txt") in ours
    nbgrader(course, "generate_assignment", LAB, "--force")
    assert {p.relative_to(course): p.read_bytes() for p in (course / "labs").rglob("*.*")} == ours


def each_cell(change: Callable[[Notebook], object]) -> Callable[[Notebook], None]:
    def change_all(notebook: Notebook) -> None:
        for part in notebook.cells:
            change(part)

    return change_all


def twice(notebook: Notebook) -> None:
    """The first of the two is wrong."""
    first = changed(cell(notebook, "token_entropy"), lambda c: None)
    first["id"], first.source = "0123abcd", first.source.replace(RIGHT, "return logits")
    notebook.cells.insert(notebook.cells.index(cell(notebook, "token_entropy")), first)


def with_noise(notebook: Notebook) -> None:
    stream = {"output_type": "stream", "name": "stderr", "text": "UserWarning: old torch\n"}
    cell(notebook, CHECK)["outputs"] = [stream]
    own = cell(notebook, "token_entropy")
    own.source = own.source.replace(
        "return ", "import sys, warnings; warnings.warn('x'); sys.stderr.write('y'); return "
    )


def without_metadata(part: Notebook) -> None:
    part["metadata"], part["id"] = {}, part.id[:3] + part.id[-5:]


RIGHT_ALL_THE_SAME: dict[str, Callable[[Notebook], object]] = {
    "perfect": lambda n: None,
    "noisy": with_noise,
    "metadata_lost": each_cell(without_metadata),
    "metadata_of_wrong_type": each_cell(lambda c: c.update(metadata=["x"])),
    "nbgrader_of_wrong_type": each_cell(lambda c: c.metadata.update(nbgrader="yes")),
    "names_of_wrong_type": each_cell(lambda c: c.metadata.get("nbgrader", {}).update(grade_id=[])),
    "old_schema": each_cell(lambda c: c.metadata.get("nbgrader", {}).update(schema_version=1)),
    "new_schema": each_cell(lambda c: c.metadata.get("nbgrader", {}).update(schema_version=99)),
    "odd_schema": each_cell(lambda c: c.metadata.get("nbgrader", {}).update(schema_version="3")),
    "more_points": each_cell(lambda c: c.metadata.get("nbgrader", {}).update(points=100)),
    "points_in_words": each_cell(lambda c: c.metadata.get("nbgrader", {}).update(points="two")),
    "cell_twice": twice,
    "check_twice": lambda n: n.cells.append(cell(n, CHECK)),
    "check_deleted": lambda n: n.update(
        cells=[c for c in n.cells if c.id not in (CHECK, QUESTION)]
    ),
    "check_in_words": lambda n: cell(n, CHECK).update(cell_type="markdown"),
    "question_in_code": lambda n: cell(n, QUESTION).update(cell_type="code", outputs=[]),
    "answered": lambda n: cell(n, QUESTION).update(source="No: sure is not right."),
    "outputs_of_wrong_type": lambda n: cell(n, CHECK).update(outputs="none"),
    "odd_cells": lambda n: n.cells.extend([None, 7, "cell", {}, {"cell_type": "sql"}]),
    "odd_source": lambda n: n.cells.append({"cell_type": "markdown", "source": {"a": 1}}),
    "odd_attachments": lambda n: n.cells[0].update(attachments=["x"]),
    "half_a_pair": lambda n: n.cells[0].update(source="\ud83d"),
    "later_format": lambda n: n.update(nbformat_minor=99),
    "another_format": lambda n: n.update(nbformat=99),
    "format_in_words": lambda n: n.update(nbformat="four"),
    "notebook_metadata": lambda n: n.update(metadata=3),
    "a_large_output": lambda n: cell(n, CHECK).update(
        outputs=[{"output_type": "stream", "name": "stdout", "text": "y" * (3 << 20)}]
    ),
}
"""Every one of these holds the right function: damage elsewhere costs nothing."""

NO_NOTEBOOK: dict[str, Callable[[bytes], bytes]] = {
    "broken": lambda whole: whole[:1000],
    "empty": lambda whole: b"",
    "a_text": lambda whole: b"def token_entropy(logits): ...",
    "a_picture": lambda whole: b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a_list": lambda whole: b"[1, 2]",
    "no_cells": lambda whole: b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "cells_null": lambda whole: b'{"nbformat": 4, "nbformat_minor": 5, "cells": null}',
    "very_deep": lambda whole: b"[" * 100_000,
}


@pytest.fixture(scope="module")
def graded(
    released_course: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[LabResult], str]:
    """A class after autograde and generate_feedback, what ``grade`` gave it, and the log."""
    course = tmp_path_factory.mktemp("nbgrader") / "course"
    shutil.copytree(released_course, course)
    take_any_machine(course)
    right = solved(course, RIGHT)
    for student, change in RIGHT_ALL_THE_SAME.items():
        hand_in(course, student, changed(right, change))
    whole = json.dumps(right).encode()
    for student, damage in NO_NOTEBOOK.items():
        hand_in(course, student, damage(whole))
    hand_in(course, "wide_text", json.dumps(right).encode("utf-16"))
    hand_in(course, "marked_text", b"\xef\xbb\xbf" + whole)
    hand_in(course, "untouched", solved(course, "raise NotImplementedError()"))
    hand_in(course, "bits", solved(course, RIGHT + " / torch.tensor(2.0).log()"))
    naive = "p = logits.softmax(-1); return -(p * p.log()).sum(-1)"  # NaN where p is 0
    hand_in(course, "naive", solved(course, naive))
    answered = changed(right, RIGHT_ALL_THE_SAME["answered"])
    hand_in(course, "answered_elsewhere", changed(answered, lambda n: n.update(nbformat=99)))
    hand_in(course, "raises", solved(course, "return 1 / 0"))
    hand_in(course, "quits", solved(course, "import os; os._exit(0)"))
    path = hand_in(course, "renamed", right)
    path.rename(path.with_name("Untitled1 (2).ipynb"))
    path = hand_in(course, "two_of_them", right)
    path.rename(path.with_name("a.ipynb"))
    path.with_name("b.ipynb").write_bytes(whole)
    path = hand_in(course, "linked", right)
    path.unlink()
    path.symlink_to(course / "submitted" / "perfect" / LAB / "entropy.ipynb")
    path = hand_in(course, "links", right)
    path.with_name("mine.txt").symlink_to(course / "nbgrader_config.py")
    path.with_name("nowhere.txt").symlink_to(course / "is_not_there")
    path.with_name("kept.txt").write_text("a file of the student's own")
    path = hand_in(course, "a_folder", right)
    path.unlink()
    path.mkdir()
    nbgrader(course, "generate_assignment", LAB, "--force")
    said = nbgrader(course, "autograde", LAB)
    nbgrader(course, "generate_feedback", LAB)
    return course, graded_by_us(course, course / "submitted", course / "out", (LAB,)), said


def test_the_marks_are_those_of_grade(graded: tuple[Path, list[LabResult], str]) -> None:
    course, results, _ = graded
    marks = of_checks(in_gradebook(course / "gradebook.db", LAB))
    assert marks == in_results(results)
    assert set(marks) == {path.name for path in (course / "submitted").iterdir()}
    full = {*RIGHT_ALL_THE_SAME, "wide_text", "marked_text", "renamed", "links"}
    full |= {"answered_elsewhere"}
    assert {student for student, cells in marks.items() if cells[CHECK] == 2.0} == full
    assert marks["naive"][CHECK] == 1.5, "three of four checks pass: partial credit"
    none = set(marks) - full - {"naive"}
    assert none >= {*NO_NOTEBOOK, "untouched", "raises", "quits", "linked", "two_of_them"}
    assert {marks[student][CHECK] for student in none} == {0}


def test_nobody_is_left_out_and_a_reason_is_named(
    graded: tuple[Path, list[LabResult], str],
) -> None:
    course, results, said = graded
    pages = {p.parts[-3]: p.read_text() for p in (course / "feedback").glob(f"*/{LAB}/*.html")}
    assert set(pages) == {result.student for result in results}
    for result in results:
        if result.status == "unreadable":
            assert f"{result.student}, {LAB}: {result.reason}" in said
    assert "not valid JSON" in pages["broken"] and "is a link" in pages["linked"]
    assert "Your entropy is in bits" in pages["bits"]
    assert "ZeroDivisionError" in pages["raises"]
    assert not any("Traceback (most recent" in page for page in pages.values())


def test_a_person_is_asked_to_look_at_what_has_no_mark(
    graded: tuple[Path, list[LabResult], str],
) -> None:
    course, results, _ = graded
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        flagged = {
            submission.student.id
            for submission in book.assignment_submissions(LAB)
            if book.find_grade(CHECK, "entropy", LAB, submission.student.id).needs_manual_grade
        }
    assert flagged == {result.student for result in results if result.status == "unreadable"}
    assert flagged == {*NO_NOTEBOOK, "linked", "two_of_them", "a_folder"}


def test_written_questions_wait_for_a_human(graded: tuple[Path, list[LabResult], str]) -> None:
    marks = in_gradebook(graded[0] / "gradebook.db", LAB)
    assert marks["answered"][QUESTION] is marks["answered_elsewhere"][QUESTION] is None
    assert {marks[name][QUESTION] for name in ("untouched", "perfect", "check_deleted")} == {0}


def test_no_link_of_a_submission_is_followed(graded: tuple[Path, list[LabResult], str]) -> None:
    course = graded[0]
    copied = {path.name for path in (course / "autograded" / "links" / LAB).iterdir()}
    assert "kept.txt" in copied
    assert not copied & {"mine.txt", "nowhere.txt"}


def test_what_was_handed_in_is_left_as_it_was(graded: tuple[Path, list[LabResult], str]) -> None:
    folder = graded[0] / "submitted" / "renamed" / LAB
    assert [path.name for path in folder.iterdir()] == ["Untitled1 (2).ipynb"]


def test_the_courses_own_config_needs_one_line() -> None:
    text = Path(labs.ROOT, "nbgrader_config.py").read_text()
    ours = [line for line in text.splitlines() if "nbgrader_executor" in line]
    assert ours == ['c.Autograde.exporter_class = "grader.nbgrader_executor.GradeIsolated"']
    assert "preprocessors" not in text
