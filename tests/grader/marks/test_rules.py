"""Late penalties and drop rules: every number here is worked out by hand or by trying all ways."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from grader.errors import UserError
from grader.marks import course_file
from grader.marks.rules import FinalMark, Rules, best_without, final, totals
from grader.pages import feedback, report
from grader.records import CheckResult, ExerciseResult, HandedIn, LabResult
from tests.grader.intake.test_collect_slips import ALL

LAB = "01_logit_lens"
DUE = datetime.fromisoformat("2026-03-01T23:59:00+01:00")
RULES = Rules(
    due={LAB: DUE},
    grace=timedelta(minutes=15),
    percent_per_day=10,
    most_percent=25,
    latest_days=5,
    extensions={("eve", LAB): timedelta(days=2)},
)


def result(student: str = "ada", *pairs: tuple[float, float], lab: str = LAB) -> LabResult:
    pairs = pairs or ((16, 20),)
    exercises = tuple(
        ExerciseResult(f"e{n}", score, most, (CheckResult("test_x", "PASS"),))
        for n, (score, most) in enumerate(pairs)
    )
    score, most = sum(s for s, _ in pairs), sum(m for _, m in pairs)
    return LabResult(student, lab, "graded", "", score, most, exercises)


def came(after: timedelta, student: str = "ada", zone: str = "+01:00") -> HandedIn:
    return HandedIn(student, LAB, "gradescope", when=(DUE + after).isoformat(), late=None)


@pytest.mark.parametrize(
    ("after", "days", "mark"),
    [
        (timedelta(days=-3), 0, 16.0),
        (timedelta(0), 0, 16.0),
        (timedelta(minutes=15), 0, 16.0),  # the grace time's last moment
        (timedelta(minutes=15, seconds=1), 1, 14.4),
        (timedelta(hours=24), 1, 14.4),
        (timedelta(hours=24, seconds=1), 2, 12.8),
        (timedelta(days=3), 3, 12.0),  # 30 % would be over the cap of 25 %
        (timedelta(days=5), 5, 12.0),
        (timedelta(days=5, seconds=1), 6, 0.0),
    ],
)
def test_each_day_begun_costs_its_percentage(after: timedelta, days: int, mark: float) -> None:
    got = final(result(), came(after), RULES)
    assert (got.days_late, got.final, got.raw) == (days, pytest.approx(mark), 16)
    assert bool(got.reasons) == bool(days)


def test_the_offset_of_the_time_counts() -> None:
    record = HandedIn("ada", LAB, "gradescope", when="2026-03-02T00:30:00+02:00")  # 23:30 at home
    assert final(result(), record, RULES).days_late == 0


def test_an_extension_moves_the_time_for_one_student() -> None:
    two_days = timedelta(days=2)
    got = final(result("eve"), came(two_days), RULES)
    assert (got.final, got.said) == (16, "in time by an extension")
    assert final(result("eve"), came(two_days + timedelta(hours=1)), RULES).days_late == 1
    assert final(result("ada"), came(two_days), RULES).days_late == 2


def test_a_platform_that_only_says_late() -> None:
    canvas = HandedIn("ada", LAB, "canvas", late=True)
    got = final(result(), canvas, RULES)
    assert (got.days_late, got.final) == (1, pytest.approx(14.4))
    assert got.said == "late, says Canvas, not by how much: 10% off (16 to 14.4)"
    eve = final(result("eve"), HandedIn("eve", LAB, "canvas", late=True), RULES)
    assert (eve.final, "so look" in eve.said) == (16, True)
    assert final(result(), HandedIn("ada", LAB, "canvas", late=False), RULES).final == 16
    assert final(result(), None, RULES).final == 16


def test_without_rules_the_mark_is_the_mark() -> None:
    got = final(result(), came(timedelta(days=9)), Rules())
    assert (got.final, got.reasons) == (16, ())


def test_what_was_not_graded_has_no_mark() -> None:
    missing = LabResult("ada", LAB, "missing", "no folder", 0, 20, ())
    got = final(missing, None, RULES)
    assert (got.final, got.said) == (None, "missing: no folder")


def test_the_exercises_are_dropped_without_which_a_student_stands_best() -> None:
    rules = Rules(drop_exercises={"": 1})
    got = final(result("ada", (10, 10), (1, 10), (5, 20)), None, rules)
    # Without the second: 15 of 30; without the third: 11 of 20.
    assert got.dropped == ("e2",)
    assert got.final == pytest.approx(40 * 11 / 20)
    assert got.said == "dropped: e2 (16 to 22)"
    only = final(result("ada", (3, 10)), None, rules)
    assert (only.final, only.dropped) == (3, ())
    other = Rules(drop_exercises={"02_patching": 1})
    assert final(result("ada", (10, 10), (0, 10)), None, other).final == 10


def test_dropping_is_best_of_all_ways() -> None:
    """The oracle tries every way."""
    draw = random.Random(7)
    for _ in range(300):
        pairs = [
            (float(draw.randint(0, most)), float(most))
            for most in (draw.choice([1, 2, 5, 10, 40, 100]) for _ in range(draw.randint(2, 7)))
        ]
        count = draw.randint(1, len(pairs) - 1)

        def share(gone: tuple[int, ...], pairs: list[tuple[float, float]] = pairs) -> float:
            left = [pair for n, pair in enumerate(pairs) if n not in gone]
            return sum(s for s, _ in left) / sum(m for _, m in left)

        best = max(share(gone) for gone in itertools.combinations(range(len(pairs)), count))
        mine = best_without(pairs, count)
        assert len(mine) == count
        assert share(mine) == pytest.approx(best)


def test_a_total_drops_a_lab_and_says_what_is_missing() -> None:
    rules = Rules(drop_labs=1)
    marks = [
        final(result("ada", (18, 20)), None, rules),
        final(result("ada", (5, 20), lab="02_patching"), None, rules),
        final(LabResult("ada", "04_probes", "unreadable", "cut off", 0, 10, ()), None, rules),
    ]
    (total,) = totals(marks, rules)
    # Without 02: 18 of 30 (0.6); without 04: 23 of 40 (0.575).
    assert (total.points, total.max_score, total.dropped) == (18, 30, ("02_patching",))
    assert total.reasons == ("dropped: 02_patching", "04_probes is unreadable: counted as 0")
    (alone,) = totals(marks[:1], rules)
    assert (alone.points, alone.dropped) == (18, ())


# course.toml -----------------------------------------------------------------------------

TOML = """
[late]
percent_per_day = 10
most_percent = 25
latest_days = 5
grace_minutes = 15

