"""Solution text is found wherever it went in labs/, and what is everybody's is let through."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest

from grader.course.source import Cell
from grader.handout import leaks

SOLUTION = """\
def rms(x, gamma, eps):
    ### BEGIN SOLUTION
    with torch.no_grad():
        scale = x.pow(2).mean(-1, keepdim=True)  # per position
        x = x + 1
        tag = "# not a comment, but a string"
        model = models.random(seed=1, n_layers=2)  # given
    return x
    ### END SOLUTION
"""
ANSWER = """\
Why?

### BEGIN SOLUTION
Because the norm divides by the length of the vector.
### END SOLUTION
"""
CELLS = [
    Cell("code", SOLUTION, "rms", None, None, None, 0, 1),
    Cell("markdown", ANSWER, None, None, "why", 1.0, 1, 20),
]


def leaked(text: str, name: str = "labs/01_x/README.md") -> list[str]:
    return leaks.find(leaks.hidden_text(CELLS), {PurePosixPath(name): text.encode()})


@pytest.mark.parametrize(
    "text",
    [
        "scale = x.pow(2).mean(-1, keepdim=True)",
        "prose, then `scale  =  x.pow(2).mean( -1,keepdim=True )` in it",
        "# scale = x.pow(2).mean(-1, keepdim=True)",
        "scale = x.pow(2)\\\n    .mean(-1, keepdim=True)".replace("\\\n", "\n"),
        'tag = "# not a comment, but a string"',
        "because... Because the norm divides by the length\nof the vector.",
    ],
)
def test_a_line_is_found_however_it_is_laid_out(text: str) -> None:
    problems = leaked(text)
    assert len(problems) == 1
    assert "holds solution text of" in problems[0]
    assert "\n" not in problems[0]


@pytest.mark.parametrize(
    "text",
    [
        "return x",
        "x = x + 1",
        "with torch.no_grad():",
        "model = models.random(seed=1, n_layers=2)",
        "per position",
        "scale = x.pow(2)",
        "",
    ],
)
def test_what_is_everybodys_or_given_passes(text: str) -> None:
    assert leaked(text) == []


def test_short_lines_leak_when_they_are_the_whole_solution() -> None:
    body = "a = x - 1\n    b = a * 2\n    return b"
    cell = Cell(
        "code", f"### BEGIN SOLUTION\n    {body}\n### END SOLUTION", "f", None, None, None, 0, 1
    )
    hidden = leaks.hidden_text([cell])
    path = PurePosixPath("labs/labkit/data.py")
    assert leaks.find(hidden, {path: b"a = x - 1\n"}) == []
    assert "the whole solution" in leaks.find(hidden, {path: body.encode()})[0]


def test_cells_and_outputs_of_a_notebook_are_read_without_json() -> None:
    line = '    tag = "# not a comment, but a string"\n'
    for where in ({"source": ["x\n", line]}, {"source": "", "outputs": [{"text": [line]}]}):
        notebook = json.dumps({"cells": [where]})
        assert leaked(notebook, "labs/01_x/x.ipynb")
    assert leaked("{ not JSON: scale = x.pow(2).mean(-1, keepdim=True)", "labs/01_x/x.ipynb")


def test_the_message_names_the_exercise_and_its_line() -> None:
    problem = leaked("scale = x.pow(2).mean(-1, keepdim=True)")[0]
    assert problem.startswith("labs/01_x/README.md: ")
    assert "rms: `scale = x.pow(2).mean(-1, keepdim=True)`" in problem
