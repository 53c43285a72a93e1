"""Which lab a name means, however a student, a browser or a system has changed it.

``01_Logit_Lens (1)``, ``logit_lens-Copy1``, ``lab1`` and ``Lab 01`` all mean ``01_logit_lens``. A
name that could mean two labs means none. Nothing here looks at a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.course.labs import Lab

JUNK = (".", "__MACOSX")  # how the names begin that only a machine gives
# Control characters, ends of lines, and what turns the direction of the text around it.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_BETWEEN = re.compile(r"[\s_.\-–—]+")
# What systems put behind a name: browsers " (1)", Jupyter "-Copy1", Windows " - Copy (2)", macOS
# " copy 2", Canvas "-1" for a file handed in again.
_COPY = re.compile(
    r"(?:[\s_-]*\(\d{1,3}\)|[\s_-]+(?:copy|kopie|copie|copia)[\s_-]*(?:\(?\d{1,3}\)?)?|-\d{1,3}"
    r"|[\s_-]+(?:final|v\d{1,2}|solved))$",
    re.IGNORECASE,
)
_COPIES = 4  # marks of copies that are taken off one name


def lab_named(name: str, labs: Iterable[Lab]) -> Lab | None:
    """Return the one lab that a whole name means, without extension; None when there is none."""
    known = list(labs)
    for reading in _readings(name):
        found = [lab for lab in known if _squeezed(reading) in _spellings(lab)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def split(name: str, labs: Iterable[Lab]) -> list[tuple[Lab, str]]:
    """Take a lab's name off either end of a name such as ``ada_lab1``.

    Returns:
        (lab, the rest of the name), one entry for each lab that it could be; none when there is no
        lab in the name. The rest is empty where the whole name means the lab.
    """
    known = list(labs)
    usual = [lab for lab in known if name.endswith(f"_{lab.name}")]
    if usual:
        lab = max(usual, key=lambda lab: len(lab.name))
        return [(lab, name[: -len(lab.name) - 1])]
    for reading in _readings(name):
        if whole := lab_named(reading, known):
            return [(whole, "")]
        found = {lab.name: (lab, rest) for lab, rest in _ends(reading, known)}
        if found:
            return list(found.values())
    return []


def without_copy_marks(name: str) -> str:
    """The name without what a browser, Jupyter or Canvas put behind it."""
    return list(_readings(name))[-1]


def printable(name: str) -> str:
    """Make text of any file name: every report has to be able to write it, on one line."""
    # Two names must not become one: a backslash that was there is told from one of ours.
    text = name.replace("\\", "\\\\").encode("utf-8", "backslashreplace").decode()
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def is_notebook(path: Path) -> bool:
    """Whether the name says that it is a notebook."""
    return path.suffix.lower() == ".ipynb"


def _readings(name: str) -> Iterator[str]:
    """The name as it is, then with one mark of a copy after the other taken off."""
    yield name
    for _ in range(_COPIES):
        shorter = _COPY.sub("", name)
        if shorter == name or not shorter.strip():
            return
        name = shorter
        yield name


def _ends(name: str, labs: Iterable[Lab]) -> Iterator[tuple[Lab, str]]:
    """Each lab at the end of a name, and at its beginning, by the longest piece that means it."""
    known = list(labs)
    borders = list(_BETWEEN.finditer(name))
    for border in borders:
        if lab := _exactly(name[border.end() :], known):
            yield lab, name[: border.start()]
            break
    for border in reversed(borders):
        if lab := _exactly(name[: border.start()], known):
            yield lab, name[border.end() :]
            break


def _exactly(piece: str, labs: Iterable[Lab]) -> Lab | None:
    found = [lab for lab in labs if _squeezed(piece) in _spellings(lab)]
    return found[0] if len(found) == 1 else None


def _squeezed(name: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", name).casefold())


def _spellings(lab: Lab) -> set[str]:
    topic, number = _squeezed(lab.topic), lab.name[:2]
    short = number.lstrip("0")
    numbered = {f"{n}{topic}" for n in (number, short)}
    with_word = {f"lab{n}{rest}" for n in (number, short) for rest in ("", topic)}
    return {topic, *numbered, *with_word, f"lab{topic}"}
