"""The small course keeps the contract of a lab: without that, what it shows of runs is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course import labs
from grader.judging import plugin, reference
from grader.judging.exam import Key, LocalExam
from grader.judging.judge import Judge
from grader.records import Submission
from grader.seeds import PUBLIC
from grader.workers.processes import Nursery
from tests import small_course

_STORIES: dict[int, tuple[float, set[str]]] = {
    0: (9, set()),
    2: (7, {"center"}),
    5: (0, {"center", "rms", "unit"}),
    8: (5, {"unit"}),
    11: (6, {"rms"}),
    17: (6, {"rms"}),
}
"""Number in the class -> points, exercises that lose some."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> labs.Lab:
    return small_course.write_course(tmp_path_factory.mktemp("small"))


def test_a_class_is_the_same_bytes_each_time(lab: labs.Lab, tmp_path: Path) -> None:
    made = [small_course.write_class(lab, tmp_path / name, 30) for name in ("one", "two")]
    assert made[0] == made[1]
    one, two = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*.ipynb")}
        for n in ("one", "two")
    )
    assert one == two
    assert len(one) == len(set(one.values())) == 29


def test_marks_of_the_small_class(lab: labs.Lab, tmp_path: Path, nursery: Nursery) -> None:
    judge = Judge(nursery)
    path = tmp_path / "small.ipynb"
    # The lab's points are 2, 3 and 4; a wrong exercise loses its own and no other's.
    for number, (score, failed) in _STORIES.items():
        path.write_bytes(small_course.submission(lab, number, "ada"))
        result = judge.grade(Submission("ada", lab.name, path), lab)
        lost = {e.name for e in result.exercises if e.score < e.max_score}
        assert (result.status, result.score, lost) == ("graded", score, failed), number
        said = {c.misconception for e in result.exercises for c in e.checks} - {None}
        assert len(said) == (number in (2, 8, 17)), number
    path.write_bytes(small_course.submission(lab, 7, "ada"))
    assert judge.grade(Submission("ada", lab.name, path), lab).status == "unreadable"


@pytest.mark.parametrize("exercise", ["center", "rms", "unit"])
def test_alternatives_pass_and_misconceptions_fail(lab: labs.Lab, exercise: str) -> None:
    key = Key(PUBLIC, "ada", lab)
    for kind, passes in (("alternatives", True), ("misconceptions", False)):
        variants = reference.variants(lab, kind, exercise)  # type: ignore[arg-type]
        assert len(variants) >= 1
        for name, variant in variants.items():
            bound = reference.bind(lab, exercise, variant, None)
            outcomes = plugin.run(LocalExam(key, bound), [exercise])
            assert all(o.status == "PASS" for o in outcomes) is passes, name
