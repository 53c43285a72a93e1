"""The class page: its numbers, its links, and that it holds for 0, 5 and 1,000 students."""

import os
import random
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup, Tag

from grader.ledger import results
from grader.pages import feedback, report
from grader.records import CheckResult, ExerciseResult, LabResult, ManualQuestion

_LAB = "01_logit_lens"
_SKIPS, _LATE = "Your lens skips the final norm.", "Your stack is one layer late."
_OPEN = CheckResult("test_a", "ERROR", "not written yet: it raises NotImplementedError")
_NAMES = ("residual_stack", "final_norm", "logit_lens")


def _exercise(name: str, passed: int, sentence: str | None = None) -> ExerciseResult:
    checks = tuple(
        CheckResult(f"test_{i}", "PASS") if i < passed
        else CheckResult(f"test_{i}", "FAIL", "A property.", sentence)
        for i in range(4)
    )  # fmt: skip
    return ExerciseResult(name, passed / 2, 2.0, checks)


def _graded(student: str, *exercises: ExerciseResult, reason: str = "") -> LabResult:
    score = sum(exercise.score for exercise in exercises)
    questions = (ManualQuestion("why_the_norm", 2.0),)
    return LabResult(student, _LAB, "graded", reason, score, 6.0, exercises, questions)


def _class() -> list[LabResult]:
    """Five graded students and two without a grade."""
    fault = (CheckResult("test_0", "PASS"), CheckResult("test_1", "FAULT", "the check broke"))
    first, second, third = _NAMES
    none = tuple(ExerciseResult(name, 0.0, 2.0, ()) for name in _NAMES)
    return [
        _graded("ada", *(_exercise(name, 4) for name in _NAMES)),
        _graded(
            "bo", _exercise(first, 1, _LATE), _exercise(second, 4), _exercise(third, 2, _SKIPS)
        ),
        _graded("chen", _exercise(first, 4), _exercise(second, 0), _exercise(third, 3, _SKIPS)),
        _graded("di", *(ExerciseResult(name, 0.0, 2.0, (_OPEN,)) for name in _NAMES)),
        _graded(
            "eve", _exercise(first, 4), _exercise(second, 4), ExerciseResult(third, 2, 2, fault)
        ),
        LabResult("fay", _LAB, "unreadable", "its JSON ends early", 0.0, 6.0, none),
        LabResult("gus", _LAB, "missing", "no folder", 0.0, 6.0, none),
    ]


def _soup(results: list[LabResult]) -> BeautifulSoup:
    return BeautifulSoup(report.page(results), "html.parser")


def _words(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text(" ").split())


def _heat(soup: BeautifulSoup) -> dict[str, list[Tag]]:
    rows = soup.select("table.heat tbody tr")
    return {_words(row.th): row.select("td.cell") for row in rows}


def test_the_first_numbers_are_right() -> None:
    tiles = [_words(tile) for tile in _soup(_class()).select(".tiles li")]
    assert tiles == [
        "7 students",
        "5 of 7 submissions graded",
        "58% median",
        "2 misconceptions seen",
        "4 need a human",
    ]


def test_the_distribution_is_drawn_and_said() -> None:
    chart = _soup(_class()).select_one("svg.chart")
    assert chart is not None
    assert [_words(count) for count in chart.select("text.count")] == ["1", "2", "2"]
    assert chart["aria-label"] == (
        "Histogram of scores in 01 Logit lens: 0 to 10 percent, 1 student; "
        "50 to 60 percent, 2 students; 90 to 100 percent, 2 students; median 58 percent."
    )
    heights = [float(str(bar["height"])) for bar in chart.select("rect.bar")]
    assert heights == [60.0, 0, 0, 0, 0, 120.0, 0, 0, 0, 120.0]


def test_progress_tells_unwritten_from_wrong() -> None:
    lines = [_words(line) for line in _soup(_class()).select(".progress > div")]
    assert lines == [
        "residual_stack 3 · 1 · 0 · 1",
        "final_norm 3 · 0 · 1 · 1",
        "logit_lens 1 · 2 · 0 · 1",  # the one with a FAULT is not counted
    ]


def test_misconceptions_come_by_frequency_with_who() -> None:
    entries = _soup(_class()).select(".misconceptions > li")
    assert [_words(entry) for entry in entries] == [
        f"2 40% {_SKIPS} logit_lens · bo , chen",
        f"1 20% {_LATE} residual_stack · bo",
    ]
    assert [a["href"] for a in entries[0].select("a")] == [
        "feedback/bo/01_logit_lens.html#ex-logit_lens",
        "feedback/chen/01_logit_lens.html#ex-logit_lens",
    ]


def test_what_needs_a_human_is_listed_most_urgent_first() -> None:
    results = [*_class(), _graded("hal", _exercise("final_norm", 4), reason="a cell stands twice")]
    entries = [_words(entry) for entry in _soup(results).select(".matters > li")]
    assert [entry.split()[0] for entry in entries] == [
        "our", "unreadable", "missing", "to", "remarks",
    ]  # fmt: skip
    assert "logit_lens: test_1 the check broke" in entries[0]
    assert "eve" in entries[0]
    assert "fay : its JSON ends early" in entries[1]
    assert "1 student without a notebook" in entries[2]
    assert "gus" in entries[2]
    assert "why_the_norm , a written question of 2 points: 6 answers to read" in entries[3]
    assert "hal : a cell stands twice" in entries[4]


def test_nothing_to_do_and_nothing_to_count_are_said() -> None:
    result = LabResult("ada", _LAB, "graded", "", 2.0, 2.0, (_exercise("final_norm", 4),))
    assert "Nothing: every submission was read" in _soup([result]).get_text()
    assert not _soup([result]).select(".tiles .look")
    soup = _soup([result for result in _class() if result.status != "graded"])
    assert "No submission of this lab could be graded." in soup.get_text()
    assert len(soup.select("table#all tbody tr")) == 2