[late.due]
01_logit_lens = 2026-03-01T23:59:00+01:00

[[extension]]
student = "eve"
lab = "1_logit_lens"
days = 2

[drop]
labs = 1
exercises = { 02_patching = 2 }

[columns]
02_patching = "Homework 3 (88817)"
"""


def read(tmp_path: Path, text: str) -> Rules:
    path = tmp_path / "course.toml"
    path.write_text(text)
    return course_file.read(path, ALL)


def test_a_course_file_gives_its_rules(tmp_path: Path) -> None:
    got = read(tmp_path, TOML)
    assert got == Rules(
        due=RULES.due, grace=RULES.grace, percent_per_day=10, most_percent=25, latest_days=5,
        extensions=RULES.extensions, drop_exercises={"02_patching": 2}, drop_labs=1,
        columns={"02_patching": "Homework 3 (88817)"},
    )  # fmt: skip
    assert read(tmp_path, "") == Rules()
    assert read(tmp_path, "[drop]\nexercises = 1\n").drop_exercises == {"": 1}
    assert course_file.read(None, ALL) == Rules()


def test_the_example_in_its_own_docstring_can_be_read(tmp_path: Path) -> None:
    lines = (course_file.__doc__ or "").splitlines()
    got = read(tmp_path, "\n".join(line[4:] for line in lines if line.startswith("    ")))
    assert (got.drop_labs, got.latest_days, len(got.due)) == (1, 7, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[late", "is no TOML"),
        ("[late]\npercent = 3\n", "late.percent, which means nothing: .*percent_per_day"),
        ("[late]\npercent_per_day = '3'\n", "percent_per_day should be a number from 0 to 100"),
        ("[late]\npercent_per_day = 300\n", "percent_per_day should be a number from 0 to 100"),
        ("[late.due]\n01_logit_lens = 2026-03-01T23:59:00\n", "a time with its offset"),
        ("[late.due]\n09_x = 2026-03-01T23:59:00Z\n", "names a lab '09_x': there is 01_logit"),
        ("late = 3\n", "late should be a table"),
        ("[[extension]]\ndays = 3\n", "extension.student should be a student's id"),
        ("[drop]\nlabs = -1\n", "labs should be a number"),
        ("[drop]\nexercises = 'one'\n", "drop.exercises should be a number"),
    ],
)
def test_what_is_wrong_in_a_course_file_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as told:
        read(tmp_path, text)
    assert "\n" not in str(told.value)
    assert "course.toml" in str(told.value)


# Pages -----------------------------------------------------------------------------------


def test_pages_show_the_mark_the_checks_gave_and_the_final_one() -> None:
    late, on_time = came(timedelta(days=2)), came(timedelta(0), "ben")
    known = {("ada", LAB): late, ("ben", LAB): on_time}

    def by_rule(result: LabResult) -> FinalMark:
        return final(result, known.get((result.student, result.lab)), RULES)

    own = BeautifulSoup(feedback.page(result("ada"), {}, by_rule), "html.parser")
    said = own.find(class_="final")
    assert said is not None
    assert said.get_text() == (
        "Your mark is 12.8 of 20 by the course's rules: 2 days late: 20% off (16 to 12.8)."
    )
    score = own.find(class_="score")
    assert score is not None
    assert "16" in score.get_text()
    assert "final" not in feedback.page(result("ben"), {}, by_rule).split("</style>")[1]
    both = [result("ada"), result("ben"), LabResult("cy", LAB, "missing", "none", 0, 20, ())]
    table = BeautifulSoup(report.page(both, {}, by_rule), "html.parser").find(id="all")
    assert table is not None
    rows = [row.get_text(" ", strip=True) for row in table.find_all("tr")]
    assert "ada 16 of 20 final 12.8 2 days late: 20% off (16 to 12.8)" in rows
    assert "ben 16 of 20" in rows
    # Without rules the pages are what they were.
    assert report.page(both, {}) == report.page(both, {}, None)
    assert "12.8" not in report.page(both, {})
