"""Whole classes of lab 01 in a course of somebody's own: nbgrader's marks are those of ``grade``.

The course's configuration is its own but for the one line; its lab is this course's.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from grader.course import labs, notebooks
from grader.seeds import Secret
from tests import sample_class
from tests.attacks import corpus
from tests.attacks import notebooks as poisons
from tests.attacks.canaries import put_out
from tests.nbgrader_course import (
    graded_by_us,
    in_gradebook,
    in_results,
    nbgrader,
    of_checks,
)

pytestmark = pytest.mark.xdist_group("course")
LAB = sample_class.LAB
_CONFIG = """\
import os, sys
from pathlib import Path

c = get_config()
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
c.CourseDirectory.course_id = "own"
c.CourseDirectory.submitted_directory = "class"
c.Autograde.exporter_class = "grader.nbgrader_executor.GradeIsolated"
c.GradeIsolated.isolation = "weak"
"""


def own_course(folder: Path) -> Path:
    """A course with nbgrader's usual folders, into which our lab was put."""
    lab = labs.named(LAB)
    source = folder / "source" / LAB
    source.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(_CONFIG)
    path = source / f"{lab.topic}.ipynb"
    path.write_bytes(notebooks.to_bytes(notebooks.solution_notebook(lab.cells, LAB)))
    shutil.copy(lab.released / f"{lab.topic}_helpers.py", source)
    return folder


def test_the_sample_class(tmp_path: Path) -> None:
    course = own_course(tmp_path)
    shutil.copytree(sample_class.SUBMISSIONS, course / "class")
    nbgrader(course, "generate_assignment", LAB)
    nbgrader(course, "autograde", LAB)
    results = graded_by_us(course, sample_class.SUBMISSIONS, tmp_path / "marks", (LAB,))
    marks = of_checks(in_gradebook(course / "gradebook.db", LAB))
    assert marks == in_results(results)
    assert len(marks) == len(results) - 1, "all but the absent one"
    assert sum(marks["ada"].values()) == labs.named(LAB).max_score  # type: ignore[arg-type]


def test_the_attack_corpus(tmp_path: Path) -> None:
    """Every poisoned notebook, and of each family of code attacks one (``CORPUS=all``: all).

    Those that run into a limit are left to the corpus's own tests: they take long, and earn 0.
    """
    course, lab = own_course(tmp_path), labs.named(LAB)
    attacks = [attack for attack in corpus.find(lab) if not attack.limit]
    if os.environ.get("CORPUS") != "all":
        attacks = list({attack.family: attack for attack in attacks}.values())
    handed_in: dict[str, bytes] = {}
    with put_out(tmp_path) as canaries:
        honest = notebooks.to_bytes(corpus.honest(lab, canaries.constants("honest")))
        for attack in attacks:
            notebook = corpus.submission(lab, attack, canaries.constants(attack.student))
            handed_in[attack.student] = notebooks.to_bytes(notebook)
        for name, poison in poisons.find().items():
            handed_in[poisons.student(name)] = poisons.poisoned(poison, honest)
        for student, content in handed_in.items():
            path = course / "class" / student / LAB / f"{lab.topic}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
        key = course / "secret.key"  # with the public seeds, the truth of a challenge is public
        key.write_text(canaries.token)
        config = course / "nbgrader_config.py"
        config.write_text(f"{config.read_text()}c.GradeIsolated.secret = {str(key)!r}\n")
        nbgrader(course, "generate_assignment", LAB)
        nbgrader(course, "autograde", LAB)
        secret = Secret.read(key)
        results = graded_by_us(course, course / "class", tmp_path / "marks", (LAB,), secret)
        assert canaries.shared_touched() == []
    marks = of_checks(in_gradebook(course / "gradebook.db", LAB))
    assert set(marks) == set(handed_in)
    assert marks == in_results(results)
    assert max(sum(filter(None, m.values())) for m in marks.values()) <= corpus.honest_score(lab)
