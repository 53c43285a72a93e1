"""What the statements of a notebook bind: which names, and whether anything is behind them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from labkit.cells import statements
from labkit.leaning import loaded_names

# Through these code can give a value to a name that it does not show.
_FAR = frozenset("globals vars locals setattr exec eval get_ipython __import__ sys".split())


class Part(NamedTuple):
    """A kept statement: its cell, its tree, and the names that it binds."""

    cell: int
    node: ast.stmt
    defined: set[str]
    imported: set[str]


def defined_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines, assigns to or changes."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.If | ast.Try):
        return set().union(*(defined_by(part) for part in statements(node)))
    targets = (
        node.targets if isinstance(node, ast.Assign)
        else [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign)
        else []
    )  # fmt: skip
    names = set()
    for target in targets:
        root: ast.AST = target
        while isinstance(root, ast.Attribute | ast.Subscript):  # Class.method = ... is of Class
            root = root.value
        names |= {part.id for part in ast.walk(root) if isinstance(part, ast.Name)}
    return names


def imported_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement imports; ``*`` for whatever there is."""
    parts = statements(node) if isinstance(node, ast.If | ast.Try) else iter([node])
    imports = [part for part in parts if isinstance(part, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for part in imports for alias in part.names}


def is_definition(node: ast.stmt, name: str) -> bool:
    """Does a statement define a name from nothing, rather than change what it was?"""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        plain = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        return plain and node.value is not None and name not in loaded_names(node)
    return not isinstance(node, ast.AugAssign) and name in defined_by(node)


def has_body(node: ast.stmt) -> bool:
    """Is it a function or a class?"""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def is_unwritten(name: str, parts: Sequence[Part]) -> bool:
    """Is there nothing of a function but what was given: a docstring and NotImplementedError?"""
    if any("*" in part.imported for part in parts):  # it may come from there
        return False
    match [part.node for part in parts if name in part.defined | part.imported]:
        case [ast.FunctionDef(decorator_list=[], body=body)]:
            pass
        case _:
            return False
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    match body:
        case [ast.Raise(exc=ast.Name(id=raised) | ast.Call(func=ast.Name(id=raised)))]:
            return raised == "NotImplementedError" and not any(map(_reaches_far, parts))
    return False


def _reaches_far(part: Part) -> bool:
    """May code give a value to a name of the notebook that it does not show?"""
    return any(
        isinstance(node, ast.Global)
        or (isinstance(node, ast.Name) and node.id in _FAR)
        or (isinstance(node, ast.Attribute) and node.attr in ("__dict__", "modules"))
        for node in ast.walk(part.node)
    )
