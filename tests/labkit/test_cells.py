"""One cell: parsed whatever IPython puts in it, and statements cut out of it to the byte."""

from __future__ import annotations

import ast

import pytest
from labkit.cells import assigned, inside, parse, segment, statements


def cut(cell: str) -> list[str]:
    source, tree = parse(cell)
    lines = source.encode().split(b"\n")
    return [segment(lines, node, node.lineno) for node in tree.body]


def test_plain_python_is_not_touched() -> None:
    cell = "x = 1  # 50%?\n\n'''%time\n!ls'''\ny = (2\n     % 3)"
    source, tree = parse(cell)
    assert source == cell
    assert [type(node) for node in tree.body] == [ast.Assign, ast.Expr, ast.Assign]


def test_statements_are_cut_to_the_byte() -> None:
    cell = "é = 1; b = 'ü\U0001f600'; c = [\n  1,\n]; d = 4  # end"
    assert cut(cell) == ["é = 1", "b = 'ü\U0001f600'", "c = [\n  1,\n]", "d = 4"]


def test_ipython_becomes_python_line_by_line() -> None:
    source, tree = parse("\n\n%load_ext x\nx = 1\n!ls\nf?\n")
    assert [node.lineno for node in tree.body] == [3, 4, 5, 6]
    assert source.split("\n")[3] == "x = 1"
    assert "get_ipython" in source.split("\n")[2]


@pytest.mark.parametrize("magic", ["%%bash", "%%javascript", "%%writefile a.py", "  \n%%latex x"])
def test_a_cell_in_another_language_is_empty(magic: str) -> None:
    assert parse(f"{magic}\nthis is {{ no python")[1].body == []


@pytest.mark.parametrize("cell", ["x = = 1", "\x00", "'\ud800'", "(" * 1000, "%a\n" * 99, "1 +"])
def test_what_cannot_be_parsed_raises(cell: str) -> None:
    with pytest.raises((SyntaxError, ValueError, RecursionError, MemoryError)):
        parse(cell)


def test_top_level_await_is_read() -> None:
    (node,) = parse("x = await f()")[1].body
    assert assigned(node) == {"x"}


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("x = y = 1", "x y"), ("a, (b, *c) = d", "a b c"), ("x.y = z[0] = 1", ""), ("x: int", "x"),
        ("x += 1", "x"), ("for i, j in k:\n  x = 1\nelse:\n  y = 1", "i j x y"),
        ("with a as b, c as (d, e):\n  f = 1", "b d e f"), ("while 1:\n  x = 1", "x"),
        ("print(w := 1)", "w"), ("x = [i for i in j]", "x"), ("x = lambda: (y := 1)", "x"),
        ("if 1:\n  def f():\n    x = 1\n  class C:\n    y = 1", "f C"),
        ("if 1:\n  import a.b, c as d\n  from e import f as g, h", "a d g h"),
        ("try:\n  x = 1\nexcept E as e:\n  y = 1\nfinally:\n  z = 1", "x y z"),
    ],
)  # fmt: skip
def test_assigned_names_are_those_of_the_notebook_itself(code: str, names: str) -> None:
    (node,) = ast.parse(code).body
    assert assigned(node) == set(names.split())


def test_the_bodies_of_if_and_try_are_walked_in_order() -> None:
    code = "if a:\n  x0\n  if b:\n    x1\n  elif c:\n    x2\nelse:\n  try:\n    x3\n"
    code += "  except E:\n    x4\n  else:\n    x5\n  finally:\n    for i in j:\n      x6"
    (node,) = ast.parse(code).body
    assert isinstance(node, ast.If)
    found = [ast.unparse(part).split("\n")[0] for part in statements(node)]
    assert found == ["x0", "x1", "x2", "x3", "x4", "x5", "for i in j:"]
    assert len(inside(node)) == 3
    (single,) = ast.parse("x = 1").body
    assert list(statements(single)) == [single]


def test_a_cell_of_too_many_braces_is_not_read() -> None:
    parse("a = {" + "'k': {}, " * 9_000 + "}")
    with pytest.raises(ValueError, match="opening braces"):
        parse("a = f'" + "{1}" * 100_000 + "'")
