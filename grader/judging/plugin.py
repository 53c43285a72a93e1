"""The hidden checks of a lab: pytest finds them, once for each state of their files.

pytest names the checks and works out their parameters; `exam.take` runs them. So a check may use
what pytest offers for writing tests (parametrize, raises, approx), and of fixtures only the four
that there are: whatever else would have to be run by pytest is refused when the file is read.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.course.labs import Lab
from grader.errors import UserError
from grader.judging.exam import FIXTURES, Check, Exam, Outcome, take

_INI = Path(__file__).parents[1] / "checks" / "pytest.ini"
_OPTIONS = (
    "-c", str(_INI), "--collect-only", "--import-mode=importlib", "--noconftest",
    # Plain asserts: pytest's own rewriting would print what was expected.
    "--assert=plain", "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging",
    "-p", "no:capture", "-p", "no:doctest", "-p", "no:junitxml", "-p", "no:faulthandler",
    "-p", "no:xdist", "-p", "no:unraisableexception", "-p", "no:threadexception",
    "-p", "no:warnings", "-p", "no:nbval", "-p", "no:jaxtyping",
)  # fmt: skip

_State = tuple[int, int]
_known: dict[Path, tuple[_State, list[Check]]] = {}


def run(exam: Exam, exercises: Sequence[str] | None = None) -> list[Outcome]:
    """Run the hidden checks of an exam's lab, in the order of the notebook.

    Args:
        exam: who is asked.
        exercises: only these; all when None.

    Raises:
        UserError: a file of checks is not as it should be; names it.
        KeyboardInterrupt: somebody wants to stop.
    """
    outcomes = []
    for check in checks(exam.key.lab, exercises):
        outcomes.append(take(exam, check))
        exam.done(check.exercise, outcomes[-1].status)
    return outcomes


def checks(lab: Lab, exercises: Sequence[str] | None = None) -> list[Check]:
    """Return the hidden checks of a lab, in the order of the notebook, each file read once.

    Args:
        lab: whose.
        exercises: only these; all when None.

    Raises:
        UserError: a file of checks is not as it should be; names it.
    """
    names = [e.name for e in lab.exercises if exercises is None or e.name in exercises]
    files = [path for name in names if (path := lab.checks / f"test_{name}.py").exists()]
    states = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}
    stale = [path for path in files if path not in _known or _known[path][0] != states[path]]
    if stale:
        for path, found in _collected(stale).items():
            _known[path] = states[path], found
    return [check for path in files for check in _known[path][1]]


class _Collector:
    """The pytest plugin that keeps what was found."""

    def __init__(self, stale: Sequence[Path]) -> None:
        self.found: dict[Path, list[Check]] = {path: [] for path in stale}
        self.problem = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.problem = self.problem or f"{Path(report.nodeid).name}: a check cannot be skipped"
        if report.failed:
            lines = str(report.longrepr).splitlines()
            causes = [line[1:].strip() for line in lines if line.startswith("E ")] or lines
            self.problem = self.problem or f"{Path(report.nodeid).name}: {causes[-1]}"

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            if why := _unfit(item):
                self.problem = self.problem or f"{item.path.name}: {item.name} {why}"
                return
            assert isinstance(item, pytest.Function)
            parameters = dict(item.callspec.params) if hasattr(item, "callspec") else {}
            exercise = item.path.stem.removeprefix("test_")
            self.found[item.path].append(Check(exercise, item.name, item.obj, parameters))


def _collected(stale: Sequence[Path]) -> dict[Path, list[Check]]:
    """Let pytest read files of checks, whatever else of their names has been read before."""
    collector = _Collector(stale)
    arguments = [*_OPTIONS, "--rootdir", str(stale[0].parent), *map(str, stale)]
    others = {path.stem: sys.modules.pop(path.stem, None) for path in stale}
    # A compiled file knows its source's time in whole seconds only: none is left behind.
    leave_none, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as said:
            warnings.simplefilter("ignore")
            code = pytest.main(arguments, plugins=[collector])
    finally:
        sys.dont_write_bytecode = leave_none
        for name, module in others.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
    if code == pytest.ExitCode.INTERRUPTED and not collector.problem:
        raise KeyboardInterrupt
    fine = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    if collector.problem or code not in fine:
        problem = collector.problem or f"pytest's exit code {code}: {said.getvalue()[-200:]}"
        raise UserError(f"the checks in {stale[0].parent} cannot be used: {problem}")
    return collector.found


def _unfit(item: pytest.Item) -> str:
    """Say what `exam.take` could not do for a check; nothing when it is fit."""
    if not isinstance(item, pytest.Function) or item.cls is not None:
        return "is no plain function"
    if inspect.iscoroutinefunction(item.obj) or inspect.isgeneratorfunction(item.obj):
        return "would not be run: it is asynchronous, or yields"
    for mark in item.iter_markers():
        if mark.name != "parametrize" or mark.kwargs.get("indirect"):
            return f"is marked {mark.name}: only a plain parametrize works here"
    known = {*FIXTURES, *(item.callspec.params if hasattr(item, "callspec") else ())}
    asked = [*inspect.signature(item.obj).parameters, *item.fixturenames]
    if unknown := [name for name in asked if name not in known]:
        return f"asks for {unknown[0]}: there is only {', '.join(FIXTURES)}"
    return ""
