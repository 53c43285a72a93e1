"""Stock nbgrader works on the course as it lies here, and gives the marks that ``grade`` gives."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader import grading, labs, release
from grader.sandbox import rungs
from grader.seeds import PUBLIC

pytestmark = pytest.mark.xdist_group("course")
LAB, CHECK = "07_entropy", "check_token_entropy"
QUESTION = "question_entropy_and_truth"
ISOLATED = rungs().strong


def nbgrader(course: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=course, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    return done.stderr


def hand_in(course: Path, student: str, notebook: nbformat.NotebookNode) -> None:
    folder = course / "submitted" / student / LAB
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "entropy.ipynb")


def solved(course: Path, body: str) -> nbformat.NotebookNode:
    """The released notebook with the stub replaced."""
    notebook = nbformat.read(course / "labs" / LAB / "entropy.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("raise NotImplementedError()", body)
    return notebook


RIGHT = "return torch.distributions.Categorical(logits=logits).entropy()"


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


@pytest.fixture(scope="module")
def graded(
    released_course: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, float]]:
    """A class after autograde and generate_feedback, and the marks that ``grade`` gave it."""
    course = tmp_path_factory.mktemp("nbgrader") / "course"
    shutil.copytree(released_course, course)
    if not ISOLATED:
        with (course / "nbgrader_config.py").open("a") as config:
            config.write("c.GradeIsolated.isolate = False\n")
    hand_in(course, "perfect", solved(course, RIGHT))
    hand_in(course, "untouched", solved(course, "raise NotImplementedError()"))
    hand_in(course, "bits", solved(course, RIGHT + " / torch.tensor(2.0).log()"))
    noisy = "import sys, warnings; warnings.warn('x'); sys.stderr.write('y'); "
    hand_in(course, "noisy", solved(course, noisy + RIGHT))
    hand_in(course, "raises", solved(course, "return 1 / 0"))
    plain = solved(course, RIGHT)
    for cell in plain.cells:
        cell.metadata, cell["id"] = {}, cell.id[:3] + cell.id[-5:]
    hand_in(course, "metadata_lost", plain)
    stale = solved(course, RIGHT)
    for cell in stale.cells:
        cell.metadata.get("nbgrader", {})["schema_version"] = 1
    hand_in(course, "old_schema", stale)
    double = solved(course, "return logits")
    second = nbformat.from_dict(
        next(c for c in solved(course, RIGHT).cells if c.id == "token_entropy")
    )
    second["id"] = "0123abcd"
    double.cells.insert(5, second)
    hand_in(course, "cell_twice", double)
    no_check = solved(course, RIGHT)
    no_check.cells = [c for c in no_check.cells if c.id not in (CHECK, QUESTION)]
    hand_in(course, "check_deleted", no_check)
    answered = solved(course, RIGHT)
    (question,) = (c for c in answered.cells if c.id == QUESTION)
    question.source += " No: sure is not right."
    hand_in(course, "answered", answered)
    hand_in(course, "renamed", solved(course, RIGHT))
    folder = course / "submitted" / "renamed" / LAB
    (folder / "entropy.ipynb").rename(folder / "Untitled1 (2).ipynb")
    hand_in(course, "linked", solved(course, RIGHT))
    stolen = course / "submitted" / "linked" / LAB / "entropy.ipynb"
    stolen.unlink()
    stolen.symlink_to(course / "submitted" / "perfect" / LAB / "entropy.ipynb")
    nbgrader(course, "generate_assignment", LAB, "--force")
    hand_in(course, "broken", solved(course, RIGHT))
    broken = course / "submitted" / "broken" / LAB / "entropy.ipynb"
    broken.write_bytes(broken.read_bytes()[:1000])
    said = nbgrader(course, "autograde", LAB, code=1)
    named = {line.split("'")[3] for line in said.splitlines() if "for student" in line}
    assert named == {"broken"}, "one malformed notebook stops itself and nobody else"
    nbgrader(course, "generate_feedback", LAB)
    order = grading.Order(
        place=course / "submitted",
        out=course / "out",
        labs=tuple(labs.find(course).values()),
        workers=1,
        secret=PUBLIC,
        isolate=ISOLATED,
    )
    results = grading.grade(order, lambda step: None)
    return course, {result.student: result.score for result in results}


def marks(course: Path, name: str) -> dict[str, float | None]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return {
            submission.student.id: book.find_grade(
                name, "entropy", LAB, submission.student.id
            ).auto_score
            for submission in book.assignment_submissions(LAB)
        }


def test_the_marks_are_those_of_grade(graded: tuple[Path, dict[str, float]]) -> None:
    course, expected = graded
    assert marks(course, CHECK) == {**expected, "broken": None}
    full = {"perfect", "noisy", "metadata_lost", "old_schema", "check_deleted", "answered"}
    full |= {"renamed", "cell_twice"}
    assert {student for student, mark in expected.items() if mark == 2.0} == full
    assert {expected[name] for name in ("untouched", "raises", "linked", "broken")} == {0}
    assert 0 <= expected["bits"] < 2


def test_written_questions_wait_for_a_human(graded: tuple[Path, dict[str, float]]) -> None:
    waiting = marks(graded[0], QUESTION)
    assert waiting["answered"] is None
    assert waiting["untouched"] == waiting["perfect"] == waiting["check_deleted"] == 0


def test_feedback_names_the_mistake_and_no_hidden_value(
    graded: tuple[Path, dict[str, float]],
) -> None:
    pages = graded[0] / "feedback"
    text = {p.parts[-3]: p.read_text() for p in pages.glob(f"*/{LAB}/entropy.html")}
    assert set(text) == set(graded[1]) - {"broken"}
    assert "Your entropy is in bits" in text["bits"]
    assert "ZeroDivisionError" in text["raises"]
    for page in text.values():
        assert "Traceback (most recent" not in page
        assert "torch.special.entr" not in page


def test_the_executor_names_every_step_of_nbgraders_own_list() -> None:
    """A new nbgrader may add a step: ours replaces Execute and nothing else."""
    from nbgrader.converters import Autograde

    config = Path(labs.ROOT, "nbgrader_config.py").read_text()
    ours = {line.strip().split('"')[1] for line in config.splitlines() if '"nb' in line}
    traits = Autograde.class_traits()
    stock = {
        step.__name__
        for name in ("sanitize_preprocessors", "autograde_preprocessors")
        for step in traits[name].default()
    }
    named = {entry.rsplit(".", 1)[1] for entry in ours if "preprocessors." in entry}
    assert stock - named == {"Execute"}
    assert named <= stock
