"""Our own code of a lab: the solution, the misconceptions, and other correct solutions.

All of it is trusted and runs inside the judge. Only `solution_statements` ever reaches a worker,
and only for exercises that have been graded already: they stand in for what a student's failed.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

from labkit.leaning import survivors
from labkit.planted import Planted

from grader.course import labs
from grader.course.labs import Lab
from grader.judging.extract import needed
from grader.judging.returns import Annotation, promises
from grader.records import Program, Statement

Kind = Literal["misconceptions", "alternatives"]


@cache
def program(lab: Lab) -> Program:
    """Return what grading runs of the solution."""
    code = [cell.source for cell in lab.cells if cell.kind == "code" and cell.check is None]
    found = survivors(code, keep=[exercise.name for exercise in lab.exercises])
    return Program(tuple(Statement(k.source, k.cell, k.line) for k in found.kept))


@cache
def definitions(lab: Lab) -> dict[str, Any]:
    """Run the solution's definitions and return its namespace."""
    _allow_helpers(lab)
    module = ModuleType(f"solution_{lab.name}")
    sys.modules[module.__name__] = module  # classes look their annotations up there
    for statement in program(lab).statements:
        text = "\n" * (statement.line - 1) + statement.source
        exec(compile(text, f"<solution of {lab.name}>", "exec"), module.__dict__)
    return module.__dict__


def solution(name: str) -> SimpleNamespace:
    """Return the solution's functions of a lab, by its folder's name, as attributes."""
    return SimpleNamespace(**definitions(labs.named(name)))


@cache
def promised(lab: Lab) -> dict[str, Annotation]:
    """Return what each exercise's signature promises to return."""
    names = {exercise.name for exercise in lab.exercises}
    return promises({n: thing for n, thing in definitions(lab).items() if n in names})


def solution_statements(lab: Lab, names: Sequence[str]) -> tuple[Statement, ...]:
    """Return the statements that define ``names``, and what these need, and no more."""
    return _solution_statements(lab, tuple(names))


@cache
def _solution_statements(lab: Lab, names: tuple[str, ...]) -> tuple[Statement, ...]:
    return needed(program(lab), names).statements


def is_value(lab: Lab, exercise: str) -> bool:
    """Is the exercise a variable that holds an answer, rather than a function or a class?"""
    return not callable(definitions(lab)[exercise])


@cache
def variants(lab: Lab, kind: Kind, exercise: str) -> dict[str, Any]:
    """Return the public functions or classes of a misconceptions or alternatives file, by name.

    For a variable they are functions of the planted challenge; see `bind`.
    """
    path = lab.checks / kind / f"{exercise}.py"
    if not path.exists():
        return {}
    _allow_helpers(lab)
    module = _module(f"{kind}_{lab.name}_{exercise}", path)
    return {
        name: thing
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(thing) or inspect.isclass(thing))
        and thing.__module__ == module.__name__
    }


def bind(lab: Lab, exercise: str, variant: Any, challenge: Planted | None) -> dict[str, Any]:
    """Return the solution's namespace with one exercise done another way."""
    value = variant(challenge) if is_value(lab, exercise) else variant
    return {**definitions(lab), exercise: value}


def sentence(variant: Any) -> str:
    """Return what a misconception's docstring tells the student."""
    return " ".join((inspect.getdoc(variant) or "").split())


def _allow_helpers(lab: Lab) -> None:
    folder = str(lab.source.parent)
    if folder not in sys.path:
        sys.path.append(folder)


def _module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
