"""One result of a check as a block: HTML for a notebook, text for a terminal.

The HTML sets no text colour and no solid background, so that it reads on a light and on a dark
page alike; a symbol and a word say what the colour of the bar at its side says. Everything a
student's code can put into it is escaped.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from labkit.checking.mistakes import plain

Status = Literal["passed", "failed", "unwritten", "blocked", "needed"]

# Symbol, words, colour of the bar (Okabe and Ito), its tint.
_LOOKS: dict[str, tuple[str, str, str, str]] = {
    "passed": ("✓", "passes", "#009E73", "rgba(0,158,115,.10)"),
    "failed": ("✗", "does not pass yet", "#D55E00", "rgba(213,94,0,.10)"),
    "unwritten": ("○", "is not written yet", "#8a929b", "rgba(138,146,155,.12)"),
    "blocked": ("○", "cannot be checked yet", "#E69F00", "rgba(230,159,0,.12)"),
    "needed": ("○", "is needed for this cell", "#8a929b", "rgba(138,146,155,.12)"),
}
_WIDTH = 92  # columns of the text form
_LONGEST = 600  # characters of one sentence
_MOST_MISTAKES = 3


@dataclass(frozen=True)
class Block:
    """What a check cell shows.

    Attributes:
        status: decides symbol and colour.
        name: the exercise.
        should: the property that does not hold, as a sentence.
        sentence: what is there instead, or what is in the way.
        details: more of it.
        held: the properties that do hold.
        misconceptions: the sentences of the mistakes that it may be, most often one.
        warning: a variable of the notebook that grading will not have.
        next_step: what to do now.
        lab: the lab's name.
        progress: exercises that pass, and all of them.
        yours, expected, axes: tensors to draw, and the names of their axes.
    """

    status: Status
    name: str
    should: str = ""
    sentence: str = ""
    details: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    misconceptions: tuple[str, ...] = ()
    warning: str = ""
    next_step: str = ""
    lab: str = ""
    progress: tuple[int, int] | None = None
    yours: Tensor | None = None
    expected: Tensor | None = None
    axes: Sequence[str] | None = None

    def __repr__(self) -> str:
        symbol, words, _, _ = _LOOKS[self.status]
        lines = [f"{symbol} {plain(self.name)} {words}"]
        if self.should:
            lines += _wrapped("Should hold: ", [self.should])
        lines += _wrapped("", [self.sentence, *self.details])
        lead = _known_mistake(self.misconceptions)
        lines += _wrapped(f"{lead}: ", self.misconceptions[:_MOST_MISTAKES])
        for sentence in self.held:
            lines += _wrapped("✓ ", [sentence])
        if self.warning:
            lines += _wrapped("Careful: ", [self.warning])
        if self.next_step:
            lines += _wrapped("Next: ", [self.next_step])
        if self.progress is not None:
            lines += _wrapped("", [self._progress()])
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        symbol, words, bar, tint = _LOOKS[self.status]
        name = f'<code style="background:none;font-weight:700">{_escaped(self.name)}</code>'
        rows = [
            f'<div style="font-size:1.08em;margin-bottom:.2em"><span aria-hidden="true" '
            f'style="color:{bar};font-weight:700">{symbol}</span> {name} <b>{words}</b></div>'
        ]
        if self.should:
            rows.append(f"<div><b>Should hold:</b> {_marked(self.should)}</div>")
        rows += [f"<div>{_marked(text)}</div>" for text in [self.sentence, *self.details] if text]
        if self.misconceptions:
            shown = self.misconceptions[:_MOST_MISTAKES]
            known = "".join(f"<div>{_marked(text)}</div>" for text in shown)
            rows.append(
                f'<div style="border:1px solid {bar};border-radius:4px;padding:.4em .7em;'
                f'margin:.5em 0"><b>{_known_mistake(shown)}:</b>{known}</div>'
            )
        rows.append(self._picture())
        rows += [
            f'<div><span style="color:#009E73;font-weight:700">✓</span> {_marked(text)}</div>'
            for text in self.held
        ]
        if self.warning:
            rows.append(
                '<div style="border-left:3px solid #E69F00;padding-left:.6em;margin:.5em 0">'
                f"<b>Careful:</b> {_marked(self.warning)}</div>"
            )
        if self.next_step:
            rows.append(f"<div><b>Next:</b> {_marked(self.next_step)}</div>")
        if self.progress is not None:
            rows.append(self._progress_bar())
        style = (
            f"border-left:5px solid {bar};background:{tint};border-radius:4px;padding:.6em .9em;"
            "margin:.2em 0;line-height:1.5;max-width:62em;overflow-wrap:anywhere"
        )
        return f'<div class="labkit-check" style="{style}">{"".join(filter(None, rows))}</div>'

    def _picture(self) -> str:
        if self.yours is None or self.expected is None:
            return ""
        # Here and not at the top: matplotlib takes a second, and a terminal needs no picture.
        from labkit import plots

        figure = plots.compare(self.yours, self.expected, axes=self.axes)
        return f'<div style="margin:.5em 0">{figure.to_html()}</div>'

    def _progress(self) -> str:
        done, total = self.progress or (0, 0)
        return f"{self.lab}: {done} of {total} exercises pass"

    def _progress_bar(self) -> str:
        done, total = self.progress or (0, 0)
        share = 100 * done / max(total, 1)
        return (
            '<div style="margin-top:.5em;font-size:.92em">'
            '<span style="display:inline-block;vertical-align:middle;width:6em;height:.5em;'
            'border-radius:.25em;background:rgba(138,146,155,.35);margin-right:.7em">'
            f'<span style="display:block;width:{share:.0f}%;height:100%;border-radius:.25em;'
            f'background:#009E73"></span></span>{_escaped(self._progress())}</div>'
        )


def _known_mistake(sentences: Sequence[str]) -> str:
    return "One of these known mistakes" if len(sentences) > 1 else "A known mistake"


def _wrapped(lead: str, sentences: Iterable[str]) -> list[str]:
    """Indent sentences under the headline, the lead before the first; their later lines deeper."""
    lines = []
    for sentence in filter(None, sentences):
        text = plain(sentence, _LONGEST)
        start = "  " + lead
        lines += textwrap.wrap(
            text, _WIDTH, initial_indent=start, subsequent_indent=" " * min(len(start), 8)
        )
        lead = " " * min(len(lead), 6)
    return lines


def _escaped(text: str) -> str:
    return html.escape(plain(text, _LONGEST))


def _marked(text: str) -> str:
    """Escape a sentence, then set what stands between backquotes as code."""
    parts = _escaped(text).split("`")
    if len(parts) % 2 == 0:  # a backquote without its partner
        return "`".join(parts)
    return "".join(
        f'<code style="background:rgba(138,146,155,.18);padding:0 .25em">{part}</code>'
        if number % 2
        else part
        for number, part in enumerate(parts)
    )
