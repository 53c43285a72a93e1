"""A lab's source is parsed as written, and each thing an author gets wrong is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course import source

GOOD = '''\
# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # A lab

# %%
import torch

# %matplotlib inline

# %% exercise="double"
def double(x: int) -> int:
    """Twice x.

# %% is no cell here
    """
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% check="double" points=2
assert double(2) == 4

# %% [markdown] question="why" points=1.5
# Why?
#
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
'''


def written(folder: Path, text: str) -> Path:
    path = folder / "topic.nb.py"
    path.write_text(text)
    return path


def test_cells_are_read_with_their_roles_and_lines(tmp_path: Path) -> None:
    cells = source.read(written(tmp_path, GOOD))
    assert [cell.kind for cell in cells] == ["markdown", "code", "code", "code", "markdown"]
    assert [cell.grade_id for cell in cells] == [
        None,
        None,
        "double",
        "check_double",
        "question_why",
    ]
    assert [cell.points for cell in cells] == [None, None, None, 2.0, 1.5]
    assert [cell.seconds for cell in cells] == [0, 0, 0, 0, 0]
    more = GOOD.replace("points=2", "points=2 seconds=90")
    assert [cell.seconds for cell in source.read(written(tmp_path, more))] == [0, 0, 0, 90, 0]
    lines = GOOD.splitlines()
    assert [lines[cell.line - 1].split()[1] for cell in cells] == ["%%"] * 5
    assert lines[cells[2].line - 1] == '# %% exercise="double"'
    assert "# %% is no cell here\n" in cells[2].source
    assert cells[0].source == "# A lab"
    assert "%matplotlib inline" in cells[1].source
    assert all("source_line" not in cell.source for cell in cells)


def test_regions_are_the_text_between_the_marks(tmp_path: Path) -> None:
    cells = source.read(written(tmp_path, GOOD))
    assert source.regions(cells[2]) == ["    return 2 * x"]
    assert source.regions(cells[4]) == ["Because."]
    assert source.regions(cells[1]) == []


MISTAKES = {
    "unknown option": ('exercise="double"', 'excercise="double"', "unknown option `excercise`"),
    "unreadable option": ("points=2", "points=two", "cannot read the options"),
    "not a name": ('exercise="double"', 'exercise="to double"', "Python name"),
    "two roles": ('exercise="double"', 'exercise="double" question="q"', "keep one of them"),
    "no check": ('# %% check="double" points=2\n', "# %%\n", 'add a cell `# %% check="double"'),
    "check of nothing": ('check="double"', 'check="treble"', "no cell above has exercise='treble'"),
    "no points": (" points=2", "", "check_double has no points"),
    "zero points": ("points=2", "points=0", "check_double has no points"),
    "points are text": ("points=2", 'points="2"', "give a number"),
    "points on an exercise": ('exercise="double"', 'exercise="double" points=1', "take them off"),
    "seconds on an exercise": ('exercise="double"', 'exercise="double" seconds=60', "give a check"),
    "too many seconds": ("points=2", "points=2 seconds=6000", "a whole number up to 600"),
    "seconds in words": ("points=2", 'points=2 seconds="long"', "a whole number up to 600"),
    "no points on a question": (" points=1.5", "", "question_why has no points"),
    "no begin": ("    ### BEGIN SOLUTION\n", "", "without its partner"),
    "no end": ("    ### END SOLUTION\n", "", "never says `### END SOLUTION`"),
    "no marks": (
        "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n",
        "    return 2 * x\n",
        "double has no `### BEGIN SOLUTION`",
    ),
    "empty solution": ("    return 2 * x\n", "", "empty solution"),
    "mark in company": ("    ### BEGIN SOLUTION\n", "    x += 1 ### BEGIN SOLUTION\n", "alone on"),
    "mark in prose": ("# # A lab", "# ### BEGIN SOLUTION", "neither exercise nor question"),
    "another name": ("def double", "def doubled", "does not define `double`"),
    "not Python": ("return 2 * x", "return 2 *", "not valid Python"),
    "mark astray": (
        "    ### BEGIN SOLUTION",
        "### BEGIN SOLUTION",
        "indent `### BEGIN SOLUTION` as the solution",
    ),
    "text above the cells": ("# %% [markdown]\n# # A lab\n", "x = 1\n", "text before the first"),
    "raw cell": ("# %% [markdown]\n# # A lab", "# %% [raw]\n# A lab", "a raw cell"),
    "code question": ('[markdown] question="why"', 'question="why"', "must be a markdown cell"),
    "markdown exercise": ('exercise="double"', '[markdown] exercise="double"', "must be a code"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, case: str) -> None:
    old, new, message = MISTAKES[case]
    assert GOOD.count(old) >= 1
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(source.SourceError) as caught:
        source.read(path)
    text = str(caught.value)
    assert message in text
    assert "\n" not in text
    place, line, _ = text.split(":", 2)
    assert place == str(path)
    assert 1 <= int(line) <= len(GOOD.splitlines())


def test_a_name_taken_twice_points_at_the_first(tmp_path: Path) -> None:
    again = GOOD + '\n# %% check="double" points=1\nassert True\n'
    with pytest.raises(source.SourceError, match=r":36: check_double is taken .* line 26"):
        source.read(written(tmp_path, again))


def test_a_value_is_an_exercise_too_when_the_student_sees_its_name(tmp_path: Path) -> None:
    text = """\
# %% exercise="answer"
answer = None
### BEGIN SOLUTION
answer = 42
### END SOLUTION

# %% check="answer" points=1
assert answer
"""
    assert source.read(written(tmp_path, text))[0].exercise == "answer"
    with pytest.raises(source.SourceError, match="without its solution does not define `answer`"):
        source.read(written(tmp_path, text.replace("answer = None\n", "")))


def test_a_method_may_hold_the_solution(tmp_path: Path) -> None:
    text = """\
# %% exercise="Lens"
class Lens:
    def forward(self) -> int:
        ### BEGIN SOLUTION
        return 1
        ### END SOLUTION

    def given(self) -> int:
        return 2

# %% check="Lens" points=1
assert Lens().forward() == 1
"""
    cell = source.read(written(tmp_path, text))[0]
    assert source.regions(cell) == ["        return 1"]


@pytest.mark.parametrize(("content", "message"), [(b"", "is empty"), (b"\xff\xfe\x00", "UTF-8")])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "topic.nb.py"
    path.write_bytes(content)
    with pytest.raises(source.SourceError, match=message):
        source.read(path)
    with pytest.raises(source.SourceError, match="cannot be read"):
        source.read(tmp_path / "absent.nb.py")
