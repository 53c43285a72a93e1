"""``index.html``: the whole class on one page, for the person who teaches it.

In this order: what needs a human, then per lab the distribution of scores, how far the class got
in each exercise, the misconceptions it has, and exercise x student; last, every student with links.
This module counts; ``templates/index.html.j2`` draws. ``feedback`` owns the students' pages and how
a page is rendered. Everything comes from the results: no course folder is read.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote

from grader import feedback, gradebook
from grader import results as results_file
from grader.records import ExerciseResult, LabResult

Where = dict[tuple[str, str], str]  # (student, lab) -> link from the class page


@dataclass(frozen=True)
class Who:
    """A student, and the link from the class page to their feedback on the matter at hand."""

    student: str
    href: str
    said: str = ""  # what there is to say of this student alone


@dataclass(frozen=True)
class Cell:
    """One exercise of one student in the heatmap."""

    state: str  # "full", "z4" (nearly all) to "z0" (nothing), "open", "fault", "void" (not there)
    text: str
    title: str
    href: str  # empty where there is nothing to read


@dataclass(frozen=True)
class Row:
    """One student's line in a lab's heatmap."""

    who: Who
    score: float
    cells: tuple[Cell, ...]


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
    rows: tuple[Row, ...]  # graded, lowest score first
    absent: tuple[tuple[Who, str], ...]  # the others, with "unreadable" or "missing"
    matters: tuple[Matter, ...]


def write(out_dir: Path, results: Iterable[LabResult], about: feedback.About | None = None) -> Path:
    """Write ``out_dir/index.html`` for these results, in whatever order they come; atomic."""
    path = out_dir / "index.html"
    results_file.replace(path, page(results, about).encode())
    return path


def page(results: Iterable[LabResult], about: feedback.About | None = None) -> str:
    """The class page as HTML; the same results give the same bytes."""
    ordered = results_file.in_order(results)
    where = {key: "/".join(map(quote, parts)) for key, parts in feedback.links(ordered).items()}
    exercises = gradebook.exercise_names(ordered)
    labs = [
        lab_report([r for r in ordered if r.lab == lab], names, where, about or {})
        for lab, names in exercises.items()
    ]
    students: dict[str, dict[str, LabResult]] = {}
    for result in sorted(ordered, key=_spoken):
        students.setdefault(result.student, {})[result.lab] = result
    styles = ("page.css", "index.css")
    data = {"labs": labs, "students": students, "where": where}
    return feedback.render("index.html.j2", styles, script="index.js", **data)


def lab_report(
    results: list[LabResult], exercises: tuple[str, ...], where: Where, about: feedback.About
) -> LabReport:
    """Count one lab's results, which are sorted by student."""
    graded = [result for result in results if result.status == "graded"]
    percent = [100 * result.score / (result.max_score or 1) for result in graded]
    bins = [0] * 10
    for value in percent:
        bins[max(0, min(9, int(value / 10 + 1e-9)))] += 1
    ranked = sorted(graded, key=lambda result: (result.score, result.student))
    return LabReport(
        name=results[0].lab,
        title=feedback.title(results[0].lab, about),
        max_score=max(result.max_score for result in results),
        graded=len(graded),
        bins=tuple(bins),
        quartiles=_quartiles(percent),
        perfect=sum(result.score >= result.max_score for result in graded),
        progress=tuple(_progress(exercise, graded) for exercise in exercises),
        misconceptions=_misconceptions(graded, where),
        rows=tuple(_row(result, exercises, where) for result in ranked),
        absent=tuple((_who(r, where), r.status) for r in results if r.status != "graded"),
        matters=_matters(results, where),
    )


def _spoken(result: LabResult) -> str:
    """The student's name as people look it up: without regard to case and accents."""
    return re.sub("[\u0300-\u036f]", "", normalize("NFKD", result.student)).casefold()


def _quartiles(percent: list[float]) -> tuple[float, float, float] | None:
    if len(percent) < 2:
        return (percent[0], percent[0], percent[0]) if percent else None
    low, middle, high = statistics.quantiles(percent, n=4, method="inclusive")
    return (low, middle, high)


def _progress(name: str, graded: list[LabResult]) -> Progress:
    """A FAULT is not counted: how far that student is in the exercise is not known."""
    own = [e for result in graded for e in result.exercises if e.name == name]
    left = sum(feedback.is_open(e) for e in own)
    written = [e for e in own if e.checks and not gradebook.faults(e) and not feedback.is_open(e)]
    shares = [_fraction(exercise) for exercise in written]
    full, zero = sum(share >= 1 for share in shares), sum(share <= 0 for share in shares)
    return Progress(name, full, len(shares) - full - zero, zero, left)


def _fraction(exercise: ExerciseResult) -> float:
    """The share of an exercise's points that were earned, 0 to 1."""
    if exercise.max_score:
        return exercise.score / exercise.max_score
    return sum(check.status == "PASS" for check in exercise.checks) / (len(exercise.checks) or 1)


def _misconceptions(graded: list[LabResult], where: Where) -> tuple[Misconception, ...]:
    """The most frequent first; a student counts once for each, however many checks it fails."""
    found: dict[tuple[str, str], dict[str, Who]] = {}
    for result in graded:
        for exercise in result.exercises:
            for sentence in {c.misconception for c in exercise.checks if c.misconception}:
                who = _who(result, where, exercise.name)
                found.setdefault((exercise.name, sentence), {})[result.student] = who
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Misconception(*key, tuple(who.values())) for key, who in ranked)


def _row(result: LabResult, exercises: tuple[str, ...], where: Where) -> Row:
    own = {exercise.name: exercise for exercise in result.exercises}
    cells = tuple(_cell(result, name, own.get(name), where) for name in exercises)
    return Row(_who(result, where), result.score, cells)


def _cell(result: LabResult, name: str, exercise: ExerciseResult | None, where: Where) -> Cell:
    if exercise is None or not exercise.checks:
        return Cell("void", "", f"{result.student}, {name}: no check was run", "")
    count, faults = len(exercise.checks), gradebook.faults(exercise)
    passed = sum(check.status == "PASS" for check in exercise.checks)
    said = f"{result.student}, {name}: {passed} of {count} checks"
    href = _who(result, where, name).href
    if faults:
        return Cell("fault", "!", f"{said}; {faults} failed on our side", href)
    if feedback.is_open(exercise):
        return Cell("open", "–", f"{result.student}, {name}: not written yet", "")
    share = _fraction(exercise)
    if share >= 1:
        return Cell("full", "✓", said, "")
    state = "z0" if share <= 0 else f"z{int(share * 4) + 1}"
    return Cell(state, f"{passed}/{count}", said, href)


def _matters(results: list[LabResult], where: Where) -> tuple[Matter, ...]:
    """What needs a human, most urgent first; the same matter of many students is one entry."""
    found: dict[tuple[str, str, str], list[Who]] = {}
    kinds = ("fault", "unreadable", "missing", "manual", "remark")
    for result in results:
        who = _who(result, where)
        faults = [
            ((f"{exercise.name}: {check.id}", check.message), _who(result, where, exercise.name))
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


def _who(result: LabResult, where: Where, exercise: str = "") -> Who:
    href = where[result.student, result.lab]
    anchor = f"#{feedback.anchor(exercise)}" if exercise else ""
    return Who(result.student, href + anchor, result.reason)
