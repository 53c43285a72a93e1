"""What two students share that neither the course gave out nor much of the class wrote.

A fingerprint that is in the released notebook, the solution or one of its alternatives counts for
nothing, nor does one that more than a tenth of the class has. Of the others one counts the more,
the fewer have it: log(students / who have it), as in the ranking of documents. Two students'
likeness is what their shared fingerprints count, as a part of what those of the one with fewer do.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.course.labs import Lab
from grader.intake import reading
from grader.records import Submission
from grader.similar import tokens, winnow

FEW = 4  # a fingerprint that so many have counts, however small the class
PART = 10  # of a class: what more than one in so many have is the usual way
MOST = 60  # in a very large class; the work grows with the square of it
_LEAST = 2  # shared fingerprints; one alone is chance
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+\(?([^#\n()]*)", re.MULTILINE)
_BLOCKS = 8  # pieces of code that one pair shows


@dataclass(frozen=True)
class Code:
    """One student's code: cell by cell, with the fingerprints and where they stand."""

    student: str
    cells: tuple[str, ...]
    places: Mapping[int, tuple[tuple[int, int, int], ...]]  # print -> (cell, first, last line)
    unread: int = 0  # cells that are no Python


@dataclass(frozen=True)
class Block:
    """A cell of each that share something: their lines, and which of them do."""

    cells: tuple[int, int]  # counted as people do, from 1
    lines: tuple[tuple[str, ...], tuple[str, ...]]
    marked: tuple[frozenset[int], frozenset[int]]
    weight: float


@dataclass(frozen=True)
class Pair:
    """Two students whose code is alike."""

    students: tuple[str, str]
    likeness: float  # from 0 to 1
    shared: int  # fingerprints
    weight: float
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Comparison:
    """All that was found for one lab."""

    lab: str
    students: int
    pairs: tuple[Pair, ...]  # the most alike first
    likenesses: tuple[float, ...]  # of all pairs that share anything, sorted
    unreadable: tuple[tuple[str, str], ...] = ()  # student, why
    note: str = ""
    all_pairs: int = 0
    usual: int = 0  # fingerprints that counted for nothing, as too many have them

    def below(self, part: float) -> float:
        """The likeness that this part of all pairs does not exceed."""
        none = self.all_pairs - len(self.likenesses)
        position = math.ceil(part * self.all_pairs) - 1
        return 0.0 if position < none else self.likenesses[position - none]


def compare(lab: Lab, submissions: Iterable[Submission], top: int) -> Comparison:
    """Compare all students of one lab.

    Args:
        lab: the lab.
        submissions: its submissions; those without a notebook are left out.
        top: how many pairs to return.
    """
    known = given(lab)
    codes: list[Code] = []
    unreadable = []
    for submission in submissions:
        group = submission.members or (submission.student,)
        if submission.notebook is None or submission.student != group[0]:
            continue  # a group's notebook is one
        name = ", ".join(group)
        try:
            notebook = reading.read(submission.notebook)
        except reading.Unreadable as error:
            unreadable.append((name, str(error)))
            continue
        sources = [cell.source for cell in notebook.code]
        codes.append(code(name, sources, known))
    return _compared(lab.name, codes, tuple(unreadable), top)


def code(student: str, sources: Sequence[str], known: frozenset[int]) -> Code:
    """Fingerprint one student's code cells, but for what is known already."""
    places: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    unread, imported = 0, _imported(sources)
    for number, source in enumerate(sources):
        try:
            found = tokens.units(source, imported)
        except Exception:  # anything at all may stand in a cell
            unread += bool(source.strip())
            continue
        for unit in found:
            for print_ in winnow.fingerprints(unit.tokens) - known:
                places[print_].append((number, unit.first, unit.last))
    return Code(student, tuple(sources), {p: tuple(v) for p, v in places.items()}, unread)


def given(lab: Lab) -> frozenset[int]:
    """The fingerprints of what everybody has or may read: notebook, solution, alternatives."""
    texts = [cell.source for cell in lab.cells if cell.kind == "code"]
    try:
        released = reading.read(lab.released / f"{lab.topic}.ipynb")
        texts += [cell.source for cell in released.code]
    except reading.Unreadable:
        pass
    imported = _imported(texts)
    for path in (*lab.checks.glob("alternatives/*.py"), *lab.released.glob("*.py")):
        texts.append(path.read_text("utf-8"))
    found: set[int] = set()
    for text in texts:
        try:
            units = tokens.units(text, imported)
        except Exception:
            continue
        for unit in units:
            found |= winnow.fingerprints(unit.tokens)
    return frozenset(found)


