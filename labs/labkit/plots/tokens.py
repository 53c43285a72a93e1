"""Token strings as a reader can see them: blanks, line ends and odd characters made visible."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

_VISIBLE = {"\n": "↵", "\t": "⇥", "\r": "␍"}
_BLANKS = re.compile(r"^[ Ġ▁]+|[ Ġ▁]+$")  # Ġ and ▁ are how tokenizers write a blank


def labels(tokens: Iterable[object], longest: int = 14) -> list[str]:
    """Return labels for axes and cells, one for each token string.

    Leading and trailing blanks become ``␣`` (" Paris" -> "␣Paris"), line ends ``↵``; a character
    that the font lacks becomes its code point ("\\u4e2d"), and a long token is cut with ``…``.
    A dollar sign is escaped, so that matplotlib does not read mathematics into it.

    Args:
        tokens: token strings, or anything ``str`` turns into one.
        longest: the most characters a label may have.
    """
    return [_label(str(token), longest) for token in tokens]


def _label(token: str, longest: int) -> str:
    if not token:
        return "(empty)"
    text = _BLANKS.sub(lambda blanks: "␣" * len(blanks.group()), token)
    text = "".join(_character(character) for character in text)
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return text.replace("$", r"\$")


def _character(character: str) -> str:
    if character in _VISIBLE:
        return _VISIBLE[character]
    if unicodedata.category(character)[0] == "C" or not _drawable(character):
        return f"\\u{ord(character):04x}"
    return character


@functools.cache
def _drawable(character: str) -> bool:
    """Whether the font of our figures has this character."""
    if character.isascii():
        return True
    from matplotlib import font_manager

    path = font_manager.findfont("DejaVu Sans")
    return font_manager.get_font(path).get_char_index(ord(character)) != 0
