"""What stays of code without names, comments, types, layout and the order of statements.

Each statement becomes a unit of its own, the header of a loop or function too, so that moving one
changes no other. Inside a unit stand the kinds of the syntax tree's nodes, operators, and what a
student cannot rename: attributes, builtins and what is imported. A student's own names are all
alike, as are all numbers and all strings. ``x += 1`` is ``x = x + 1``; keywords are in the order of
the alphabet; imports, docstrings, annotations and ``pass`` say nothing.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.cells import parse

_BUILTINS = frozenset(dir(builtins))
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
_SILENT = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal)


@dataclass(frozen=True)
class Unit:
    """One statement, or the header of one: its tokens, and its lines in the cell, from 1."""

    tokens: tuple[str, ...]
    first: int
    last: int


def units(cell: str, imported: frozenset[str] = frozenset()) -> list[Unit]:
    """The units of one cell, in order.

    Args:
        cell: its source; IPython's magics are allowed.
        imported: names that other cells import.

    Raises:
        any exception: it is no Python, or too deep to be read.
    """
    _, tree = parse(cell)
    reader = _Reader(imported | imports(tree))
    return list(reader.units(tree.body))


def imports(tree: ast.AST) -> frozenset[str]:
    """The names that a piece of code imports, as it calls them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return frozenset(found)


class _Reader:
    def __init__(self, imported: frozenset[str]) -> None:
        self._imported = imported

    def units(self, body: list[ast.stmt]) -> Iterator[Unit]:
        for node in body:
            if isinstance(node, _SILENT) or _says_nothing(node):
                continue
            yield from self._statement(node)

    def _statement(self, node: ast.AST) -> Iterator[Unit]:
        inner = [part for name in _BODIES for part in _listed(node, name)]
        first = getattr(node, "lineno", 0)
        last = getattr(node, "end_lineno", first)
        if inner:  # only the header is this unit's
            header = [part for part in ast.iter_child_nodes(node) if part not in inner]
            ends = [getattr(p, "end_lineno", 0) or 0 for part in header for p in ast.walk(part)]
            last = max([first, *ends])
        tokens = tuple(self._tokens(node, without=inner))
        if tokens:
            yield Unit(tokens, first, last)
        for part in inner:
            if isinstance(part, ast.stmt):
                yield from self.units([part])
            else:  # an except clause, a case
                yield from self._statement(part)

    def _tokens(self, node: ast.AST, without: list[ast.AST] | None = None) -> Iterator[str]:
        if isinstance(node, ast.Name):
            yield self._name(node.id)
        elif isinstance(node, ast.Constant):
            yield f"C:{type(node.value).__name__}"
        elif isinstance(node, ast.Attribute):
            if not self._is_module(node.value):
                yield from self._tokens(node.value)
            yield f"A:{node.attr}"
        elif isinstance(node, ast.AugAssign):
            yield from ("Assign", *self._tokens(node.target), "BinOp", *self._tokens(node.target))
            yield type(node.op).__name__
            yield from self._tokens(node.value)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                yield from ("Assign", *self._tokens(node.target), *self._tokens(node.value))
        elif isinstance(node, ast.arg):
            yield "V"
        elif isinstance(node, ast.Call):
            yield "Call"
            for argument in (node.func, *node.args):
                yield from self._tokens(argument)
            for keyword in sorted(node.keywords, key=lambda keyword: keyword.arg or ""):
                yield f"K:{keyword.arg or '**'}"
                yield from self._tokens(keyword.value)
        elif isinstance(node, ast.JoinedStr):
            yield "C:str"
        elif not isinstance(node, ast.expr_context):
            yield type(node).__name__
            annotation = getattr(node, "returns", None)
            for part in ast.iter_child_nodes(node):
                if part is not annotation and not (without and part in without):
                    yield from self._tokens(part)

    def _is_module(self, node: ast.expr) -> bool:
        """Whether it is something imported, or a part of that: ``torch.nn.functional``."""
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        return isinstance(root, ast.Name) and root.id in self._imported

    def _name(self, name: str) -> str:
        if name in self._imported:
            return f"A:{name}"
        return f"B:{name}" if name in _BUILTINS else "V"


def _listed(node: ast.AST, name: str) -> list[ast.AST]:
    value = getattr(node, name, None)
    return value if isinstance(value, list) else []


def _says_nothing(node: ast.stmt) -> bool:
    """A docstring, or any value that stands alone; what IPython makes of a magic."""
    if not isinstance(node, ast.Expr):
        return False
    return isinstance(node.value, ast.Constant) or any(
        isinstance(part, ast.Name) and part.id == "get_ipython" for part in ast.walk(node)
    )
