"""Which checks there are, as pytest names them; what cannot be run here is refused by its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.course.labs import Exercise, Lab
from grader.course.source import Cell
from grader.errors import UserError
from grader.judging import plugin
from grader.judging.exam import Exam, Key
from grader.records import CheckStatus
from grader.seeds import PUBLIC

FIRST = '''
"""Hidden checks for first."""
import pytest

def _helper(x):
    return x

def test_one(student):
    """The first."""

@pytest.mark.parametrize("n", [3, 5])
@pytest.mark.parametrize("word", ["a", "b"])
def test_two(seed, n, word):
    """The second."""
    with pytest.raises(ValueError):
        raise ValueError
    assert n == 3 or word == "a"
'''


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    (tmp_path / "grader/checks/08_x").mkdir(parents=True)
    cell = Cell("code", "", None, None, None, None, 0, 1)
    exercises = tuple(Exercise(name, 1.0, cell) for name in ("second", "first"))
    return Lab("08_x", "x", tmp_path, (), exercises, ())


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    yield
    plugin._known.clear()


class Sitter:
    """An exam that notes what it is told."""

    def __init__(self, lab: Lab) -> None:
        self.key = Key(PUBLIC, "ada", lab)
        self.notes: list[tuple[str, CheckStatus]] = []

    def student(self, exercise: str) -> Any:
        return type("Nobody", (), {})()

    def done(self, exercise: str, status: CheckStatus) -> None:
        self.notes.append((exercise, status))


def write(lab: Lab, name: str, text: str) -> Path:
    path = lab.checks / f"test_{name}.py"
    path.write_text(text)
    return path


def names(lab: Lab) -> list[str]:
    return [check.name for check in plugin.checks(lab)]


def test_checks_come_in_the_notebooks_order_with_pytests_names(lab: Lab) -> None:
    write(lab, "first", FIRST)
    write(lab, "second", "def test_z(): 'Z.'\ndef test_a(): 'A.'\n")
    write(lab, "of_no_exercise", "def test_nothing(): 'N.'\n")
    found = plugin.checks(lab)
    assert [(check.exercise, check.name) for check in found] == [
        ("second", "test_z"), ("second", "test_a"), ("first", "test_one"),
        ("first", "test_two[a-3]"), ("first", "test_two[a-5]"), ("first", "test_two[b-3]"),
        ("first", "test_two[b-5]"),
    ]  # fmt: skip
    assert found[4].parameters == {"n": 5, "word": "a"}
    assert [check.name for check in plugin.checks(lab, ["second"])] == ["test_z", "test_a"]
    assert plugin.checks(lab, []) == []


def test_each_is_run_once_and_told(lab: Lab) -> None:
    write(lab, "first", FIRST)
    sitter = Sitter(lab)
    outcomes = plugin.run(sitter)
    assert [(o.check, o.status) for o in outcomes] == [
        ("test_one", "PASS"), ("test_two[a-3]", "PASS"), ("test_two[a-5]", "PASS"),
        ("test_two[b-3]", "PASS"), ("test_two[b-5]", "FAIL"),
    ]  # fmt: skip
    assert outcomes[-1].message.startswith("The second.")
    assert sitter.notes == [("first", o.status) for o in outcomes]
    assert [o.check for o in plugin.run(sitter, ["second"])] == []


def test_a_file_is_read_once_for_each_state_of_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    collected = plugin._collected

    def noting(stale: list[Path]) -> Any:
        read.extend(path.name for path in stale)
        return collected(stale)

    monkeypatch.setattr(plugin, "_collected", noting)
    path = write(lab, "first", "def test_old(): 'Old.'\n")
    write(lab, "second", "def test_z(): 'Z.'\n")
    assert names(lab) == ["test_z", "test_old"] == names(lab)
    assert sorted(read) == ["test_first.py", "test_second.py"]

    # As many bytes as before, within the same second: the worst case for a compiled file.
    before = path.stat()
    path.write_text("def test_new(): 'New.'\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert names(lab) == ["test_z", "test_new"]
    assert read[2:] == ["test_first.py"]

    path.unlink()
    assert names(lab) == ["test_z"]
    path.write_text("def test_back(): 'Back.'\n")
    assert names(lab) == ["test_z", "test_back"]


def test_a_changed_file_does_what_it_now_says(lab: Lab) -> None:
    text = "def test_it():\n    'It.'\n    assert {}\n"
    write(lab, "first", text.format("1"))
    assert [o.status for o in plugin.run(Sitter(lab))] == ["PASS"]
    write(lab, "first", text.format("0 == 1"))
    assert [o.status for o in plugin.run(Sitter(lab))] == ["FAIL"]


MARKED = "import pytest\n@pytest.mark.{}\ndef test_x(): 'X.'"
GIVES_UP = "from pytest import {0} as give_up\ngive_up({1})"
REFUSED = {
    "def test_x(tmp_path): 'X.'": "test_x asks for tmp_path: there is only student, seed, rng",
    "import pytest\n@pytest.fixture\ndef mine(): return 1\ndef test_x(mine): 'X.'": "asks for mine",
    "import pytest\n@pytest.fixture(autouse=True)\ndef own(): 0\ndef test_x(): 'X.'": "for own:",
    **{MARKED.format(mark): f"test_x is marked {mark}" for mark in ("skip", "xfail", "slow")},
    MARKED.format("usefixtures('rng')"): "marked usefixtures",
    "import pytest\npytestmark = pytest.mark.{}(0, reason='')\ndef test_x(): 'X.'".format("skipif"):
    "skipif",
    "import pytest\n@pytest.fixture\ndef n(request): return 1\n"
    "@pytest.mark.parametrize('n', [1], indirect=True)\ndef test_x(n): 'X.'": "marked parametrize",
    GIVES_UP.format("skip", "'no', allow_module_level=True"): "a check cannot be skipped",
    GIVES_UP.format("importorskip", "'no_such_thing'"): "a check cannot be skipped",
    "class Test:\n    def test_x(self): 'X.'": "no plain function",
    "import unittest\nclass T(unittest.TestCase):\n    def test_x(self): 'X.'": "no plain function",
    "async def test_x(): 'X.'": "asynchronous",
    "def setup_function(): pass\ndef test_x(): 'X.'": "setup_function",
    "def test_x(: pass": "SyntaxError",
    "import no_such_module": "No module named 'no_such_module'",
    "raise KeyError('this one')": "KeyError: 'this one'",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=list(REFUSED.values()))
def test_what_cannot_be_run_is_refused_in_one_line(lab: Lab, text: str) -> None:
    write(lab, "second", "def test_fine(): 'Fine.'\n")
    write(lab, "first", text + "\n")
    with pytest.raises(UserError, match=r"test_first\.py") as caught:
        plugin.checks(lab)
    assert REFUSED[text] in str(caught.value)
    assert "\n" not in str(caught.value)
    write(lab, "first", "def test_mended(): 'M.'\n")
    assert names(lab) == ["test_fine", "test_mended"]


@pytest.mark.parametrize("where", ["at the top", "in a check"])
def test_somebody_who_wants_to_stop_can(lab: Lab, where: str) -> None:
    inside = "def test_x():\n    'X.'\n    raise KeyboardInterrupt"
    write(lab, "first", "raise KeyboardInterrupt" if where == "at the top" else inside)
    sitter: Exam = Sitter(lab)
    with pytest.raises(KeyboardInterrupt):
        plugin.run(sitter)


def test_what_checks_print_goes_nowhere(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    write(lab, "first", "print('top')\ndef test_x():\n    'X.'\n    print('inside')\n")
    assert [o.status for o in plugin.run(Sitter(lab))] == ["PASS"]
    assert capsys.readouterr().out == ""
