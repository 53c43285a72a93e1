"""The benchmark measures what it says; what it measures is nobody's test."""

from __future__ import annotations

import importlib
from pathlib import Path

from grader.course import labs
from grader.judging import reference
from tests.bench import __main__ as bench
from tests.bench import checks

LAB = labs.named("01")


def test_every_table_is_there() -> None:
    for path in Path(bench.__file__).parent.glob("[a-z]*.py"):
        if not path.stem.startswith("test_"):
            module = importlib.import_module(f"tests.bench.{path.stem}")
            assert module.table in bench.TABLES
    assert all(map(callable, bench.TABLES))


def test_a_check_is_timed_until_its_block_is_drawn() -> None:
    first = LAB.exercises[0].name
    found = list(checks.measure(LAB, only=first))
    wrong = reference.variants(LAB, "misconceptions", first)
    assert [answer.to for answer in found] == [checks.SOLUTION, *wrong]
    assert all(0 < answer.seconds < 20 for answer in found)
    assert {answer.exercise for answer in found} == {first}