def _imported(sources: Sequence[str]) -> frozenset[str]:
    """What a notebook's cells import, read off their text: each cell is parsed once, later."""
    found = set()
    for names in _IMPORT.findall("\n".join(sources)):
        found |= {words[-1].split(".")[0] for part in names.split(",") if (words := part.split())}
    return frozenset(found)


def _compared(
    lab: str, codes: Sequence[Code], unreadable: tuple[tuple[str, str], ...], top: int
) -> Comparison:
    who: dict[int, list[int]] = defaultdict(list)
    for number, own in enumerate(codes):
        for print_ in own.places:
            who[print_].append(number)
    most = max(FEW, min(len(codes) // PART, MOST))
    weights = {
        print_: math.log(len(codes) / len(students)) if len(codes) > len(students) else 0.1
        for print_, students in who.items()
        if len(students) <= most
    }
    totals = [sum(weights.get(print_, 0.0) for print_ in own.places) for own in codes]
    shared: Counter[tuple[int, int]] = Counter()
    gained: dict[tuple[int, int], float] = defaultdict(float)
    for print_, weight in weights.items():
        for pair in itertools.combinations(who[print_], 2):
            shared[pair] += 1
            gained[pair] += weight
    likeness = {
        pair: gained[pair] / (min(totals[pair[0]], totals[pair[1]]) or 1.0)
        for pair, count in shared.items()
        if count >= _LEAST
    }
    ranked = sorted(
        likeness, key=lambda pair: (-likeness[pair] * gained[pair], codes[pair[0]].student, pair)
    )
    pairs = tuple(
        Pair(
            (codes[a].student, codes[b].student), likeness[a, b], shared[a, b], gained[a, b],
            _blocks(codes[a], codes[b], weights),
        )
        for a, b in ranked[:top]
    )  # fmt: skip
    unread = sum(own.unread > 0 for own in codes)
    note = f"{unread} notebooks have cells that are no Python: left out" if unread else ""
    return Comparison(
        lab, len(codes), pairs, tuple(sorted(likeness.values())), unreadable, note,
        len(codes) * (len(codes) - 1) // 2, len(who) - len(weights),
    )  # fmt: skip


def _blocks(one: Code, other: Code, weights: Mapping[int, float]) -> tuple[Block, ...]:
    """The cells that share most, each pair of cells with the lines that do."""
    found: dict[tuple[int, int], list[tuple[int, tuple[int, ...], tuple[int, ...]]]]
    found = defaultdict(list)
    for print_ in one.places.keys() & other.places.keys() & weights.keys():
        for mine, theirs in itertools.product(one.places[print_][:3], other.places[print_][:3]):
            found[mine[0], theirs[0]].append((print_, mine[1:], theirs[1:]))
    blocks = []
    for (mine_cell, their_cell), places in found.items():
        marked: tuple[set[int], set[int]] = (set(), set())
        for _, *spans in places:
            for lines, (first, last) in zip(marked, spans, strict=True):
                lines.update(range(first, last + 1))
        weight = sum(weights[print_] for print_ in {print_ for print_, *_ in places})
        blocks.append(
            Block(
                (mine_cell + 1, their_cell + 1),
                (tuple(one.cells[mine_cell].splitlines()),
                 tuple(other.cells[their_cell].splitlines())),
                (frozenset(marked[0]), frozenset(marked[1])),
                weight,
            )
        )  # fmt: skip
    blocks.sort(key=lambda block: (-block.weight, block.cells))
    chosen: list[Block] = []
    used: tuple[set[int], set[int]] = (set(), set())
    for block in blocks:  # each cell once, beside the one that it shares most with
        if block.cells[0] not in used[0] and block.cells[1] not in used[1]:
            chosen.append(block)
            used[0].add(block.cells[0])
            used[1].add(block.cells[1])
    return tuple(chosen[:_BLOCKS])
