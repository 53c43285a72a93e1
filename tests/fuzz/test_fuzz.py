"""A fixed part of the fuzzer, graded as one class: every mutator, and each thing it holds to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from grader.records import CheckResult, ExerciseResult, LabResult
from tests.fuzz import run, structure
from tests.fuzz.course import write_course
from tests.fuzz.draft import EXERCISES, Draft, new, text
from tests.fuzz.mutants import Mutant, mutants, mutators
from tests.fuzz.run import Verdict, verdicts


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    folder = tmp_path_factory.mktemp("fuzz")
    lab = write_course(folder / "course")
    return list(verdicts(list(mutants(len(mutators()), 1)), lab, folder))


def test_every_mutant_gets_a_grade_or_a_reason_and_keeps_what_it_did_not_touch(
    done: list[Verdict],
) -> None:
    bad = [f"{v.mutant.name}: {problem}" for v in done for problem in v.problems]
    assert not bad, "\n".join(bad)


def test_every_mutator_was_there_and_both_ends_were_reached(done: list[Verdict]) -> None:
    used = {name for verdict in done for name in verdict.mutant.mutators}
    assert used == {mutator.name for mutator in mutators()}
    status = [verdict.result.status for verdict in done if verdict.result]
    assert status.count("graded") > len(status) / 2
    assert {"unreadable", "missing"} <= set(status)
    lost = [
        exercise.name
        for verdict in done
        if verdict.result
        for exercise in verdict.result.exercises
        if verdict.mutant.costs and exercise.name in verdict.mutant.costs and exercise.score == 0
    ]
    assert set(lost) >= set(EXERCISES) - {"challenge_answer"}


def test_mutants_hang_on_nothing_but_seed_and_number() -> None:
    def made(count: int, seed: int) -> list[tuple[str, tuple[str, ...], bytes]]:
        return [(m.base, m.mutators, m.draft.bytes()) for m in mutants(count, seed)]

    assert made(6, 3) == made(9, 3)[:6]
    assert made(6, 3) != made(6, 4)


def _result(**changes: object) -> LabResult:
    exercise = ExerciseResult("rank", 2.0, 2.0, (CheckResult("test_a", "PASS"),))
    result = LabResult("m00000", "01", "graded", "", 2.0, 2.0, (exercise,))
    return replace(result, **changes)  # type: ignore[arg-type]


def _with(status: str, message: str) -> LabResult:
    check = CheckResult("test_a", status, message)  # type: ignore[arg-type]
    return _result(exercises=(ExerciseResult("rank", 0.0, 2.0, (check,)),))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (_with("FAULT", "the check itself broke"), "is a FAULT"),
        (_with("FAIL", " "), "says nothing"),
        (_with("ERROR", 'File "grader/x.py", line 3'), "test_a says"),
        (_result(status="unreadable"), "no reason"),
        (_result(status="unreadable", reason="KeyError: 'cells'"), "no reason"),
        (_result(reason="x" * 5_000), "nobody should read"),
        (_result(reason="one\ntwo"), "nobody should read"),
        (_result(student="\u202eeve"), "unprintable"),
        (_result(exercises=()), "nothing was checked"),
    ],
)
def test_what_no_result_may_be_is_seen(result: LabResult, words: str) -> None:
    assert any(words in problem for problem in run.problems_of(result))


def test_a_lost_mark_is_seen_and_a_touched_one_is_not() -> None:
    draft = Draft({}, "m00000")
    results = {"base ada": _scored(3.0)}
    kept = Mutant(0, "ada", (), draft, frozenset())
    touched = Mutant(0, "ada", (), draft, frozenset({"final_norm"}))
    lost = Mutant(0, "ada", (), draft, None)
    assert list(run.lost_marks(kept, _scored(3.0), results)) == []
    assert "had 3 and has 1.5" in next(run.lost_marks(kept, _scored(1.5), results))
    assert list(run.lost_marks(touched, _scored(1.5), results)) == []
    assert list(run.lost_marks(lost, _scored(0.0), results)) == []
    ungraded = _result(status="unreadable", reason="cut off")
    assert "not graded: cut off" in next(run.lost_marks(touched, ungraded, results))


def _scored(score: float) -> LabResult:
    return _result(exercises=(ExerciseResult("final_norm", score, 3.0, ()),))


def test_a_mutator_changes_what_it_says() -> None:
    prose = new("# Norms", "markdown")
    cells = [prose, new("import torch"), new("def final_norm(x):\n    return x\n")]
    draft = Draft({"cells": cells, "nbformat": 4}, "m00000")
    assert structure.turns_an_exercise_into_prose(Random(0), draft) == {"final_norm"}
    assert [cell["cell_type"] for cell in draft.cells][:2] == ["markdown", "code"]
    assert draft.cells[2]["cell_type"] != "code"
    assert text(draft.cells[2]) == "def final_norm(x):\n    return x\n"
    assert json.loads(draft.bytes()) == draft.notebook


def test_a_class_of_mutants_is_written_where_a_class_lies(tmp_path: Path) -> None:
    for mutant in mutants(5, 0):
        mutant.write(tmp_path)
    assert len(list(tmp_path.glob("m*/01_logit_lens/*"))) == 5
