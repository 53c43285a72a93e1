"""A course of one tiny lab, and classes of any size for it: what tests of a whole run grade.

The lab has three exercises on small tensors, the later ones built on the earlier, with two or
three hidden checks each that take about a millisecond and need no model. ``write_course`` makes it
in any folder (``labs.find(folder)`` finds it), ``write_class`` makes any number of submissions. The
same call makes the same bytes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from grader.course import labs
from grader.course.labs import Lab

LAB = "01_small"

_SOURCE = '''\
# %% [markdown]
# # Lab 01: Small
#
# Three exercises on small tensors.

# %%
import torch

import small_helpers as helpers

# %% exercise="center"
def center(x: torch.Tensor) -> torch.Tensor:
    """x without its mean over the last axis."""
    ### BEGIN SOLUTION
    return x - x.mean(-1, keepdim=True)
    ### END SOLUTION


# %% check="center" points=2
assert center(torch.ones(3)).abs().max() == 0

# %% exercise="rms"
def rms(x: torch.Tensor) -> torch.Tensor:
    """The root mean square over the last axis, after centering."""
    ### BEGIN SOLUTION
    return center(x).square().mean(-1).sqrt()
    ### END SOLUTION


# %% check="rms" points=3
assert rms(torch.tensor([1.0, -1.0])) == 1

# %% exercise="unit"
def unit(x: torch.Tensor) -> torch.Tensor:
    """x, centered and divided by its root mean square."""
    ### BEGIN SOLUTION
    return center(x) / (rms(x)[..., None] + helpers.EPSILON)
    ### END SOLUTION


# %% check="unit" points=4
assert unit(torch.tensor([3.0, 1.0])).round().tolist() == [1, -1]

# %% [markdown] question="why" points=1
# **Question.** Why is the mean taken away first?
#
# ### BEGIN SOLUTION
# Without it, a constant would change the length.
# ### END SOLUTION
'''

_HELPERS = '''\
"""What the lab gives."""

EPSILON = 1e-9
'''

_CHECKS = {
    "center": '''\
"""Hidden checks of center."""

import torch

from grader.assertions import close


def test_zero_mean(student, rng):
    """The mean over the last axis is zero."""
    x = torch.randn(3, 5, generator=rng, dtype=torch.float64)
    close(student.center(x).mean(-1), torch.zeros(3, dtype=torch.float64), because="the mean")


def test_shift(student, rng):
    """Another number added to each row changes nothing."""
    x = torch.randn(3, 5, generator=rng, dtype=torch.float64)
    shift = torch.randn(3, 1, generator=rng, dtype=torch.float64)
    close(student.center(x + shift), x - x.sum(-1, keepdim=True) / 5, because="a shift")
''',
    "rms": '''\
"""Hidden checks of rms."""

import torch

from grader.assertions import close


def test_signs(student, rng):
    """Of signs that cancel, times a number, it is that number."""
    size = float(torch.rand((), generator=rng, dtype=torch.float64)) + 2
    x = size * torch.tensor([[1.0, -1.0, -1.0, 1.0]], dtype=torch.float64)
    close(student.rms(x), torch.tensor([size], dtype=torch.float64), because="signs")


def test_scale(student, rng):
    """Twice the numbers, twice the root mean square."""
    x = torch.randn(3, 5, generator=rng, dtype=torch.float64)
    close(student.rms(2 * x), 2 * x.std(-1, correction=0), because="a scale")


def test_shift(student, rng):
    """A number added to all changes nothing."""
    x = torch.randn(3, 5, generator=rng, dtype=torch.float64)
    close(student.rms(x + 7), x.std(-1, correction=0), because="a shift")
''',
    "unit": '''\
"""Hidden checks of unit."""

import torch

from grader.assertions import close


def test_length(student, rng):
    """The mean square of the result is one."""
    x = torch.randn(3, 5, generator=rng, dtype=torch.float64)
    ones = torch.ones(3, dtype=torch.float64)
    close(student.unit(x).square().mean(-1), ones, because="the length")


def test_shift(student, rng):
    """A number added to all changes nothing."""
    x = torch.randn(3, 5, generator=rng, dtype=torch.float64)
    wanted = torch.nn.functional.layer_norm(x, (5,), eps=1e-12)
    close(student.unit(x + 3), wanted, because="a shift")
''',
}

_MISCONCEPTIONS = {
    "center": '''\
def over_all(x):
    """You take the mean over everything: it should be over the last axis."""
    return x - x.mean()
''',
    "rms": '''\
def no_root(x):
    """Your root mean square lacks the root."""
    return x.var(-1, correction=0)


def unbiased(x):
    """You divide by one less than the number of entries."""
    return x.std(-1)
''',
    "unit": '''\
def not_centered(x):
    """You divide x itself: center it first."""
    return x / (x.var(-1, correction=0, keepdim=True).sqrt() + 1e-9)
''',
}

_ALTERNATIVES = {
    "center": '''\
import torch


def by_sum(x):
    """The sum over the number."""
    return x - x.sum(-1, keepdim=True) / x.shape[-1]


def by_rows(x):
    """Row by row."""
    return torch.stack([row - row.mean() for row in x.reshape(-1, x.shape[-1])]).reshape(x.shape)
''',
    "rms": '''\
def by_std(x):
    """The biased standard deviation."""
    return x.std(-1, correction=0)


def by_moments(x):
    """The second moment less the square of the first."""
    return (x.square().mean(-1) - x.mean(-1).square()).sqrt()
''',
    "unit": '''\
import torch


def by_layer_norm(x):
    """PyTorch's own."""
    return torch.nn.functional.layer_norm(x, x.shape[-1:], eps=1e-15)


