"""Alike code is found through every disguise, what the course gave out is not, and it is fast.

The classes here are drawn: everybody writes functions of their own from one grammar, and some copy.
Who copied from whom is known, and so is how the copy was disguised.
"""

from __future__ import annotations

import ast
import itertools
import json
import random
import re
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from grader.course import labs
from grader.course.labs import Exercise, Lab
from grader.course.source import Cell
from grader.records import Submission
from grader.similar import compare, page, tokens, winnow

LAB = labs.named("01_logit_lens")
CALLS = ["softmax", "einsum", "cumsum", "norm", "gather", "topk", "exp", "where", "roll", "argmax",
         "matmul", "mean", "stack", "clamp", "logsumexp", "outer", "flip", "tril"]  # fmt: skip


def expression(draw: random.Random, names: list[str], depth: int = 2) -> str:
    if depth == 0 or draw.random() < 0.2:
        return draw.choice([*names, str(draw.randint(0, 9))])
    left, right = (expression(draw, names, depth - 1) for _ in range(2))
    kind = draw.randrange(4)
    if kind == 0:
        return f"torch.{draw.choice(CALLS)}({left}, dim={right})"
    if kind == 1:
        return f"({left} {draw.choice(['+', '-', '*', '@', '/'])} {right})"
    if kind == 2:
        return f"{draw.choice(names)}[{left}].{draw.choice(CALLS)}()"
    return f"torch.{draw.choice(CALLS)}({left}, {right})"


def function(draw: random.Random, name: str, lines: int = 8) -> str:
    names = ["stack", "model", "tokens"]
    body = []
    for number in range(lines):
        made = f"x{number}"
        body.append(f"    {made} = {expression(draw, names)}")
        if draw.random() < 0.3:
            body.append(f"    if {expression(draw, names, 1)} > {made}:")
            body.append(f"        {made} = {expression(draw, [*names, made])}")
        names.append(made)
    return (
        f"def {name}({', '.join(names[:3])}):\n" + "\n".join(body) + f"\n    return {names[-1]}\n"
    )


def written(draw: random.Random, functions: int = 6) -> list[str]:
    """The cells of somebody who works alone."""
    return ["import torch\n", *(function(draw, f"f{n}") for n in range(functions))]


