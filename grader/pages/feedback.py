"""``feedback/<student>/<lab>.html``: what one student reads about one lab, and where it lies.

A page says what to do next, then for each exercise the recognised misconception, the sentence of
every property that does not hold with its counterexample, and what passes. It shows what the
results hold and nothing else, so no hidden value can be on it. Pages are self-contained, load
nothing and run nothing; all that a student wrote (ids, messages) is text, never markup.

A check's message: its first line is the sentence, what follows is the counterexample.

``about`` gives words for names, wherever a plain name will not do: ``{"01_logit_lens": title,
"01_logit_lens/<exercise>": title, "01_logit_lens/<exercise>/<check id>": sentence,
"01_logit_lens/<exercise>#section": the headings that lead to it}``; all optional.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.ledger import results as results_file
from grader.marks import gradebook
from grader.marks.rules import FinalMark
from grader.pages.places import file_names as file_names
from grader.pages.places import links as links
from grader.records import CheckResult, ExerciseResult, LabResult

About = Mapping[str, str]
Final = Callable[[LabResult], FinalMark]

_TEMPLATES = Path(__file__).parents[1] / "templates"
_MESSAGE_LIMIT = 4_000  # characters: a page stays a page when a student's error text does not
# What no page should hold: control characters, halves of surrogate pairs, terminal colours.
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True)
class Problem:
    """One thing that keeps checks from passing, as the page shows it."""

    sentence: str
    detail: str  # the counterexample, or where the error arose; may be empty
    is_error: bool
    checks: int  # how many checks of the exercise say exactly this


@dataclass(frozen=True)
class ExercisePage:
    """One exercise as the page shows it."""

    result: ExerciseResult
    title: str
    anchor: str
    section: str  # where the notebook teaches it; empty when that is not known
    misconceptions: tuple[str, ...]
    problems: tuple[Problem, ...]
    passed: tuple[str, ...]
    faults: int

    @property
    def state(self) -> str:
        """``full``, ``part``, ``none`` of it passes; ``open``: not written; ``fault``: ours."""
        if self.faults:
            return "fault"
        if is_open(self.result) or not self.result.checks:
            return "open"
        if self.passed and not self.problems:
            return "full"
        return "part" if self.passed else "none"


def write(
    out_dir: Path,
    results: Iterable[LabResult],
    about: About | None = None,
    final: Final | None = None,
) -> list[Path]:
    """Write one page per result to ``out_dir/feedback``; return where they lie. Atomic per page."""
    ordered = results_file.in_order(results)
    where = links(ordered)
    written = []
    for result in ordered:
        path = out_dir.joinpath(*where[result.student, result.lab])
        results_file.refresh(path, page(result, about, final).encode())
        written.append(path)
    return written


def page(result: LabResult, about: About | None = None, final: Final | None = None) -> str:
    """The feedback page of one student for one lab, as HTML.

    Args:
        result: what the checks gave.
        about: words for names.
        final: the course's rules for late work and dropped exercises, where it has any.
    """
    words = about or {}
    exercises = [_exercise(result.lab, exercise, words) for exercise in result.exercises]
    return render(
        "feedback.html.j2",
        ("page.css", "feedback.css"),
        result=result,
        mark=final(result) if final else None,
        lab=title(result.lab, words),
        exercises=exercises,
        todo=[exercise for exercise in exercises if exercise.problems],
        faults=sum(exercise.faults for exercise in exercises),
        manual_points=sum(question.max_score for question in result.manual),
    )


def render(
    template: str, styles: tuple[str, ...], script: str = "", allow: str = "", **values: object
) -> str:
    """A page from a template, as one string; see `pieces`."""
    return "".join(pieces(template, styles, script, allow, **values))


def pieces(
    template: str, styles: tuple[str, ...], script: str = "", allow: str = "", **values: object
) -> Iterator[str]:
    """A page from a template, with its styles and script inside it, piece by piece.

    The page's policy lets exactly these run and be loaded: even markup that slipped through an
    escape could start no script and reach no network, but for what ``allow`` adds to the policy.
    """
    css = "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in styles)
    code = (_TEMPLATES / script).read_text(encoding="utf-8") if script else ""
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_source(css)}"
    if code:
        policy += f"; script-src {_source(code)}"
    policy += f"; {allow}" if allow else ""
    stream = _PAGES.get_template(template).stream(css=css, code=code, policy=policy, **values)
    stream.enable_buffering(500)
    yield from stream


def title(name: str, words: About) -> str:
    """What people call a lab: the given words, or its folder's name made readable."""
    number, _, topic = name.replace("_", " ").partition(" ")
    plain = f"{number} {topic[0].upper()}{topic[1:]}" if topic and number.isdigit() else ""
    return words.get(name) or plain or name.replace("_", " ")


