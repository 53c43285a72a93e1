"""The pages of a run and nbgrader's feedback: readable at any width, in light and in dark.

A class of made-up results that has everything a page can show; the screenshots are to be looked at.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By

from grader.course import labs
from grader.ledger import timings
from grader.pages import about, feedback, report
from grader.records import CheckResult, ExerciseResult, LabResult, ManualQuestion, Timing
from tests.browser import chromium, page
from tests.browser.conftest import Open
from tests.nbgrader_course import LAB, hand_in, nbgrader, take_any_machine

_LENS = labs.named("01")
_KNOWN = "Your lens skips the final norm: `W_U` was trained to read normalised vectors."
_NAMES = ("ada", "bo", "Chen Wei-Long, who has a name that is longer than most", "di", "eve", "fay",
          "gus", "<i>hal</i>", *(f"student_{number:03}" for number in range(30)))  # fmt: skip


@pytest.fixture(scope="module")
def browser(browser: Open) -> WebDriver:
    """One window for all tests of this file."""
    return browser()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a class."""
    out = tmp_path_factory.mktemp("marks")
    found = [_result(student, number) for number, student in enumerate(_NAMES)]
    words = about.words([_LENS])
    known = {
        (one.student, one.lab): Timing(one.student, one.lab, _spent(one, number), 0.3)
        for number, one in enumerate(found)
        if one.status == "graded"
    }
    feedback.write(out, found, words)
    report.write(out, found, words, unused=2, timings=known)
    assert not (out / timings.FILE).exists(), "the pages need no file but what they are given"
    return out


def _spent(result: LabResult, number: int) -> dict[str, float]:
    return {
        e.name: 0.02 * (place + number % 7) for place, e in enumerate(result.exercises, start=1)
    }


def _result(student: str, number: int) -> LabResult:
    marks = tuple(
        _exercise(exercise.name, exercise.points, number, place)
        for place, exercise in enumerate(_LENS.exercises)
    )
    questions = (ManualQuestion("why_the_norm", 2.0),)
    if number in (3, 4):
        status, why = (
            ("unreadable", "the file ends early") if number == 3 else ("missing", "no file")
        )
        empty = tuple(ExerciseResult(mark.name, 0.0, mark.max_score, ()) for mark in marks)
        return LabResult(student, _LENS.name, status, why, 0.0, 36.0, empty, questions)  # type: ignore[arg-type]
    score = sum(mark.score for mark in marks)
    remark = "code cell 7, line 2 could not be run: name 'x' is not defined" if number == 5 else ""
    return LabResult(student, _LENS.name, "graded", remark, score, 36.0, marks, questions)


def _exercise(name: str, points: float, number: int, place: int) -> ExerciseResult:
    """Full marks, some, none, not written, an error, a fault of ours, a known mistake."""
    state = (number * 5 + place * 3) % 11 if number else 0
    state = 0 if state == 8 and number > 1 else state
    wide = (
        "yours     [0.1234, 0.2345, 0.3456, 0.4567, 0.5678, 0.6789, 0.7890, 0.8901, 0.9012]\n" * 3
    )
    bad = {
        4: ("FAIL", f"The last layer of `{name}` is the model's.\n{wide}", None),
        5: ("FAIL", "Scale does not matter.", _KNOWN),
        6: ("ERROR", "not written yet: it raises NotImplementedError", None),
        7: ("ERROR", "your code ran out of its limit: 10 s of processor time", None),
        8: ("FAULT", "the check broke", None),
        9: ("FAIL", "averyveryverylongwordwithoutanyplacetobreak" * 4, None),
    }.get(state)
    if bad is None:
        checks = [CheckResult(f"test_{n}", "PASS") for n in range(4)]
    else:
        broken = CheckResult("test_3", *bad)  # type: ignore[arg-type]
        checks = (
            [broken] * 4
            if state in (6, 9)
            else [*(CheckResult(f"test_{n}", "PASS") for n in range(3)), broken]
        )
    passed = sum(check.status == "PASS" for check in checks)
    return ExerciseResult(name, points * passed / 4, points, tuple(checks))


def _looked_at(driver: WebDriver, path: Path, picture: Path, width: int, dark: bool) -> None:
    chromium.size(driver, width, 1300)
    chromium.prefer_dark(driver, dark)
    driver.get(path.as_uri())
    for details in driver.find_elements(By.CSS_SELECTOR, "details:not([open]) > summary"):
        driver.execute_script("arguments[0].parentElement.open = true", details)
    assert page.too_wide(driver) == []
    assert page.unreadable(driver) == []
    assert page.unnamed(driver) == []
    high = min(4000, int(driver.execute_script("return document.documentElement.scrollHeight")))
    chromium.size(driver, width, high)
    assert driver.save_screenshot(str(picture))
    severe = [line for line in driver.get_log("browser") if line["level"] == "SEVERE"]
    assert severe == []


