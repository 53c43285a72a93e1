"""Titles and check sentences for the pages."""

from __future__ import annotations

from pathlib import Path

from grader.course import labs, notebooks
from grader.course.labs import Lab
from grader.course.source import Cell
from grader.pages import about


def test_every_lab_has_a_title_and_every_check_a_sentence() -> None:
    found = labs.find()
    words = about.words(found.values())
    for lab in found.values():
        assert words[lab.name]
        for exercise in lab.exercises:
            mine = {
                k: v for k, v in words.items() if k.startswith(f"{lab.name}/{exercise.name}/test_")
            }
            assert len(mine) >= 3
            for check, sentence in mine.items():
                assert sentence.rstrip(")").endswith((".", "?")), check
                assert len(sentence) > 20, check


def test_an_exercise_has_the_headings_that_lead_to_it(tmp_path: Path) -> None:
    source = """\
# %% [markdown]
# # Lab 01: a title
# ## Part 1: first
# ### The idea
# words

# %% [markdown]
# ### Exercise 1: one

# %% exercise="one"
def one(): ...


# %% [markdown]
# ### Exercise 2: two

# %% exercise="two"
def two(): ...


# %% [markdown]
# ### A picture
# ## Part 2: second
# text with # in it

# %% exercise="three"
def three(): ...
"""
    cells = []
    for number, text in enumerate(source.split("# %%")[1:]):
        head, _, body = text.partition("\n")
        name = head.split('"')[1] if "exercise" in head else None
        kind = "markdown" if "markdown" in head else "code"
        plain = body.replace("# ", "", 1).replace("\n# ", "\n") if kind == "markdown" else body
        cells.append(Cell(kind, plain, name, None, None, None, number, 1))  # type: ignore[arg-type]
    words = about.words([Lab("01_x", "x", tmp_path, tuple(cells), (), ())])
    assert {k: v for k, v in words.items() if k.endswith("#section")} == {
        "01_x/one#section": "Part 1: first › The idea › Exercise 1: one",
        "01_x/two#section": "Part 1: first › Exercise 2: two",
        "01_x/three#section": "Part 2: second",
    }


def test_every_exercise_of_the_course_says_where_to_read_again() -> None:
    found = labs.find().values()
    words = about.words(found)
    for lab in found:
        headings = {
            line.lstrip("# ").strip()
            for cell in notebooks.student_notebook(lab.cells, lab.name).cells
            if cell.cell_type == "markdown"
            for line in cell.source.splitlines()
        }
        for exercise in lab.exercises:
            section = words[f"{lab.name}/{exercise.name}#section"]
            assert set(section.split(" › ")) <= headings, section
            assert exercise.name in section