def sentence(message: str) -> tuple[str, str]:
    """A check's message as (its sentence, the rest of it)."""
    first, _, rest = message.strip().partition("\n")
    rest = rest.strip("\n").rstrip()
    if len(rest) > _MESSAGE_LIMIT:
        rest = rest[:_MESSAGE_LIMIT] + f"\n[{len(rest) - _MESSAGE_LIMIT} more characters]"
    return first.strip()[:_MESSAGE_LIMIT], rest


def is_open(exercise: ExerciseResult) -> bool:
    """Whether a student has left an exercise as it was given out: no mistake to speak of."""
    # The words are those of `grader.student` for a NotImplementedError.
    checks = exercise.checks
    return bool(checks) and all(check.message.startswith("not written yet") for check in checks)


def _exercise(lab: str, exercise: ExerciseResult, words: About) -> ExercisePage:
    name = f"{lab}/{exercise.name}"
    bad = [check for check in exercise.checks if check.status in ("FAIL", "ERROR")]
    counted = Counter((check.message or _words(name, check, words), check.status) for check in bad)
    sentences = [check.misconception for check in bad if check.misconception]
    return ExercisePage(
        result=exercise,
        title=words.get(name, ""),
        anchor=anchor(exercise.name),
        section=words.get(f"{name}#section", ""),
        misconceptions=tuple(dict.fromkeys(sentences)),
        problems=tuple(_problem(text, status, count) for (text, status), count in counted.items()),
        passed=tuple(
            _words(name, check, words) for check in exercise.checks if check.status == "PASS"
        ),
        faults=gradebook.faults(exercise),
    )


def _problem(message: str, status: str, checks: int) -> Problem:
    first, rest = sentence(message)
    return Problem(first, rest, is_error=status == "ERROR", checks=checks)


def _words(exercise: str, check: CheckResult, words: About) -> str:
    """A check's sentence where it is given, else its name made readable."""
    plain = check.id.removeprefix("test_").replace("_", " ")
    return words.get(f"{exercise}/{check.id}") or plain


def anchor(exercise: str) -> str:
    """The exercise's place on a feedback page, as it stands in a link."""
    return "ex-" + quote(exercise, safe="", errors="replace")


def _source(text: str) -> str:
    """The source expression of a content security policy that allows exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _printable(value: object) -> object:
    """What a template writes: text without characters that a page must not hold."""
    if type(value) is str:
        return _UNPRINTABLE.sub("\ufffd", _TERMINAL.sub("", value))
    return value


def _marked(text: str) -> Markup:
    """Text in which `code` between backticks is set as code, as in the checks' docstrings."""
    parts = [escape(_printable(part)) for part in re.split(r"`([^`\n]+)`", text)]
    parts[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup("").join(parts)


_PAGES = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,  # always: the templates' names do not end in .html
    undefined=StrictUndefined,
    finalize=_printable,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_PAGES.filters["marked"] = _marked
_PAGES.filters["seconds"] = lambda value: f"{value:.2g} s" if value < 10 else f"{value:.0f} s"
_PAGES.filters["points"] = lambda value: gradebook.number(round(float(value), 2))