def test_the_heatmap_shows_fractions_and_leads_to_the_evidence() -> None:
    heat = _heat(_soup(_class()))
    assert list(heat) == ["di", "bo", "chen", "ada", "eve", "fay", "gus"]
    assert [_words(cell) for cell in heat["bo"]] == ["1/4", "✓", "2/4"]
    assert [cell["class"] for cell in heat["bo"]] == [
        ["cell", "c-z2"],
        ["cell", "c-full"],
        ["cell", "c-z3"],
    ]
    assert heat["bo"][2]["title"] == "bo, logit_lens: 2 of 4 checks"
    link = heat["bo"][2].a
    assert link is not None
    assert link["href"] == "feedback/bo/01_logit_lens.html#ex-logit_lens"
    assert [_words(cell) for cell in heat["eve"]] == ["✓", "✓", "!"]
    assert [_words(cell) for cell in heat["di"]] == ["–", "–", "–"]
    assert heat["chen"][1]["class"] == ["cell", "c-z0"]
    assert heat["fay"] == []


def test_all_students_are_in_the_table_by_name() -> None:
    results = [*_class(), _graded("Élodie", _exercise("final_norm", 4))]
    rows = [_words(row) for row in _soup(results).select("table#all tbody tr")]
    assert [row.split()[0] for row in rows] == [
        "ada", "bo", "chen", "di", "Élodie", "eve", "fay", "gus",
    ]  # fmt: skip
    assert rows[1] == "bo 3.5 of 6"
    assert rows[6] == "fay unreadable its JSON ends early"


def test_several_labs_each_have_their_part() -> None:
    other = LabResult("ada", "02_patching", "graded", "", 1.0, 2.0, (_exercise("logit_diff", 2),))
    soup = BeautifulSoup(report.page([*_class(), other], {_LAB: "The lens"}), "html.parser")
    assert [_words(head) for head in soup.select("section > h2")] == [
        "Needs a human", "The lens", "02 Patching", "All students",
    ]  # fmt: skip
    assert [a["href"] for a in soup.select("nav.labs a")] == ["#lab-1", "#lab-2", "#students"]
    assert [table["id"] for table in soup.select("table")] == ["heat-1", "heat-2", "all"]
    rows = [_words(row) for row in soup.select("table#all tbody tr")]
    assert rows[:2] == ["ada 6 of 6 1 of 2", "bo 3.5 of 6 –"]


_HOSTILE = [
    "../../etc/passwd", "a b", "a/b", "<script>alert(1)</script>", '" onload="x', "é#?%&", "Ada",
    "ada", "\u202etxt", "{{ 7*7 }}", "\udcff", "..",
]  # fmt: skip


def test_every_link_leads_to_a_page_and_to_a_place_on_it(tmp_path: Path) -> None:
    results = [
        _graded(name, _exercise("logit_lens", 2, _SKIPS), _exercise("a b/c", 1))
        for name in _HOSTILE
    ]
    results.append(LabResult("../x", "../lab", "missing", "", 0.0, 1.0, ()))
    feedback.write(tmp_path, results)
    soup = BeautifulSoup(report.write(tmp_path, results).read_text(), "html.parser")
    seen = set()
    for link in soup.select('a[href^="feedback/"]'):
        place, _, anchor = str(link["href"]).partition("#")
        page = BeautifulSoup((tmp_path / unquote(place)).read_text(), "html.parser")
        assert not anchor or page.find(id=anchor) is not None, link
        seen.add(place)
    assert len(seen) == len(results)
    assert not any(".." in unquote(place) for place in seen)


def test_whatever_a_student_wrote_is_text() -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'"
    check = CheckResult(evil, "FAULT", evil)
    exercises = (_exercise(evil, 1, evil), ExerciseResult("b", 0.0, 1.0, (check,)))
    soup = _soup([_graded(evil, *exercises), LabResult(evil, "x", "unreadable", evil, 0, 1, ())])
    assert len(soup.find_all("script")) == 1, "only the page's own"
    assert not soup.find_all("img")
    assert not [tag for tag in soup.find_all() for name in tag.attrs if name.startswith("on")]


@pytest.mark.parametrize("count", [0, 1, 5, 1000])
def test_any_size_of_class_fits(count: int) -> None:
    rng = random.Random(count)
    results = [
        _graded(
            f"student{i:04}",
            *(_exercise(f"exercise_{k}", rng.randrange(5), _SKIPS) for k in range(12)),
        )
        for i in range(count)
    ]
    page = report.page(results)
    assert len(page) < 40_000 + 4_000 * count
    soup = BeautifulSoup(page, "html.parser")
    assert len(soup.select("table.heat tbody tr")) == count
    assert len(soup.select(".find")) == (2 if count > 20 else 0)


def test_the_same_results_give_the_same_bytes_in_any_order_and_process(tmp_path: Path) -> None:
    pages = {report.page(_class()), report.page(_class()[::-1])}
    lines = b"".join(results.encode(result) + b"\n" for result in _class())
    (tmp_path / "results.jsonl").write_bytes(lines)
    code = (
        "import pathlib, sys; from grader.ledger import results; from grader.pages import report;"
        "report.write(pathlib.Path(sys.argv[1]), results.read(pathlib.Path('results.jsonl')))"
    )
    for seed in ("1", "2"):
        call = [sys.executable, "-c", code, seed]
        env = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(call, check=True, cwd=tmp_path, env=env)
        pages.add((tmp_path / seed / "index.html").read_text())
    assert len(pages) == 1
