"""The page of alike pairs: who, how much, the lines side by side. Self-contained, runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.pages import feedback
from grader.similar.compare import Block, Comparison

_AROUND = 3  # lines shown before and after a marked one
_LONGEST = 160  # characters of one line


@dataclass(frozen=True)
class Line:
    """One line as the page shows it; number 0 stands for lines that are left out."""

    number: int
    text: str
    marked: bool


def page(comparisons: Sequence[Comparison], titles: feedback.About) -> str:
    """The page as HTML; the same comparisons give the same bytes."""
    return feedback.render(
        "similar.html.j2",
        ("page.css", "similar.css"),
        comparisons=comparisons,
        titles={it.lab: feedback.title(it.lab, titles) for it in comparisons},
        sides=sides,
    )


def sides(block: Block) -> tuple[list[Line], list[Line]]:
    """Both cells of a block, cut down to the marked lines and what stands around them."""
    return (
        _shown(block.lines[0], block.marked[0]),
        _shown(block.lines[1], block.marked[1]),
    )


def _shown(lines: Sequence[str], marked: frozenset[int]) -> list[Line]:
    near = {n + step for n in marked for step in range(-_AROUND, _AROUND + 1)}
    shown: list[Line] = []
    for number, text in enumerate(lines, start=1):
        if number in near:
            cut = text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
            shown.append(Line(number, cut, number in marked))
        elif not shown or shown[-1].number:
            shown.append(Line(0, "", False))
    return shown
