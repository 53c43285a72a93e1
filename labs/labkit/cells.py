"""One code cell as Python: IPython's extras translated, its statements and what they bind.

A cell may hold magics, shell lines or pasted prompts, and may come from anyone: nothing here runs
it, and what cannot be parsed raises an exception, of any kind.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_TRANSPARENT_MAGICS = re.compile(r"\A(\s*%%(time|timeit|capture|prun)\b.*)+")
# Blanks of the same line only: over blank lines a search would start again at each of them.
_MAGIC_LINE = re.compile(r"^[^\S\n]*[%!?,;/]|\?[^\S\n]*$|=[^\S\n]*[%!]", re.MULTILINE)
_EMPTY_LINES = re.compile(r"(?:[ \t]*\n)*")
_MOST_BRACES = 10_000  # in one cell: Python 3.11 searches an f-string anew for each field
_MOST_MAGICS = 40  # in one cell: IPython reads all of it again for each
# IPython searches a line that asks for help from each of its letters on.
_HELP = re.compile(r"\?[^\S\n]*$", re.MULTILINE)
_LONGEST_HELP = 300


def parse(cell: str) -> tuple[str, ast.Module]:
    """Parse a cell; return the tree and the Python that its lines and columns count in."""
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    source = cell.replace("\r\n", "\n").replace("\r", "\n")
    if source.count("{") > _MOST_BRACES:
        raise ValueError(f"more than {_MOST_BRACES} opening braces in one cell")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a string is the student's affair
        try:
            return source, compile(source, "cell", "exec", flags)
        except SyntaxError:
            source = _plain_python(source)
            return source, compile(source, "cell", "exec", flags)


class Read(NamedTuple):
    """A statement of a cell: its tree, source, first line, and the names that it binds."""

    node: ast.stmt
    source: str
    line: int
    names: set[str]


def read(cell: str) -> list[Read]:
    """Return a cell's top-level statements, in order."""
    return known if (known := _known.get(cell)) is not None else _read(cell)


def remember(cells: Iterable[str]) -> None:
    """Read cells once and for all: those that a whole class was given.

    Only those: what a thousand notebooks bring besides would fill the memory.
    """
    for cell in cells:
        with contextlib.suppress(SyntaxError):
            _known[cell] = _read(cell)


_known: dict[str, list[Read]] = {}


def _read(cell: str) -> list[Read]:
    source, tree = parse(cell)
    lines = source.encode().split(b"\n")
    found = []
    for node in tree.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        found.append(Read(node, segment(lines, node, first), first, assigned(node)))
    return found


def _plain_python(cell: str) -> str:
    """Turn IPython's extras into Python; a cell in another language becomes empty."""
    cell = _TRANSPARENT_MAGICS.sub(lambda found: "\n" * found[0].count("\n"), cell)
    if cell.lstrip().startswith("%%"):
        return ""
    if len(_MAGIC_LINE.findall(cell)) > _MOST_MAGICS:
        raise ValueError(f"more than {_MOST_MAGICS} magics in one cell")
    if _HELP.search(cell) and max(map(len, cell.split("\n"))) > _LONGEST_HELP:
        raise ValueError(f"a line of more than {_LONGEST_HELP} characters beside a `?` for help")
    from IPython.core.inputtransformer2 import TransformerManager

    empty = _EMPTY_LINES.match(cell)  # which IPython drops, and line numbers with them
    first = "\n" * empty[0].count("\n") if empty else ""
    return first + str(TransformerManager().transform_cell(cell))


def segment(lines: list[bytes], node: ast.stmt, first: int) -> str:
    """Cut a statement out of its cell; columns in the syntax tree count bytes."""
    assert node.end_lineno is not None and node.end_col_offset is not None
    start = node.col_offset if first == node.lineno else 0
    if first == node.end_lineno:  # a long line may hold thousands of statements
        return lines[first - 1][start : node.end_col_offset].decode()
    cut = list(lines[first - 1 : node.end_lineno])
    cut[-1] = cut[-1][: node.end_col_offset]
    cut[0] = cut[0][start:]
    return b"\n".join(cut).decode()


def statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield a kept statement, or what stands inside a kept ``if`` or ``try``."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.If | ast.Try):
            waiting.extend(reversed(inside(part)))
        else:
            yield part


def inside(node: ast.If | ast.Try) -> list[ast.stmt]:
    """Return what stands directly in a statement's bodies, in order."""
    if isinstance(node, ast.If):
        return [*node.body, *node.orelse]
    handled = itertools.chain.from_iterable(handler.body for handler in node.handlers)
    return [*node.body, *handled, *node.orelse, *node.finalbody]


def assigned(node: ast.stmt) -> set[str]:
    """Return the names that a top-level statement binds, not looking into functions."""
    own_scope = (
        ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
        ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    )  # fmt: skip
    names = set()
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(part.name)
        elif isinstance(part, ast.alias):
            names.add(part.asname or part.name.split(".")[0])
        if not isinstance(part, own_scope):
            stack.extend(ast.iter_child_nodes(part))
    return names
