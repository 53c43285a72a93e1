"""Which statements of a notebook survive into grading, and what a function must not lean on.

The grader runs the imports, definitions and constants of a notebook in order; it does not rerun
plots and experiments. This module is the one place where that rule stands: the grader's extraction
uses it, and `labkit.check` uses it to warn a student while there is still time.

A statement survives when it is
- an import, a function or a class;
- an assignment to plain names whose value is built from literals, surviving names, and calls into
  imported modules (``torch.arange(5)``, ``math.sqrt(2)``), but not into labkit's models, plots or
  check, a lab's helpers or matplotlib, and not to functions of the notebook: those are experiments;
- an assignment to one of the names the caller asks to keep (an exercise's own name);
- ``Class.attribute = ...`` on a class of the notebook, ``answer["layer"] = 3`` on a kept variable;
- an ``if`` or ``try`` that holds nothing but such statements.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from labkit.cells import assigned, inside, read, statements

_SAFE_BUILTINS = frozenset(
    "abs bool bytes complex dict divmod enumerate float frozenset int len list max min range "
    "reversed round set slice sorted str sum tuple zip".split()
)
_EXPERIMENT_MODULES = re.compile(r"^(labkit(\.(?!data\b).*)?|matplotlib(\..*)?|.*_helpers)$")

_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)


@dataclass(frozen=True)
class Kept:
    """One surviving statement: its source, and where it stands (cell and line count from 1)."""

    source: str
    cell: int
    line: int
    node: ast.stmt = field(repr=False, compare=False)


@dataclass
class Survivors:
    """The result of `survivors`."""

    kept: list[Kept] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    left_out: dict[str, int] = field(default_factory=dict)  # variable -> cell that makes it
    broken: dict[int, str] = field(default_factory=dict)  # cell -> why it is no Python
    shadowed: dict[str, int] = field(default_factory=dict)  # as left_out, of names that are there


def survivors(cells: Sequence[str], keep: Collection[str] = ()) -> Survivors:
    """Sort the top-level statements of a notebook's code cells into kept and left out.

    Args:
        cells: the source of each code cell, in order; IPython magics are allowed.
        keep: names whose assignments always survive.

    Returns:
        The surviving statements in order, the names they define, the variables that only
        left-out statements make, and the cells that do not parse. Cells count from 1.
    """
    result = Survivors()
    rule = _Rule(frozenset(keep))
    for number, cell in enumerate(cells, start=1):
        try:
            found = read(cell)
        except SyntaxError as error:
            result.broken[number] = (
                "it holds the marks of a merge conflict (<<<<<<<): keep one of the two versions"
                if _CONFLICT.search(cell)
                else f"{error.msg} (line {error.lineno})"
            )
            continue
        except Exception as error:  # deep nesting, null bytes, lone surrogates, IPython's own
            text = str(error).encode(errors="backslashreplace").decode()
            result.broken[number] = text or type(error).__name__
            continue
        for node, text, first, names in found:
            if _survives(rule, node):
                result.kept.append(Kept(text, number, first, node))
                rule.learn(node)
            else:
                for name in names:
                    result.left_out.setdefault(name, number)
    result.names = set(rule.known)
    result.shadowed = {n: c for n, c in result.left_out.items() if n in rule.known}
    result.left_out = {n: c for n, c in result.left_out.items() if n not in rule.known}
    return result


def loaded_names(node: ast.AST) -> set[str]:
    """Return every name that a piece of code reads, wherever in it."""
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }


class _Rule:
    """The rule of the module docstring, with what it has learnt of the notebook so far."""

    def __init__(self, keep: frozenset[str]) -> None:
        self.keep = keep
        self.known: set[str] = set()
        self.experiment_roots: set[str] = set()  # names whose calls are experiments
        self.classes: set[str] = set()
        self._added: list[tuple[set[str], str]] = []  # in order, so that it can be taken back

    def survives(self, node: ast.stmt) -> bool:
        """Say whether a top-level statement survives; what it would define is not learnt."""
        before = len(self._added)
        try:
            return self._holds(node)
        finally:
            while len(self._added) > before:
                names, name = self._added.pop()
                names.discard(name)

    def _holds(self, node: ast.stmt) -> bool:
        match node:
            case ast.Import() | ast.ImportFrom():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return True
            case ast.Pass():
                return True
            case ast.If():
                return self._constant(node.test) and self._all(node)
            case ast.Try():
                return self._all(node)
            case ast.Assign(targets=targets, value=value):
                return all(self._target(t) for t in targets) and (
                    self._wanted(targets) or self._constant(value)
                )
            case ast.AnnAssign(target=target, value=value):
                return self._target(target) and (
                    value is None or self._wanted([target]) or self._constant(value)
                )
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                return name in self.known and self._constant(value)
        return False

    def learn(self, node: ast.stmt) -> None:
        for part in statements(node):
            match part:
                case ast.Import(names=names):
                    for alias in names:
                        top = alias.name.split(".")[0]
                        self._import(alias.asname or top, alias.name if alias.asname else top)
                case ast.ImportFrom(module=module, names=names):
                    for alias in names:
                        # `from labkit import data` is no experiment, `import labkit` could be any.
                        whole = "" if module in (None, "labkit") else module
                        self._import(alias.asname or alias.name, f"{module}.{alias.name}", whole)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    self._add(name, self.known, self.experiment_roots)
                case ast.ClassDef(name=name):
                    self._add(name, self.known, self.experiment_roots, self.classes)
                case _:
                    for name in assigned(part):
                        self._add(name, self.known)

    def _add(self, name: str, *sets: set[str]) -> None:
        for names in sets:
            if name not in names:
                names.add(name)
                self._added.append((names, name))

    def _import(self, name: str, *full: str) -> None:
        self._add(name, self.known)
        if any(_EXPERIMENT_MODULES.match(path) for path in full):
            self._add(name, self.experiment_roots)

    def _all(self, node: ast.If | ast.Try) -> bool:
        for part in inside(node):
            if not self._holds(part):
                return False
            if not isinstance(part, ast.If | ast.Try):  # whose parts have been learnt by now
                self.learn(part)  # what a body defines, the rest of it may use
        return True

    def _wanted(self, targets: Sequence[ast.expr]) -> bool:
        parts = [part for target in targets for part in ast.walk(target)]
        return any(isinstance(part, ast.Name) and part.id in self.keep for part in parts)

    def _target(self, target: ast.expr) -> bool:
        match target:
            case ast.Name():
                return True
            case ast.Starred(value=inner):
                return self._target(inner)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return all(self._target(element) for element in elements)
            case ast.Attribute(value=ast.Name(id=name)):
                return name in self.classes
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                kept = name in self.known and name not in self.experiment_roots
                return kept and self._constant(index)
        return False

    def _constant(self, node: ast.expr) -> bool:
        local = {
            part.id
            for part in ast.walk(node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        } | {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
        lambdas = [part for part in ast.walk(node) if isinstance(part, ast.Lambda)]
        if lambdas and node is lambdas[0]:
            return True  # a function by another spelling: its body runs only when called
        for part in ast.walk(node):
            if isinstance(part, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
                return False
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                known = part.id in self.known or part.id in local or hasattr(builtins, part.id)
                if not known:
                    return False
            if isinstance(part, ast.Call) and not self._harmless_call(part.func, local):
                return False
        return True

    def _harmless_call(self, func: ast.expr, local: set[str]) -> bool:
        if isinstance(func, ast.Name):
            if func.id in self.known:
                return func.id not in self.experiment_roots and func.id not in self.classes
            return func.id in _SAFE_BUILTINS
        root: ast.AST = func
        while isinstance(root, ast.Attribute | ast.Call | ast.Subscript):
            root = root.func if isinstance(root, ast.Call) else root.value
        if isinstance(root, ast.Name):
            return root.id not in self.experiment_roots or root.id in local
        return isinstance(root, ast.Constant | ast.List | ast.Dict | ast.Tuple | ast.JoinedStr)


def _survives(rule: _Rule, node: ast.stmt) -> bool:
    try:
        return rule.survives(node)
    except RecursionError:  # a chain of hundreds of elif
        return False