def by_std(x):
    """The biased standard deviation."""
    return (x - x.mean(-1, keepdim=True)) / x.std(-1, correction=0, keepdim=True)
''',
}

_WRONG = (
    ("center", "def center(x):\n    return x - x.mean()\n"),
    ("rms", "def rms(x):\n    return x.std(-1)\n"),
    ("unit", "def unit(x):\n    return x / rms(x)[..., None]\n"),
    ("rms", "def rms(x):\n    return center(x).no_such_thing()\n"),
)

_SOLUTION = re.compile(r"(?ms)^( *)### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION\n?")


def write_course(root: Path) -> Lab:
    """Write the course into a folder, which may be there already; return its lab."""
    home, away = root / "solutions" / LAB, root / "labs" / LAB
    checks = root / "grader" / "checks" / LAB
    for folder in (home, away, checks / "misconceptions", checks / "alternatives"):
        folder.mkdir(parents=True, exist_ok=True)
    (home / "small.nb.py").write_text(_SOURCE)
    for folder in (home, away):
        (folder / "small_helpers.py").write_text(_HELPERS)
    for name, text in _CHECKS.items():
        (checks / f"test_{name}.py").write_text(text)
        (checks / "misconceptions" / f"{name}.py").write_text(_MISCONCEPTIONS[name])
        (checks / "alternatives" / f"{name}.py").write_text(_ALTERNATIVES[name])
    lab = labs.find(root)[LAB]
    (away / "small.ipynb").write_bytes(notebook(lab, {}, solved=False))
    return lab


def write_class(lab: Lab, folder: Path, size: int) -> list[str]:
    """Write ``size`` submissions in nbgrader's layout; return the students' names, in order.

    The second student has handed in nothing, one in twenty a file that is cut in two, one in three
    has one exercise wrong, one in ten has not begun; the others are right.
    """
    students = [f"s{number:05}" for number in range(size)]
    for number, student in enumerate(students):
        home = folder / student / lab.name
        if number == 1:
            home.with_name("notes").mkdir(parents=True, exist_ok=True)
            continue
        home.mkdir(parents=True, exist_ok=True)
        (home / f"{lab.topic}.ipynb").write_bytes(submission(lab, number, student))
    return students


def submission(lab: Lab, number: int, student: str) -> bytes:
    """Return the notebook of the student of this number in a class."""
    if number % 20 == 7:
        whole = notebook(lab, {}, student)
        return whole[: len(whole) // 2]
    if number % 10 == 5:
        return notebook(lab, {}, student, solved=False)
    if number % 3 == 2:
        exercise, code = _WRONG[number // 3 % len(_WRONG)]
        return notebook(lab, {exercise: code}, student)
    return notebook(lab, {}, student)


def notebook(lab: Lab, answers: dict[str, str], student: str = "", *, solved: bool = True) -> bytes:
    """Return a notebook with these answers, and the solution's (or the stub) for the others."""
    cells = []
    for position, cell in enumerate(lab.cells):
        text = cell.source
        if cell.exercise is not None:
            text = answers.get(cell.exercise, text)
        text = _SOLUTION.sub(r"\2" if solved else r"\1raise NotImplementedError()\n", text)
        if position == 1 and student:
            text += f"\n# {student}\n"
        metadata = {"nbgrader": {"grade_id": cell.grade_id}} if cell.grade_id else {}
        body: dict[str, Any] = {"cell_type": cell.kind, "id": f"c{position}"}
        body |= {"metadata": metadata, "source": text}
        cells.append(
            body | ({"outputs": [], "execution_count": None} if cell.kind == "code" else {})
        )
    whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, sort_keys=True).encode()
