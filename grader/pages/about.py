"""The words that the pages need beside the marks: titles, and the sentence of each check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from grader.course.labs import Lab


def words(labs: Iterable[Lab]) -> dict[str, str]:
    """Return ``lab`` -> title and ``lab/exercise/check`` -> the sentence a student reads."""
    found = {}
    for lab in labs:
        headings = re.findall(r"^# (.+)$", "\n".join(c.source for c in lab.cells), re.MULTILINE)
        found[lab.name] = headings[0].strip() if headings else lab.topic.replace("_", " ")
        for exercise in lab.exercises:
            path = lab.checks / f"test_{exercise.name}.py"
            for node in ast.parse(path.read_text()).body if path.exists() else ():
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    sentence = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
                    found[f"{lab.name}/{exercise.name}/{node.name}"] = sentence
    return found
