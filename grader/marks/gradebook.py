"""``gradebook.csv``: one row a student; a column for each lab's score and each of its exercises.

Columns: ``student``, then per lab ``<lab>`` and ``<lab>/<exercise>`` in the lab's own order, then
``notes``. A cell is empty where there is no mark to give: nothing was handed in, or the notebook
could not be read; ``notes`` says which, and where a mark leaves out checks that failed on our side.
Every field is quoted, UTF-8. What a spreadsheet would run as a formula is written as text (an
apostrophe in front). Maxima, and the formats of single systems, are the exports' work.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from grader.ledger import results as results_file
from grader.records import ExerciseResult, LabResult

# A cell that starts so is a formula to one spreadsheet or another; the last four are the
# full-width forms, which some of them fold into the first four.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write(path: Path, results: Iterable[LabResult]) -> None:
    """Write the gradebook of these results; their order does not matter. Atomic."""
    ordered = results_file.in_order(results)
    exercises = exercise_names(ordered)
    columns = [
        column
        for lab in exercises
        for column in (lab, *(f"{lab}/{name}" for name in exercises[lab]))
    ]
    # A folder name that was never Unicode becomes visible escapes, not an error.
    rows = (row.encode("utf-8", "backslashreplace") for row in _rows(ordered, columns))
    results_file.replace(path, rows)


def _rows(ordered: Iterable[LabResult], columns: Sequence[str]) -> Iterator[str]:
    """The lines of the file; of the results, one student's at a time is in memory."""
    yield _line(("student", *columns, "notes"))
    for student, labs in groupby(ordered, key=lambda result: result.student):
        marks: dict[str, str] = {}
        notes = []
        for result in labs:
            marks |= _marks(result)
            notes += [note] if (note := _note(result)) else []
        yield _line((student, *(marks.get(column, "") for column in columns), "; ".join(notes)))


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(map(cell, cells))
    return text.getvalue()


def exercise_names(results: Iterable[LabResult]) -> dict[str, tuple[str, ...]]:
    """Each lab in these results, sorted, with the names of its exercises in the lab's order.

    The order is the one most results have; names that only other results hold come after it.
    """
    orders: dict[str, Counter[tuple[str, ...]]] = {}
    for result in results:
        names = tuple(exercise.name for exercise in result.exercises)
        orders.setdefault(result.lab, Counter())[names] += 1
    found: dict[str, tuple[str, ...]] = {}
    for lab in sorted(orders):
        # Results without exercises (unreadable, missing) may be the many: they do not decide.
        counted = sorted(orders[lab].items(), key=lambda item: (not item[0], -item[1], item[0]))
        found[lab] = tuple(dict.fromkeys(name for names, _ in counted for name in names))
    return found


def faults(exercise: ExerciseResult) -> int:
    """How many checks of an exercise failed on our side: its mark is final when none did."""
    return sum(check.status == "FAULT" for check in exercise.checks)


def number(value: float) -> str:
    """A score as text: at most four decimals, none that say nothing (``17.5``, ``3``)."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _marks(result: LabResult) -> dict[str, str]:
    """The cells of one student and lab: column -> text. None where there is no mark to give."""
    if result.status != "graded":
        return {}
    marks = {f"{result.lab}/{exercise.name}": exercise.score for exercise in result.exercises}
    return {column: number(mark) for column, mark in {**marks, result.lab: result.score}.items()}


def _note(result: LabResult) -> str:
    """Why cells are empty, or what else whoever enters the marks should know; may be nothing."""
    reason = " ".join(result.reason.split())
    if result.status != "graded":
        return f"{result.lab}: {result.status}" + (f", {reason}" if reason else "")
    broken = [exercise.name for exercise in result.exercises if faults(exercise)]
    if broken:
        return f"{result.lab}: checks failed on our side and do not count ({', '.join(broken)})"
    return ""


def cell(text: str) -> str:
    """The text, in a form that no spreadsheet takes for a formula."""
    # Importers that trim would uncover a formula behind blanks.
    if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA):
        return "'" + text
    return text
