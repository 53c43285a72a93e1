"""Starts a new lab: ``python -m grader new 07_topic`` writes one that already keeps the contract.

The lab has one exercise (the entropy of a next-token distribution), two written questions and a
figure; hidden checks, misconceptions and other correct solutions lie where the grader looks. The
texts are templates in ``templates/lab``. Releasing it is a step of its own.
"""

from __future__ import annotations

import keyword
import re
from importlib import resources
from pathlib import Path, PurePosixPath

import jinja2

from grader.errors import UserError

NAME = re.compile(r"(\d\d)_([a-z][a-z0-9]*(?:_[a-z0-9]+)*)")
EXERCISE = "token_entropy"


def new(root: Path, name: str) -> list[str]:
    """Writes the sources of lab ``name``, such as ``07_steering``; returns their paths.

    Raises:
        UserError: no proper name, or the number or topic is taken. Nothing is written then.
    """
    match = NAME.fullmatch(name)
    if not match or keyword.iskeyword(match[2]):
        raise UserError(
            f"{name!r} is no name for a lab: two digits, an underscore and a topic in small "
            "letters, such as 07_steering"
        )
    number, topic = match.groups()
    for parent in ("solutions", "labs", "grader/checks"):
        for taken in (root / parent).glob("[0-9][0-9]_*"):
            if taken.name[:2] == number or taken.name[3:] == topic:
                where = taken.relative_to(root).as_posix()
                raise UserError(f"{name}: {where} is there already: take another number and topic")
    files = _rendered(name, number, topic)
    for relative, text in files.items():
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [str(relative) for relative in files]


def _rendered(name: str, number: str, topic: str) -> dict[PurePosixPath, str]:
    """Path below the root -> text, of every file of the new lab."""
    home, checks = PurePosixPath("solutions", name), PurePosixPath("grader/checks", name)
    targets = {
        "topic.nb.py": home / f"{topic}.nb.py",
        "topic_helpers.py": home / f"{topic}_helpers.py",
        "README.md": home / "README.md",
        f"test_{EXERCISE}.py": checks / f"test_{EXERCISE}.py",
        f"misconceptions/{EXERCISE}.py": checks / "misconceptions" / f"{EXERCISE}.py",
        f"alternatives/{EXERCISE}.py": checks / "alternatives" / f"{EXERCISE}.py",
    }
    words = {
        "lab": name,
        "number": number,
        "topic": topic,
        "title": topic.replace("_", " ").capitalize(),
    }
    templates = resources.files("grader") / "templates" / "lab"
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    rendered = {}
    for template, target in targets.items():
        text = templates.joinpath(*f"{template}.j2".split("/")).read_text(encoding="utf-8")
        rendered[target] = environment.from_string(text).render(words)
    return rendered
