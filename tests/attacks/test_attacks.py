"""Every attack is graded, earns no more than its honest part, and the run goes on."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable

import pytest

from tests.attacks import corpus, notebooks
from tests.attacks.corpus import HONEST, ROOT, WON, Attack
from tests.attacks.run import ATTACKS, LAB, Run, bystander, families, marks, said

_POISONS = notebooks.find()
_FULL = {e.name: e.points for e in LAB.exercises if e.name in HONEST}


def _name(thing: object) -> str | None:
    return f"{thing.family}/{thing.name}" if isinstance(thing, Attack) else None


each_attack = pytest.mark.parametrize("attack", ATTACKS, ids=_name)


# The corpus itself ----------------------------------------------------------------------------


def test_there_are_enough_of_them_and_each_says_what_it_is_for() -> None:
    assert len(ATTACKS) >= 70
    exercises = {exercise.name for exercise in LAB.exercises}
    for attack in ATTACKS:
        assert ast.get_docstring(ast.parse(attack.code)), attack
        assert attack.exercises, attack
        assert not set(attack.exercises) & set(HONEST), attack
        assert set(attack.exercises) <= exercises
    for name, poison in _POISONS.items():
        assert poison.__doc__, name
    assert set(_POISONS) >= notebooks.UNREADABLE


def test_the_readme_lists_the_families_that_there_are() -> None:
    text = (ROOT / "README.md").read_text()
    listed = set(re.findall(r"^\| \[?`(\w+)(?:\.py)?`", text, re.MULTILINE))
    assert listed == {*families(), "archives"}


# What came of them ----------------------------------------------------------------------------


@each_attack
def test_earns_no_more_than_its_honest_part(run: Run, attack: Attack) -> None:
    result = run.results[attack.student]
    got = marks(result)
    assert result.status == "graded"
    assert {name: got[name] for name in got if name not in HONEST and got[name]} == {}
    if not attack.spoils:
        assert {name: got[name] for name in HONEST} == _FULL, said(result)
    assert result.score <= corpus.honest_score(LAB)


@each_attack
def test_has_no_proof_that_it_got_through(run: Run, attack: Attack) -> None:
    told = said(run.results[attack.student])
    assert WON not in told
    assert run.canaries.token not in told
    assert run.canaries.touched(attack.student) == []


@each_attack
def test_is_nobodys_fault_but_its_own(run: Run, attack: Attack) -> None:
    result = run.results[attack.student]
    checks = [check for exercise in result.exercises for check in exercise.checks]
    assert [check for check in checks if check.status == "FAULT"] == []


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.limit], ids=_name)
def test_is_told_the_limit_that_it_ran_into(run: Run, attack: Attack) -> None:
    result = run.results[attack.student]
    for exercise in result.exercises:
        if exercise.name in attack.exercises:
            first = exercise.checks[0]
            assert first.status == "ERROR"
            assert attack.limit in first.message, first.message


@pytest.mark.parametrize("name", _POISONS)
def test_a_poisoned_notebook_has_the_marks_of_its_honest_part(run: Run, name: str) -> None:
    result = run.results[notebooks.student(name)]
    if name in notebooks.UNREADABLE:
        assert (result.status, result.score) == ("unreadable", 0)
        assert result.reason
        assert "our fault" not in result.reason
    else:
        assert result.status == "graded", result.reason
        assert {n: mark for n, mark in marks(result).items() if mark} == _FULL, said(result)
        assert result.max_score == LAB.max_score


@pytest.mark.parametrize("family", families())
def test_a_bystander_has_full_marks_for_what_is_right(run: Run, family: str) -> None:
    result = run.results[bystander(family)]
    assert {name: mark for name, mark in marks(result).items() if mark} == _FULL
    assert result.reason == ""


# The run --------------------------------------------------------------------------------------


def test_the_run_goes_on_to_its_end(run: Run) -> None:
    everybody = len(ATTACKS) + len(_POISONS) + len(families())
    assert len(run.results) == everybody
    assert [step.done for step in run.steps] == list(range(everybody + 1))
    lines = (run.out / "results.jsonl").read_text().splitlines()
    assert len([line for line in lines if "student" in json.loads(line)]) >= everybody


def test_no_shared_canary_was_touched(run: Run) -> None:
    assert run.shared_touched == []


def test_nothing_is_left_behind(run: Run) -> None:
    assert run.left == []


def test_nothing_is_graded_again(run: Run) -> None:
    assert [step.result for step in run.again] == [None]


def test_no_report_holds_the_secret_or_runs_a_students_markup(run: Run) -> None:
    active: Callable[[str], list[str]] = re.compile(r"<script>[^<]*canary|<img src=canary").findall
    for path in run.out.rglob("*"):
        if path.is_file():
            text = path.read_text(errors="replace")
            assert run.canaries.token not in text, path
            if path.suffix == ".html":
                assert active(text) == [], path
