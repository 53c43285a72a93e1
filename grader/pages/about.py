"""The words that the pages need beside the marks: titles, and the sentence of each check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from grader.course.labs import Lab


def words(labs: Iterable[Lab]) -> dict[str, str]:
    """Return the words of labs.

    ``lab`` -> its title; ``lab/exercise/check`` -> the sentence a student reads;
    ``lab/exercise#section`` -> the headings under which the notebook teaches the exercise.
    """
    found = {}
    for lab in labs:
        headings = re.findall(r"^# (.+)$", "\n".join(c.source for c in lab.cells), re.MULTILINE)
        found[lab.name] = headings[0].strip() if headings else lab.topic.replace("_", " ")
        found |= {f"{lab.name}/{name}#section": path for name, path in _sections(lab).items()}
        for exercise in lab.exercises:
            path = lab.checks / f"test_{exercise.name}.py"
            for node in ast.parse(path.read_text()).body if path.exists() else ():
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    sentence = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
                    found[f"{lab.name}/{exercise.name}/{node.name}"] = sentence
    return found


def _sections(lab: Lab) -> dict[str, str]:
    """Return, for each exercise, the headings to it: its part, what is read before it, its own."""
    part, lesson, own, found = "", "", "", {}
    for cell in lab.cells:
        if cell.exercise is not None:
            found[cell.exercise] = " › ".join(heading for heading in (part, lesson, own) if heading)
            lesson, own = "", ""
        elif cell.kind == "markdown" and not cell.question:
            for marks, heading in re.findall(r"^(##|###) (.+)$", cell.source, re.MULTILINE):
                if marks == "##":
                    part, lesson, own = heading.strip(), "", ""
                elif heading.startswith("Exercise"):
                    own = heading.strip()
                else:
                    lesson, own = heading.strip(), ""
    return found