class _Renamed(ast.NodeTransformer):
    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def _new(self, name: str) -> str:
        return self.names.setdefault(name, f"geheim_{len(self.names)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.copy_location(ast.Name("t" if node.id == "torch" else self._new(node.id)), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._new(node.arg), ast.Name("Tensor"))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self._new(node.name)
        node.body.insert(0, ast.Expr(ast.Constant("My very own docstring.")))
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(node.value + 1) if isinstance(node.value, int) else node


def disguised(cells: list[str], draw: random.Random) -> list[str]:
    """Every name, number and annotation changed, comments added, cells and lines reordered."""
    changed = []
    for cell in cells[1:]:
        tree = _Renamed().visit(ast.parse(cell))
        body = tree.body[0].body
        first, *middle, last = body
        draw.shuffle(middle)
        tree.body[0].body = [first, *middle, last]
        text = ast.unparse(ast.fix_missing_locations(tree))
        changed.append(re.sub(r"\n", "  # as I thought of it\n\n", text) + "\n")
    draw.shuffle(changed)
    return ["import torch as t\nimport math\n", *changed]


def notebook(cells: list[str]) -> bytes:
    listed = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": listed}).encode()


def submitted(tmp_path: Path, classroom: dict[str, list[str]]) -> list[Submission]:
    found = []
    for student, cells in classroom.items():
        path = tmp_path / f"{student}.ipynb"
        path.write_bytes(notebook(cells))
        found.append(Submission(student, LAB.name, path))
    return found


# Winnowing -------------------------------------------------------------------------------


def test_winnowing_keeps_its_guarantee() -> None:
    """The paper's: whatever is shared of window + k - 1 tokens or more is found in both."""
    draw = random.Random(3)
    least = winnow.WINDOW + winnow.K - 1
    for _ in range(300):
        common = [f"c{draw.randint(0, 9)}" for _ in range(least)]
        texts = []
        for side in "ab":
            before, after = (
                [f"{side}{draw.randint(0, 9)}" for _ in range(draw.randint(0, 20))] for _ in "xy"
            )
            texts.append([*before, *common, *after])
        assert winnow.fingerprints(texts[0]) & winnow.fingerprints(texts[1])


def test_what_is_shared_below_k_tokens_is_not_found() -> None:
    shared = ["s"] * (winnow.K - 1)
    one = [*(f"a{n}" for n in range(20)), *shared, *(f"b{n}" for n in range(20))]
    other = [*(f"c{n}" for n in range(20)), *shared, *(f"d{n}" for n in range(20))]
    assert not winnow.fingerprints(one) & winnow.fingerprints(other)


def test_winnowing_chooses_the_least_of_each_window() -> None:
    """The paper's own example: 77 74 42 17 98 50 17 98 8 88 67 39 77 74 42 17 98, windows of 4."""
    hashes = [77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98]
    assert winnow.winnowed(hashes, 4) == {17, 8, 39}
    assert winnow.winnowed([5, 3], 4) == {3}


# What stays of code ----------------------------------------------------------------------

ALIKE = [
    ("x = a + b", "y = c + d"),
    ("x += 1", "n = n + 7"),
    ("x: int = f(3)", "y = g(4)"),
    ("import torch\nz = torch.softmax(q, dim=-1)",
     "from torch import softmax\nw = softmax(r, dim=-1)"),
    ("import torch as t\nz = t.nn.functional.relu(q)",
     "import torch.nn.functional as F\nz = F.relu(k)"),
    ("f(a, x=1, y=2)", "g(b, y=3, x=4)"),
    ('def f(a: int) -> str:\n    """Says."""\n    return a', "def g(b):\n    # no\n    return b"),
    ("%matplotlib inline\nx = f(a)", "y = g(b)"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_a_disguise_changes_does_not_count(one: str, other: str) -> None:
    assert [u.tokens for u in tokens.units(one)] == [u.tokens for u in tokens.units(other)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("x = a + b", "x = a - b"), ("x.mean()", "x.sum()"), ("len(x)", "max(x)"),
     ("x[0]", "x(0)"), ("f(x, dim=1)", "f(x, axis=1)")],
)  # fmt: skip
def test_what_is_another_thought_counts(one: str, other: str) -> None:
    assert [u.tokens for u in tokens.units(one)] != [u.tokens for u in tokens.units(other)]


def test_a_unit_knows_its_lines() -> None:
    cell = (
        "def f(a,\n      b):\n    x = a\n    for i in b:\n        x = g(\n      i)\n    return x\n"
    )
    assert [(u.first, u.last) for u in tokens.units(cell)] == [
        (1, 2),
        (3, 3),
        (4, 4),
        (5, 6),
        (7, 7),
    ]


# A class ---------------------------------------------------------------------------------


def test_a_disguised_copy_is_first_and_the_others_are_far_below(tmp_path: Path) -> None:
    draw = random.Random(11)
    classroom = {f"s{n:02}": written(draw) for n in range(40)}
    classroom["zoe"] = disguised(classroom["s07"], draw)
    classroom["yan"] = [
        *written(draw, 4),
        *disguised(classroom["s11"], draw)[1:3],
        "import torch as t",
    ]
    found = compare.compare(LAB, submitted(tmp_path, classroom), top=10)
    assert found.students == 42
    assert found.pairs[0].students == ("s07", "zoe")
    assert found.pairs[0].likeness > 0.8
    assert found.pairs[1].students == ("s11", "yan")  # two functions of six
    assert 0.2 < found.pairs[1].likeness < 0.7
    assert found.pairs[2].likeness < found.pairs[1].likeness / 2
    assert found.below(0.99) < 0.2
    # What is marked is what was copied: every marked line of the copy is in a function.
    for block in found.pairs[0].blocks:
        assert block.marked[0]
        assert block.marked[1]


def test_what_the_course_gave_out_counts_for_nothing(tmp_path: Path) -> None:
    """Two who hand in the solution, or an alternative, or nothing, share nothing of their own."""
    solution = [cell.source for cell in LAB.cells if cell.kind == "code"]
    released = json.loads((LAB.released / f"{LAB.topic}.ipynb").read_text())
    skeleton = ["".join(c["source"]) for c in released["cells"] if c["cell_type"] == "code"]
    alternative = [path.read_text() for path in sorted(LAB.checks.glob("alternatives/*.py"))]
    classroom = {
        "a": solution, "b": solution, "c": skeleton, "d": skeleton, "e": alternative,
        "f": alternative,
    }  # fmt: skip
    assert compare.compare(LAB, submitted(tmp_path, classroom), top=10).pairs == ()
    own = function(random.Random(5), "mine")
    copied = {"a": [*solution, own], "b": [*solution, own], "c": skeleton}
    (pair,) = compare.compare(LAB, submitted(tmp_path, copied), top=10).pairs
    assert pair.students == ("a", "b")
    assert pair.likeness == pytest.approx(1)
    (block,) = pair.blocks
    assert block.lines[0][0].startswith("def mine(")


def test_what_much_of_the_class_wrote_counts_for_nothing(tmp_path: Path) -> None:
    draw = random.Random(2)
    usual = function(draw, "usual")
    classroom = {f"s{n:02}": ["import torch\n", usual, function(draw, "own")] for n in range(30)}
    found = compare.compare(LAB, submitted(tmp_path, classroom), top=5)
    assert found.usual > 0
    assert all(pair.likeness < 0.3 for pair in found.pairs)


def test_a_group_is_one_and_is_not_compared_with_itself(tmp_path: Path) -> None:
    draw = random.Random(4)
    cells = written(draw)
    ada, ben, cy = submitted(tmp_path, {"ada": cells, "ben": cells, "cy": disguised(cells, draw)})
    team = ("ada", "ben")
    group = [Submission(s.student, s.lab, s.notebook, members=team) for s in (ada, ben)]
    found = compare.compare(LAB, [*group, cy], top=5)
    assert found.students == 2
    assert [pair.students for pair in found.pairs] == [("ada, ben", "cy")]


def test_hostile_and_broken_notebooks_harm_nobody(tmp_path: Path) -> None:
    draw = random.Random(6)
    cells = written(draw)
    deep = "x = " + "(" * 5000 + ")" * 5000
    classroom = {
        "a": [*cells, deep, "x = \x00", "this is no python"],
        "b": [*cells, "%%bash\nls", "x" * 200_000 + " = 1", "é = '\ud800'"],
        "<script>alert(1)</script>": [*cells, "</code><script>alert(2)</script> = 3"],
    }
    found = submitted(tmp_path, {name.replace("/", "|"): own for name, own in classroom.items()})
    (tmp_path / "cut.ipynb").write_text('{"cells": [')
    found.append(Submission("cut", LAB.name, tmp_path / "cut.ipynb"))
    found.append(Submission("none", LAB.name, None, "missing", "nothing"))
    result = compare.compare(LAB, found, top=5)
    assert result.students == 3
    assert len(result.pairs) == 3
    assert [student for student, _ in result.unreadable] == ["cut"]
    html = page.page([result], {})
    soup = BeautifulSoup(html, "html.parser")
    assert soup.find_all("script") == []
    assert "not a verdict" in soup.get_text()


def test_the_page_shows_both_sides_and_loads_nothing(tmp_path: Path) -> None:
    draw = random.Random(8)
    classroom = {f"s{n}": written(draw) for n in range(5)}
    classroom["copy"] = disguised(classroom["s3"], draw)
    found = compare.compare(LAB, submitted(tmp_path, classroom), top=5)
    html = page.page([found], {LAB.name: "Lab 1"})
    assert html == page.page([found], {LAB.name: "Lab 1"})
    soup = BeautifulSoup(html, "html.parser")
    assert not re.search(r"""(?:src|href)=["'](?!#)""", html)
    (policy,) = soup.find_all("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert "default-src 'none'" in str(policy)
    first = soup.find("details", class_="pair")
    assert first is not None
    sides = first.find_all("figure")
    assert len(sides) == 2 * len(found.pairs[0].blocks)
    for side in sides:
        marked = [li.code.get_text() for li in side.find_all("li", class_="marked")]
        assert marked
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    links = [a["href"][1:] for a in soup.find_all("a")]
    assert set(links) <= set(ids)


def test_100_students_take_a_part_of_a_minute(tmp_path: Path) -> None:
    """``python -m tests.similar_load`` measures larger classes."""
    draw = random.Random(1)
    classroom = {f"s{n:03}": written(draw, 17) for n in range(100)}
    classroom["zoe"] = disguised(classroom["s023"], draw)
    found = submitted(tmp_path, classroom)
    start = time.process_time()
    result = compare.compare(LAB, found, top=30)
    used = time.process_time() - start
    assert result.pairs[0].students == ("s023", "zoe")
    assert used < 20, f"{used:.1f} s"


def test_a_course_without_that_lab_on_disk_has_nothing_to_discount() -> None:
    made = (Exercise("f", 1.0, Cell("code", "", "f", None, None, None, 0, 0)),)
    lab = Lab("01_x", "x", Path("/no/such/course"), (), made, ())
    assert compare.given(lab) == frozenset()
    assert list(itertools.chain(compare.compare(lab, [], 5).pairs)) == []
