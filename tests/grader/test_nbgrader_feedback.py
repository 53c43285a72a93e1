"""What students get back from nbgrader holds no text of a hidden check: canaries in one show it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.nbgrader_course import (
    CHECK,
    LAB,
    RIGHT,
    hand_in,
    in_gradebook,
    nbgrader,
    solved,
    take_any_machine,
)

pytestmark = pytest.mark.xdist_group("course")

CANARIES = '''

# CANARY_COMMENT
def test_bare_assert(student):
    """A sentence that the student reads."""
    expected = "CANARY_LOCAL"
    said = student.token_entropy(torch.zeros(1, 1, 3, dtype=torch.float64))
    assert said is expected, f"CANARY_MESSAGE {expected}"


def test_number(student):
    """A number that the student gets wrong."""
    canary_number = 271828182.0
    said = student.token_entropy(torch.zeros(1, 1, 3, dtype=torch.float64))
    close(said, torch.full((1, 1), canary_number, dtype=torch.float64), because="a number")


def test_of_ours_that_breaks(student):
    """A check with a mistake in it."""
    raise KeyError("CANARY_FAULT")


def test_what_the_student_raises(student):
    """A call that the student's own code cannot take."""
    student.token_entropy("CANARY_ARGUMENT")
'''


@pytest.fixture(scope="module")
def course(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class that met the canaries, after autograde and generate_feedback."""
    course = tmp_path_factory.mktemp("canaries") / "course"
    shutil.copytree(released_course, course)
    take_any_machine(course)
    checks = course / "grader" / "checks" / LAB / "test_token_entropy.py"
    checks.write_text(checks.read_text() + CANARIES)
    nbgrader(course, "generate_assignment", LAB, "--force")
    hand_in(course, "right", solved(course, RIGHT))
    hand_in(course, "a_text", solved(course, "return 'words'"))
    hand_in(course, "wrong", solved(course, "return logits[..., 0] + 5"))
    snooping = (
        "import inspect; frames = inspect.stack(); "
        "raise ValueError([sorted(f.frame.f_locals) for f in frames])"
    )
    hand_in(course, "snooping", solved(course, snooping))
    nbgrader(course, "autograde", LAB)
    nbgrader(course, "generate_feedback", LAB)
    return course


def test_no_canary_reaches_a_page_a_notebook_or_the_database(course: Path) -> None:
    """The checks ran: `test_the_student_reads_the_sentences` sees what may be read of them."""
    files = [
        *(path for path in (course / "feedback").rglob("*") if path.is_file()),
        *(path for path in (course / "autograded").rglob("*") if path.is_file()),
        course / "gradebook.db",
    ]
    assert len(files) >= 7
    for path in files:
        data = path.read_bytes().lower()
        for canary in (b"canary", b"271828182", b"torch.special", b"_bare_assert"):
            assert canary not in data, f"{canary!r} in {path.relative_to(course)}"


def test_the_student_reads_the_sentences(course: Path) -> None:
    page = BeautifulSoup(
        (course / "feedback" / "wrong" / LAB / "entropy.html").read_text(), "html.parser"
    ).get_text()
    assert "A sentence that the student reads." in page
    assert "A number that the student gets wrong." in page
    assert "broke through our own fault" in page
    page = (course / "feedback" / "a_text" / LAB / "entropy.html").read_text()
    assert "it returned str" in page, "what is wrong with the type is told too"


def test_a_fault_of_ours_costs_nothing_and_asks_for_a_look(course: Path) -> None:
    from nbgrader.api import Gradebook

    # Of eight checks one is our fault; of the seven left the right function passes four.
    score = in_gradebook(course / "gradebook.db", LAB)["right"][CHECK]
    assert score == pytest.approx(2 * 4 / 7, abs=1e-4)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        assert book.find_grade(CHECK, "entropy", LAB, "right").needs_manual_grade
