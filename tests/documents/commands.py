"""The commands of a document: its indented or fenced blocks, and the code in its sentences."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

PROGRAMS = ("make", "python", "pip", "conda", "git", "nbgrader", "jupyter")
"""What a command may begin with; another first word is a slip of the pen, or belongs here."""

FILES = {"[late]": "course.toml", "c.Autograde": "nbgrader_config.py"}
"""How the blocks begin that are no commands but a file's content, and the file that it is."""

DRAWINGS = ("labs/  ", "cli ", "solutions/")
"""How the blocks begin that are neither."""

_FENCE = re.compile(r"^(```|~~~)[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)((?:    [^\n]*\n|\n(?=    ))+)")
_CODE = re.compile(r"(?<![`\\])`([^`]+)`(?!`)")
_SET = re.compile(r"^[A-Z_]+=")


@dataclass(frozen=True)
class Command:
    """One command, as its reader would type it."""

    line: int
    text: str
    shown: bool  # in a block of its own; else in a sentence, where it may only name a command

    @property
    def words(self) -> list[str]:
        """Its words, without settings of variables before it and what follows #."""
        words = shlex.split(self.text, comments=True)
        while words and _SET.match(words[0]):
            del words[0]
        if words:
            words[0] = words[0].removeprefix(".venv/bin/")
        return words

    @property
    def names_only(self) -> bool:
        """Whether it is the name of a command in a sentence: ``python -m grader similar``."""
        return not self.shown and self.words[1:2] == ["-m"] and len(self.words) <= 4


@dataclass(frozen=True)
class File:
    """A file's content that a document shows."""

    line: int
    name: str
    text: str


class NotACommand(Exception):
    """A block or a piece of code looks like something to type and is none that is known."""


def read(text: str) -> list[Command | File]:
    """Read all that is to be typed, in the document's order.

    Raises:
        NotACommand: something that cannot be told; names its line.
    """
    blocks = [(m.start(2), m[2], m.span()) for m in _FENCE.finditer(text)]
    blocks += [(m.start(1), _dedented(m[1]), m.span()) for m in _INDENTED.finditer(text)]
    found: list[Command | File] = []
    for start, body, _ in blocks:
        found += _block(body, _line(text, start))
    prose = text
    for _, _, (start, end) in blocks:
        prose = prose[:start] + re.sub(r"[^\n]", " ", prose[start:end]) + prose[end:]
    for code in _CODE.finditer(prose):
        found += _sentence(" ".join(code[1].split()), _line(prose, code.start()))
    return sorted(found, key=lambda one: one.line)


def options(text: str) -> set[str]:
    """The options that sentences speak of by themselves: ``--isolation weak``."""
    return {m[1].split()[0] for m in _CODE.finditer(text) if m[1].startswith("--")}


def _block(body: str, line: int) -> Iterator[Command | File]:
    first = body.lstrip("\n")
    for beginning, name in FILES.items():
        if first.startswith(beginning):
            yield File(line, name, body)
            return
    if first.startswith(DRAWINGS):
        return
    for number, typed in enumerate(body.splitlines()):
        if typed.strip():
            yield _known(Command(line + number, typed.strip(), True))


def _sentence(code: str, line: int) -> Iterator[Command]:
    first = code.split()[0].removeprefix(".venv/bin/")
    if " -m " in code or " --" in code.removeprefix("--") or (first in PROGRAMS and " " in code):
        if not code.startswith("--") and "..." not in code:
            yield _known(Command(line, code, False))
    elif _SET.match(code) and " " in code:
        yield _known(Command(line, code, False))


def _known(command: Command) -> Command:
    if not command.words or command.words[0] not in PROGRAMS:
        raise NotACommand(f"line {command.line}: {command.text}")
    return command


def _dedented(block: str) -> str:
    return re.sub(r"^    ", "", block, flags=re.MULTILINE)


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