_WAYS = pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (1280, True), (400, False), (400, True)],
    ids=["wide", "wide dark", "narrow", "narrow dark"],
)  # fmt: skip


def _picture(screenshots: Path, name: str, width: int, dark: bool) -> Path:
    return screenshots / f"{name}_{width}_{'dark' if dark else 'light'}.png"


@_WAYS
def test_the_class_page(
    browser: WebDriver, run: Path, screenshots: Path, width: int, dark: bool
) -> None:
    picture = _picture(screenshots, "class", width, dark)
    _looked_at(browser, run / "index.html", picture, width, dark)
    assert browser.find_elements(By.CSS_SELECTOR, ".took table")


@_WAYS
def test_a_students_page(
    browser: WebDriver, run: Path, screenshots: Path, width: int, dark: bool
) -> None:
    path = run / "feedback" / "bo" / f"{_LENS.name}.html"
    picture = _picture(screenshots, "student", width, dark)
    _looked_at(browser, path, picture, width, dark)
    again = [one.text for one in browser.find_elements(By.CSS_SELECTOR, ".again")]
    assert again and all("Part " in text and "Exercise " in text for text in again)


def test_every_students_page_reads_on_a_telephone(browser: WebDriver, run: Path) -> None:
    chromium.size(browser, 400, 1300)
    chromium.prefer_dark(browser, False)
    pages = sorted((run / "feedback").rglob("*.html"))[:12]
    for path in pages:
        browser.get(path.as_uri())
        assert page.too_wide(browser) == [], path
        assert page.unreadable(browser) == [], path


def test_what_is_not_readable_is_seen(browser: WebDriver, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(
        "<body style='background:#fff'><p style='color:#999'>pale</p><p>well</p>"
        "<p style='background:#000'>black on black</p><img src='data:,'><figure></figure>"
        "<div style='width:3000px'>wide</div><svg><text fill='#eee' y='9'>pale too</text></svg>"
        "<p style='opacity:0'>gone</p><p style='color:#0006'>half</p></body>"
    )
    chromium.prefer_dark(browser, False)
    browser.get(path.as_uri())
    assert [one.split()[-1] for one in page.unreadable(browser)] == ["pale", "black", "too", "half"]
    assert len(page.unnamed(browser)) == 3
    assert page.too_wide(browser)[-1] == "the page scrolls sideways"


@pytest.fixture(scope="module")
def nbgraders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What nbgrader's own generate_feedback makes of a notebook that we graded."""
    from grader.handout import release, scaffold

    course = tmp_path_factory.mktemp("nbgrader") / "course"
    junk = shutil.ignore_patterns("__pycache__", "weights")
    shutil.copytree(labs.ROOT / "labs" / "labkit", course / "labs" / "labkit", ignore=junk)
    for name in ("pyproject.toml", "nbgrader_config.py", "requirements.lock", "environment.yml"):
        shutil.copy(labs.ROOT / name, course / name)
    scaffold.new(course, LAB)
    release.write(course)
    take_any_machine(course)
    nbgrader(course, "generate_assignment", LAB, "--force")
    notebook = nbformat.read(course / "labs" / LAB / "entropy.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("raise NotImplementedError()", "return logits[..., 0]")
    hand_in(course, "ada", notebook)
    nbgrader(course, "autograde", LAB)
    nbgrader(course, "generate_feedback", LAB)
    return course / "feedback" / "ada" / LAB / "entropy.html"


def test_nbgraders_feedback_shows_the_sentences(
    browser: WebDriver, nbgraders: Path, screenshots: Path
) -> None:
    """The page is nbgrader's, and so are the colours of links and code; the rest is looked at."""
    for width in (1280, 400):
        for dark in (False, True):  # nbgrader's page is light in both
            chromium.size(browser, width, 1300)
            chromium.prefer_dark(browser, dark)
            browser.get(nbgraders.as_uri())
            assert page.too_wide(browser) == []
            assert page.unreadable(browser, leave="a, .highlight") == []
            assert page.unnamed(browser) == []
            assert browser.save_screenshot(str(_picture(screenshots, "nbgrader", width, dark)))
    output = browser.find_element(By.CSS_SELECTOR, ".output_execute_result").text
    assert output.startswith("0 of 2 points")
    assert "FAIL Where all tokens are equally likely" in output
