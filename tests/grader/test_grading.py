"""A class from notebooks to marks on disk: golden results, resuming, any number of judges."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from grader import grading, panel
from grader.course import labs
from grader.errors import UserError
from grader.grading import Order, Step
from grader.ledger import chain, results, timings
from grader.ledger.ledger import Ledger
from grader.records import LabResult
from grader.seeds import PUBLIC, Secret
from tests import sample_class, timeless

LAB = labs.named(sample_class.LAB)
Say = Callable[[Step], None]


def _order(place: Path, out: Path, workers: int = 2) -> Order:
    return Order(place, out, (LAB,), workers, PUBLIC)


def _silent(step: Step) -> None:
    pass


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return timeless.files({str(p.relative_to(folder)): p.read_bytes() for p in found})


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[LabResult]]:
    out = tmp_path_factory.mktemp("marks")
    return out, list(grading.grade(_order(sample_class.SUBMISSIONS, out), _silent))


def test_the_sample_class_is_what_its_script_makes() -> None:
    made = sample_class.class_of(LAB)
    assert len(made) >= 12
    assert _files(sample_class.SUBMISSIONS) == made


def test_the_sample_class_gets_its_golden_marks(marked: tuple[Path, list[LabResult]]) -> None:
    expected = json.loads(sample_class.GOLDEN.read_text())
    assert json.loads(json.dumps(sample_class.golden(marked[1]))) == expected


def test_each_story_of_the_sample_class_is_told(marked: tuple[Path, list[LabResult]]) -> None:
    got = {result.student: result for result in marked[1]}
    full = LAB.max_score
    for student in ("ada", "extra", "metadata", "renamed"):
        assert (got[student].status, got[student].score) == ("graded", full), student
    assert (got["untouched"].status, got["untouched"].score) == ("graded", 0.0)
    assert (got["truncated"].status, got["truncated"].score) == ("unreadable", 0.0)
    assert "not valid JSON" in got["truncated"].reason
    assert got["absent"].status == "missing"
    assert "interp_tools_of_my_own" in got["importing"].reason
    assert got["importing"].score == full, "what does not need the import is still right"
    looping = {e.name: e for e in got["looping"].exercises}
    assert looping["kl_to_final"].score == 0
    assert "processor time" in looping["kl_to_final"].checks[0].message
    assert got["looping"].score == full - looping["kl_to_final"].max_score
    leaning = {e.name: e for e in got["leaning"].exercises}["logit_lens"]
    assert "`favourite` is made by an experiment" in leaning.checks[0].message


@pytest.mark.parametrize("student", sample_class.MISCONCEPTIONS)
def test_a_misconception_costs_its_exercise_and_is_named(
    marked: tuple[Path, list[LabResult]], student: str
) -> None:
    from grader.judging import reference

    exercise, name = sample_class.MISCONCEPTIONS[student]
    variant = reference.variants(LAB, "misconceptions", exercise)[name]
    result = next(r for r in marked[1] if r.student == student)
    for mark in result.exercises:
        if mark.name != exercise:
            assert mark.score == mark.max_score, mark
    (hit,) = (mark for mark in result.exercises if mark.name == exercise)
    assert hit.score < hit.max_score
    said = {check.misconception for check in hit.checks if check.status != "PASS"}
    assert said == {reference.sentence(variant)}
    page = next((marked[0] / "feedback" / student).glob("*.html")).read_text()
    shown = " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())
    words = reference.sentence(variant).replace("`", " ").split()
    assert " ".join(words) in shown.replace(" ,", ",") or all(word in shown for word in words)


def test_all_files_are_written(marked: tuple[Path, list[LabResult]]) -> None:
    out, graded = marked
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    *marks, seal = lines
    assert [(line["student"], line["lab"]) for line in marks] == sorted(
        (r.student, r.lab) for r in graded
    )
    assert seal["sealed"] == len(graded)
    assert chain.problems(out / "results.jsonl", PUBLIC) == []
    assert (out / "index.html").read_text().count("ada") >= 1
    header, *rows = (out / "gradebook.csv").read_text().splitlines()
    assert len(rows) == len(graded)
    assert LAB.name in header


def test_it_is_kept_how_long_each_notebook_took(marked: tuple[Path, list[LabResult]]) -> None:
    found = timings.read(marked[0] / timings.FILE)
    graded = {(r.student, r.lab) for r in marked[1] if r.status == "graded"}
    assert set(found) == graded
    names = {exercise.name for exercise in LAB.exercises}
    for timing in found.values():
        assert set(timing.exercises) == names
        assert 0 < sum(timing.exercises.values()) < 180
        assert timing.rest > 0
    assert "What took longest" in (marked[0] / "index.html").read_text()


def test_the_same_command_again_changes_nothing_and_grades_nothing(
    marked: tuple[Path, list[LabResult]], tmp_path: Path
) -> None:
    again = tmp_path / "again"
    shutil.copytree(marked[0], again)
    steps: list[Step] = []
    grading.grade(_order(sample_class.SUBMISSIONS, again), steps.append)
    assert _files(again) == _files(marked[0])
    assert [step.result for step in steps] == [None]


def test_a_killed_run_ends_with_the_same_bytes_for_any_number_of_judges(
    marked: tuple[Path, list[LabResult]], tmp_path: Path
) -> None:
    out = tmp_path / "marks"
    out.mkdir()
    standing = [result for result in marked[1] if result.student != "looping"]
    # What a kill leaves: some whole lines, out of order, and a piece of the next.
    with Ledger(out / "results.jsonl", PUBLIC) as ledger:
        ledger.begin()
        for result in standing[:4:-1]:
            ledger.add(result)
    with (out / "results.jsonl").open("ab") as file:
        file.write(results.encode(standing[0])[:99])
    grading.grade(_order(sample_class.SUBMISSIONS, out, workers=1), _silent)
    assert _files(out) == _files(marked[0])


def test_a_changed_notebook_is_graded_again(
    marked: tuple[Path, list[LabResult]], tmp_path: Path
) -> None:
    place, out = tmp_path / "submitted", tmp_path / "marks"
    shutil.copytree(sample_class.SUBMISSIONS, place)
    shutil.copytree(marked[0], out)
    untouched = place / "untouched" / LAB.name / f"{LAB.topic}.ipynb"
    shutil.copy(place / "ada" / LAB.name / f"{LAB.topic}.ipynb", untouched)
    steps: list[Step] = []
    graded = grading.grade(_order(place, out), steps.append)
    assert [step.result.student for step in steps if step.result] == ["untouched"]
    result = next(r for r in graded if r.student == "untouched")
    challenge = result.exercises[-1]
    assert challenge.score < challenge.max_score, "ada's challenge is not theirs"
    assert "'ada'" in result.reason
    assert result.score == LAB.max_score - challenge.max_score + challenge.score


def test_a_secret_changes_the_seeds_and_the_challenge(tmp_path: Path, nursery: object) -> None:
    from grader.judging.judge import Judge
    from grader.records import Submission
    from grader.workers.processes import Nursery

    assert isinstance(nursery, Nursery)
    path = sample_class.SUBMISSIONS / "ada" / LAB.name / f"{LAB.topic}.ipynb"
    secret = Secret(b"another course, another key")
    result = Judge(nursery, secret).grade(Submission("ada", LAB.name, path), LAB)
    marks = {e.name: e for e in result.exercises}
    challenge = marks.pop("challenge_answer")
    assert challenge.score < challenge.max_score
    assert all(e.score == e.max_score for e in marks.values())


def test_nothing_to_grade_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        grading.grade(_order(tmp_path / "nowhere", tmp_path / "out"), _silent)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no submissions in"):
        grading.grade(_order(tmp_path / "empty", tmp_path / "out"), _silent)


def test_results_of_another_class_do_not_hold_any_more_and_stay_on_record(
    marked: tuple[Path, list[LabResult]], tmp_path: Path
) -> None:
    place, out = tmp_path / "submitted", tmp_path / "marks"
    shutil.copytree(sample_class.SUBMISSIONS / "untouched", place / "untouched")
    shutil.copytree(marked[0], out)
    grading.grade(_order(place, out), _silent)
    path = out / "results.jsonl"
    assert [r.student for r in results.read(path)] == ["untouched"]
    assert path.read_bytes().startswith((marked[0] / "results.jsonl").read_bytes())
    assert (out / "gradebook.csv").read_text().count("\n") == 2


def test_a_judge_that_dies_costs_one_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "submitted"
    for student in ("untouched", "truncated"):
        shutil.copytree(sample_class.SUBMISSIONS / student, place / student)
    original = panel._grade_one

    def deadly(submission: object, standing: object) -> LabResult:
        import os

        if getattr(submission, "student", "") == "truncated":
            os._exit(9)
        return original(submission, standing)  # type: ignore[arg-type]

    # The judges are forks: they find the patched function under the original's name.
    deadly.__module__, deadly.__qualname__ = original.__module__, original.__qualname__
    monkeypatch.setattr(panel, "_grade_one", deadly)
    order = replace(_order(place, tmp_path / "out"), workers=2)
    got = {r.student: r for r in grading.grade(order, _silent)}
    assert got["untouched"].status == "graded"
    assert got["truncated"].status == "unreadable"
    assert "our fault" in got["truncated"].reason
