"""``index.html``: the whole class on one page, for the person who teaches it.

In this order: what needs a human, then per lab the distribution of scores, how far the class got
in each exercise, the misconceptions it has, what took longest, and exercise x student; last, every
student with links.
This module counts; ``templates/index.html.j2`` draws. ``feedback`` owns the students' pages and how
a page is rendered. Everything comes from a run's files: no course folder is read.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from grader.ledger import results as results_file
from grader.marks import gradebook
from grader.pages import feedback
from grader.pages.rows import OfLab, Rows, Students, Where, Who, fraction, link_to
from grader.pages.times import Times, Timings, times
from grader.records import LabResult


@dataclass(frozen=True)
class Progress:
    """How many of the graded students pass all, some or none of an exercise's checks."""

    name: str
    full: int
    part: int
    zero: int
    open: int  # not written


@dataclass(frozen=True)
class Misconception:
    """A mistake the grader recognised by its results, and who makes it."""

    exercise: str
    sentence: str
    who: tuple[Who, ...]


@dataclass(frozen=True)
class Matter:
    """Something a human has to look at, and whom it concerns."""

    kind: str  # fault, unreadable, missing, manual, remark
    what: str
    detail: str
    who: tuple[Who, ...]


@dataclass(frozen=True)
class LabReport:
    """All that the page shows of one lab."""

    name: str
    title: str
    max_score: float
    graded: int
    bins: tuple[int, ...]  # students by tenth of the maximum score, lowest first
    quartiles: tuple[float, float, float] | None  # percent; None without a graded student
    perfect: int
    progress: tuple[Progress, ...]
    misconceptions: tuple[Misconception, ...]
    times: Times | None  # what took longest, where that is known
    rows: Rows  # graded, lowest score first
    absent: tuple[tuple[Who, str], ...]  # the others, with "unreadable" or "missing"
    matters: tuple[Matter, ...]


def write(
    out_dir: Path,
    results: Iterable[LabResult],
    about: feedback.About | None = None,
    final: feedback.Final | None = None,
    unused: int = 0,
    timings: Timings | None = None,
) -> Path:
    """Write ``out_dir/index.html`` for these results, in whatever order they come; atomic.

    Args:
        out_dir: the run's folder.
        results: the results.
        about: words for names.
        final: the course's rules for late work and dropped exercises, where it has any.
        unused: how many files ``not_used.csv`` lists.
        timings: how long submissions took, of those where that is known.
    """
    path = out_dir / "index.html"
    pieces = _pieces(results, about, final, unused, timings)
    results_file.replace(path, (piece.encode() for piece in pieces))
    return path


def page(
    results: Iterable[LabResult],
    about: feedback.About | None = None,
    final: feedback.Final | None = None,
    timings: Timings | None = None,
) -> str:
    """The class page as HTML; the same results and timings give the same bytes."""
    return "".join(_pieces(results, about, final, timings=timings))


def _pieces(
    results: Iterable[LabResult],
    about: feedback.About | None,
    final: feedback.Final | None,
    unused: int = 0,
    timings: Timings | None = None,
) -> Iterator[str]:
    ordered = results_file.in_order(results)
    where = {key: "/".join(map(quote, parts)) for key, parts in feedback.links(ordered).items()}
    exercises = gradebook.exercise_names(ordered)
    labs = [
        lab_report(OfLab(ordered, lab), names, where, about or {}, timings or {})
        for lab, names in exercises.items()
    ]
    styles = ("page.css", "index.css")
    data: dict[str, Any] = {"labs": labs, "students": Students(ordered), "where": where}
    data |= {"final": final, "unused": unused}
    return feedback.pieces("index.html.j2", styles, script="index.js", **data)


def lab_report(
    results: OfLab,
    exercises: tuple[str, ...],
    where: Where,
    about: feedback.About,
    timings: Timings,
) -> LabReport:
    """Count one lab's results, which are sorted by student."""
    graded = OfLab(results.ordered, results.lab, "graded")
    percent: list[float] = []
    ranked: list[tuple[float, str, int]] = []
    perfect = 0
    for position, result in graded.places():
        percent.append(100 * result.score / (result.max_score or 1))
        ranked.append((result.score, result.student, position))
        perfect += result.score >= result.max_score
    bins = [0] * 10
    for value in percent:
        bins[max(0, min(9, int(value / 10 + 1e-9)))] += 1
    return LabReport(
        name=results.lab,
        title=feedback.title(results.lab, about),
        max_score=max(result.max_score for result in results),
        graded=len(ranked),
        bins=tuple(bins),
        quartiles=_quartiles(percent),
        perfect=perfect,
        progress=_progress(exercises, graded),
        misconceptions=_misconceptions(graded, where),
        times=times(graded, timings, where),
        rows=Rows(results.ordered, [place for _, _, place in sorted(ranked)], exercises, where),
        absent=tuple((link_to(r, where), r.status) for r in results if r.status != "graded"),
        matters=_matters(results, where),
    )


def _quartiles(percent: list[float]) -> tuple[float, float, float] | None:
    if len(percent) < 2:
        return (percent[0], percent[0], percent[0]) if percent else None
    low, middle, high = statistics.quantiles(percent, n=4, method="inclusive")
    return (low, middle, high)


def _progress(exercises: tuple[str, ...], graded: OfLab) -> tuple[Progress, ...]:
    """A FAULT is not counted: how far that student is in the exercise is not known."""
    count: Counter[tuple[str, str]] = Counter()
    for result in graded:
        for exercise in result.exercises:
            if feedback.is_open(exercise):
                count[exercise.name, "open"] += 1
            elif exercise.checks and not gradebook.faults(exercise):
                share = fraction(exercise)
                state = "full" if share >= 1 else "zero" if share <= 0 else "part"
                count[exercise.name, state] += 1
    return tuple(
        Progress(name, *(count[name, state] for state in ("full", "part", "zero", "open")))
        for name in exercises
    )


def _misconceptions(graded: OfLab, where: Where) -> tuple[Misconception, ...]:
    """The most frequent first; a student counts once for each, however many checks it fails."""
    found: dict[tuple[str, str], dict[str, Who]] = {}
    for result in graded:
        for exercise in result.exercises:
            for sentence in {c.misconception for c in exercise.checks if c.misconception}:
                who = link_to(result, where, exercise.name)
                found.setdefault((exercise.name, sentence), {})[result.student] = who
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Misconception(*key, tuple(who.values())) for key, who in ranked)


def _matters(results: OfLab, where: Where) -> tuple[Matter, ...]:
    """What needs a human, most urgent first; the same matter of many students is one entry."""
    found: dict[tuple[str, str, str], list[Who]] = {}
    kinds = ("fault", "unreadable", "missing", "manual", "remark")
    for result in results:
        who = link_to(result, where)
        faults = [
            ((f"{exercise.name}: {check.id}", check.message), link_to(result, where, exercise.name))
            for exercise in result.exercises
            for check in exercise.checks
            if check.status == "FAULT"
        ]
        for matter, there in faults:
            found.setdefault(("fault", *matter), []).append(there)
        if result.status != "graded":
            found.setdefault((result.status, "", ""), []).append(who)
            continue
        if result.reason and not faults:
            found.setdefault(("remark", "", ""), []).append(who)
        for question in result.manual:
            points = gradebook.number(question.max_score)
            found.setdefault(("manual", question.name, points), []).append(who)
    ranked = sorted(found.items(), key=lambda item: (kinds.index(item[0][0]), -len(item[1])))
    return tuple(Matter(*key, tuple(who)) for key, who in ranked)
