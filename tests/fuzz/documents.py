"""What happens to a notebook's document: other versions, wrong types, and much of everything."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fuzz.draft import DoesNotApply, Draft, Kept, Lost, Touched, defined, new, text

_JUNK: tuple[Any, ...] = (
    None, True, -1, 1.5, "", "text", "\ud800", "\x00\x1b[31m\u202e", [], {}, [None], [[]], [1, 2],
    {"cells": []}, {"": {}}, float("nan"), float("inf"), 10**30, "%%x", "def final_norm(",
)  # fmt: skip


def is_of_version_3(draw: Random, draft: Draft) -> Kept:
    """nbformat 3: worksheets, and ``input`` for ``source``."""
    cells = draft.cells
    for cell in draft.of_kind("code"):
        if "source" in cell:
            cell["input"] = cell.pop("source")
        cell["language"] = "python"
    del draft.notebook["cells"]
    cut = draw.randint(0, len(cells))
    sheets = draw.choice([[cells], [cells[:cut], cells[cut:]]])
    draft.notebook["worksheets"] = [{"cells": part, "metadata": {}} for part in sheets]
    draft.notebook["nbformat"] = 3


def is_of_another_minor_version(draw: Random, draft: Draft) -> Kept:
    """From 4.0 to versions that are not there yet."""
    draft.notebook["nbformat_minor"] = draw.choice([0, 1, 2, 3, 4, 5, 6, 99, -1, "5", None, 4.5])


def is_of_no_known_version(draw: Random, draft: Draft) -> Kept:
    """nbformat 99, or text, or nothing."""
    draft.notebook["nbformat"] = draw.choice([99, 0, -4, "four", None, [4], {}])


def has_cells_of_the_wrong_type(draw: Random, draft: Draft) -> Lost:
    """``cells`` is a dict, a text, a number, or not there."""
    cells = draft.cells
    wrong = draw.choice([dict(enumerate(map(str, cells))), "cells", 3, None, True, {"0": cells}])
    draft.notebook["cells"] = wrong
    return "all"


def has_strange_things_for_cells(draw: Random, draft: Draft) -> Kept:
    """Null, numbers and halves of cells between the cells."""
    strange: list[Any] = [
        None, 3, "text", [], {}, {"cell_type": None}, {"cell_type": "code"},
        {"cell_type": ["code"], "source": "x = 1"}, {"cell_type": "code", "source": None},
        {"cell_type": "code", "source": {"a": 1}}, {"cell_type": "code", "source": [1, None]},
        {"cell_type": "raw", "source": "x"}, {"cell_type": "heading", "level": "x"},
    ]  # fmt: skip
    for part in draw.sample(strange, 5):
        draft.cells.insert(draw.randint(0, len(draft.cells)), part)


def has_a_source_of_the_wrong_type(draw: Random, draft: Draft) -> Touched:
    """An exercise's ``source`` is a number, a dict, a list of numbers."""
    cell = draft.pick(draw)[1]
    names = frozenset(defined(cell))
    cell["source"] = draw.choice([3, None, True, {"text": text(cell)}, [1, 2], [[text(cell)]], 1.5])
    return names


def has_sources_as_lines(draw: Random, draft: Draft) -> Kept:
    """Lists of lines, of letters, or one text."""
    way = draw.choice(["lines", "letters", "text"])
    for cell in draft.of_kind("code"):
        lines = text(cell).splitlines(keepends=True)
        cell["source"] = {"lines": lines, "letters": list(text(cell)), "text": text(cell)}[way]


def has_metadata_of_the_wrong_type(draw: Random, draft: Draft) -> Kept:
    """Lists, numbers and null, at every level."""
    for cell in draft.of_kind("code"):
        cell["metadata"] = draw.choice(
            [[], None, "x", 3, {"nbgrader": []}, {"nbgrader": {"grade_id": [1]}}, {"nbgrader": "x"}]
        )
    draft.notebook["metadata"] = draw.choice([[], None, "x", {"kernelspec": 3}])


def has_outputs_of_the_wrong_type(draw: Random, draft: Draft) -> Kept:
    """Outputs and counts that nothing can show."""
    for cell in draft.of_kind("code"):
        cell["outputs"] = draw.choice(["text", None, 3, {"a": 1}, [None], [[]], [{"text": 3}]])
        cell["execution_count"] = draw.choice(["*", None, -1, [], 1.5, 10**18])


def has_attachments_and_widgets(draw: Random, draft: Draft) -> Kept:
    """What Jupyter's extensions leave."""
    draft.notebook.setdefault("metadata", {})
    state = {"state": {"a": {"model_name": "IntSlider"}}, "version_major": 2}
    draft.notebook["metadata"] = {"widgets": {"application/vnd.jupyter.widget-state+json": state}}
    for cell in draft.of_kind("markdown"):
        cell["attachments"] = {"image.png": {"image/png": "AAAA"}}


def has_numbers_that_are_none(draw: Random, draft: Draft) -> Kept:
    """NaN, infinity, and whole numbers of thousands of digits."""
    for cell in draft.of_kind("code"):
        cell["execution_count"] = draw.choice([float("nan"), float("-inf"), 1e308])
    digits = 10 ** draw.choice([30, 4000])
    draft.notebook["extra"] = {"big": digits, "small": -digits, "none": float("nan")}


def has_halves_of_letters(draw: Random, draft: Draft) -> Kept:
    """Lone surrogates, control characters and right-to-left marks, in prose and in keys."""
    for cell in draft.of_kind("markdown"):
        cell["source"] = "\ud800 \udc00 \x00 \x1b[31m \u202e abc \ufffe"
        cell["\ud83d"] = "\x00"


def has_outputs_that_go_deep(draw: Random, draft: Draft) -> Kept:
    """Lists in lists, as far as people's tools go."""
    deep: Any = 1
    for _ in range(draw.choice([20, 100, 200])):
        deep = draw.choice([[deep], {"a": deep}])
    for cell in draft.of_kind("code")[:3]:
        cell["outputs"] = [deep]


def has_megabytes_of_output(draw: Random, draft: Draft) -> Kept:
    """Pictures and logs."""
    code = draft.of_kind("code")
    if not code:
        raise DoesNotApply
    code[0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (3 << 20)}]


def has_a_hundred_megabytes_of_output(draw: Random, draft: Draft) -> Lost:
    """More than is read: the reason says what to do."""
    code = draft.of_kind("code")
    if not code:
        raise DoesNotApply
    code[0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (100 << 20)}]
    return "all"


def has_as_many_cells_as_are_read(draw: Random, draft: Draft) -> Kept:
    """5,000 cells."""
    draft.cells.extend([new(f"x{n} = {n}") for n in range(5_000 - len(draft.cells))])


def has_more_cells_than_are_read(draw: Random, draft: Draft) -> Lost:
    """One more."""
    draft.cells.extend([new("x = 1") for _ in range(5_001 - len(draft.cells))])
    return "all"


def has_junk_somewhere(draw: Random, draft: Draft) -> Lost:
    """A random value of a random type at random places."""
    for _ in range(draw.randint(1, 5)):
        place: Any = draft.notebook
        while isinstance(place, dict | list) and len(place):
            key = draw.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if draw.random() < 0.3 or not isinstance(place[key], dict | list):
                place[key] = draw.choice(_JUNK)
                break
            place = place[key]
    return "all"
