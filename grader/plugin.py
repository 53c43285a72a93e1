"""The pytest plugin that runs hidden checks: fixtures, order, and outcomes."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from grader.exam import Exam, Fixtures, Outcome, verdict
from grader.records import CheckStatus

_INI = Path(__file__).with_name("checks") / "pytest.ini"


def run(exam: Exam, exercises: Sequence[str] | None = None) -> list[Outcome]:
    """Run the hidden checks of an exam's lab, in the order of the notebook.

    Args:
        exam: who is asked.
        exercises: only these; all when None.
    """
    lab = exam.key.lab
    names = [e.name for e in lab.exercises if exercises is None or e.name in exercises]
    files = [f for name in names if (f := lab.checks / f"test_{name}.py").exists()]
    if not files:
        return []  # given no file, pytest would run whatever it finds
    sitting = Sitting(exam, names)
    arguments = [
        "-c", str(_INI), "--rootdir", str(lab.checks), "--import-mode=importlib",
        # Plain asserts: pytest's own rewriting would print what was expected.
        "--assert=plain", "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging",
        "-p", "no:capture", "-p", "no:doctest", "-p", "no:junitxml", "-p", "no:faulthandler",
        "-p", "no:xdist", "-p", "no:unraisableexception", "-p", "no:threadexception",
        "-p", "no:warnings", "-p", "no:nbval", "-p", "no:jaxtyping", "--noconftest",
        *(str(path) for path in files),
    ]  # fmt: skip
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as said:
        warnings.simplefilter("ignore")
        code = pytest.main(arguments, plugins=[sitting])
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(
            f"pytest could not run the checks of {lab.name} (exit code {code}): "
            f"{sitting.collection_problem or said.getvalue()}"
        )
    return sitting.outcomes


class Sitting:
    """The pytest plugin: fixtures, order, and outcomes."""

    def __init__(self, exam: Exam, order: Sequence[str]) -> None:
        self.exam = exam
        self.order = order
        self.outcomes: list[Outcome] = []
        self.collection_problem = ""
        self._fixtures: Fixtures | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.order.index(_exercise(item)))  # stable within a file

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.collection_problem = str(report.longrepr)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._fixtures = Fixtures(self.exam, _exercise(item), item.name)

    @pytest.fixture
    def student(self) -> Any:
        """The student's functions, across the line."""
        assert self._fixtures is not None
        return self._fixtures.get("student")

    @pytest.fixture
    def seed(self) -> Any:
        """An integer that hangs on the course secret, the student and the check."""
        assert self._fixtures is not None
        return self._fixtures.get("seed")

    @pytest.fixture
    def rng(self) -> Any:
        """A torch generator with that seed."""
        assert self._fixtures is not None
        return self._fixtures.get("rng")

    @pytest.fixture
    def challenge(self) -> Any:
        """The student's planted challenge, with its truth."""
        assert self._fixtures is not None
        return self._fixtures.get("challenge")

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.when == "teardown" or (call.when == "setup" and call.excinfo is None):
            return
        assert isinstance(item, pytest.Function) and self._fixtures is not None
        status: CheckStatus = "PASS"
        message = ""
        if call.excinfo is not None:
            if isinstance(call.excinfo.value, KeyboardInterrupt):
                return
            status, message = verdict(call.excinfo.value, item.obj)
        exercise = _exercise(item)
        parameters = dict(item.callspec.params) if hasattr(item, "callspec") else {}
        trace = self._fixtures.trace()
        self.outcomes.append(
            Outcome(exercise, item.name, status, message, item.obj, parameters, trace)
        )
        self.exam.done(exercise, status)


def _exercise(item: pytest.Item) -> str:
    return item.path.stem.removeprefix("test_")
