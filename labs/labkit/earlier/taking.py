"""From a notebook to one of its functions: its definition, and what that leads to, is executed."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from labkit.bindings import defined_by
from labkit.leaning import Kept, loaded_names, survivors


class NotThere(Exception):
    """There is no such notebook, or no such function in it; the text says which."""


def function(notebook: Path, name: str) -> Any:
    """Take a function out of a notebook.

    The statements are sorted as in grading (`labkit.leaning`); of those that survive the imports
    are run, and the definitions that ``name`` leads to. An import that fails is passed over: the
    function may not need it.

    Raises:
        NotThere: no notebook, no such function, or its definition cannot be run.
    """
    found = survivors(_code(notebook), keep=[name])
    wanted = _closure(found.kept, name)
    module = ModuleType(f"earlier_{notebook.parent.name}_{name}")
    sys.modules[module.__name__] = module  # dataclasses look themselves up there
    for statement in found.kept:
        imports = isinstance(statement.node, ast.Import | ast.ImportFrom)
        if not imports and not defined_by(statement.node) & wanted:
            continue
        try:
            _run(statement, module, notebook.parent)
        except Exception as error:
            if not imports:
                raise NotThere(f"its definition raises {type(error).__name__}") from error
    if not callable(getattr(module, name, None)):
        raise NotThere("the notebook has no such function")
    return getattr(module, name)


def _code(notebook: Path) -> list[str]:
    """The code cells of a notebook."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return [text if isinstance(text, str) else "".join(text) for text in sources]
    except OSError as error:
        raise NotThere("no notebook of this lab here") from error
    except (ValueError, TypeError, LookupError) as error:
        raise NotThere("the notebook is damaged") from error


def _closure(kept: list[Kept], name: str) -> set[str]:
    """The names whose definitions a name needs, itself included."""
    needs: dict[str, set[str]] = {}
    for statement in kept:
        for defined in defined_by(statement.node):
            needs.setdefault(defined, set()).update(loaded_names(statement.node))
    wanted, waiting = {name}, [name]
    while waiting:
        for used in needs.get(waiting.pop(), ()):
            if used in needs and used not in wanted:
                wanted.add(used)
                waiting.append(used)
    return wanted


def _run(statement: Kept, module: ModuleType, folder: Path) -> None:
    """Run one statement; the lab's helpers lie beside its notebook."""
    code = compile(statement.source, f"<{module.__name__}>", "exec")
    before = list(sys.path)
    sys.path.insert(0, str(folder))
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            exec(code, module.__dict__)
    finally:
        sys.path[:] = before
