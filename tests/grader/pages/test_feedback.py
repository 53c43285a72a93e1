"""A student's page: what is on it, what is first on it, and that nothing hostile gets through."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from grader.pages import feedback
from grader.records import CheckResult, ExerciseResult, LabResult, ManualQuestion

_LAB = "01_logit_lens"
_SKIPS = "Your lens skips the final norm."
_OPEN = "not written yet: it raises NotImplementedError"


def _exercise(name: str, *checks: CheckResult) -> ExerciseResult:
    passed = sum(check.status == "PASS" for check in checks)
    return ExerciseResult(name, 3.0 * passed / max(1, len(checks)), 3.0, checks)


def _graded(*exercises: ExerciseResult, student: str = "ada", reason: str = "") -> LabResult:
    score = sum(exercise.score for exercise in exercises)
    most = sum(exercise.max_score for exercise in exercises)
    questions = (ManualQuestion("why_the_norm", 2.0),)
    return LabResult(student, _LAB, "graded", reason, score, most, exercises, questions)


_PASS = CheckResult("test_keeps_its_input", "PASS")
_FAIL = CheckResult("test_last", "FAIL", "The last layer is the model's.\nindex 3 is off", _SKIPS)
_FAIL_TOO = CheckResult("test_scale", "FAIL", "Scale does not matter.", _SKIPS)
_ERROR = CheckResult("test_time", "ERROR", "your code ran out of its limit: 10 s of processor time")
_FAULT = CheckResult("test_ours", "FAULT", "the check itself broke (KeyError: 'secret')")


def _soup(result: LabResult, about: dict[str, str] | None = None) -> BeautifulSoup:
    return BeautifulSoup(feedback.page(result, about), "html.parser")


def _text(result: LabResult) -> str:
    return " ".join(_soup(result).get_text(" ").split())


def test_the_misconception_comes_once_and_before_what_failed() -> None:
    soup = _soup(_graded(_exercise("logit_lens", _PASS, _FAIL, _FAIL_TOO)))
    section = soup.find(id="ex-logit_lens")
    assert section is not None
    (known,) = section.select(".known")
    assert _SKIPS in known.get_text()
    problems = section.select(".problems > li")
    assert [problem.p.get_text() for problem in problems if problem.p] == [
        "The last layer is the model's.",
        "Scale does not matter.",
    ]
    assert [pre.get_text() for pre in section.select("pre")] == ["index 3 is off"]
    assert str(section).index(_SKIPS) < str(section).index("The last layer")
    assert [item.get_text() for item in section.select(".passed li")] == ["keeps its input"]
    assert "1 of 3 points · 1 of 3 checks" in section.get_text()


def test_an_error_is_named_with_its_limit_once_for_all_checks_that_say_it() -> None:
    soup = _soup(_graded(_exercise("logit_lens", _ERROR, _ERROR)))
    (problem,) = soup.select(".problems > li")
    text = " ".join(problem.get_text(" ").split())
    assert "stopped with an error your code ran out of its limit: 10 s of processor time" in text
    assert "2 checks say this" in text


def test_the_page_says_where_to_begin() -> None:
    full, part = _exercise("a", _PASS), _exercise("b", _PASS, _ERROR)
    named, unwritten = _exercise("c", _FAIL), _exercise("d", CheckResult("t", "ERROR", _OPEN))

    def first(*exercises: ExerciseResult) -> str:
        box = _soup(_graded(*exercises)).select_one(".next a")
        assert box is not None
        return box.get_text()

    assert first(full, unwritten, part, named) == "c"
    assert first(full, unwritten, part) == "b"
    assert first(full, unwritten) == "d"
    assert "Every check of every exercise passes" in _text(_graded(full))
    assert not _soup(_graded(full)).select(".next")


def test_an_unwritten_exercise_is_no_list_of_errors() -> None:
    checks = [CheckResult(f"t{i}", "ERROR", _OPEN) for i in range(3)]
    soup = _soup(_graded(_exercise("logit_lens", *checks)))
    section = soup.find(id="ex-logit_lens")
    assert section is not None
    assert "Not written yet." in section.get_text()
    assert not section.select(".problems")


def test_a_fault_is_ours_and_its_text_stays_with_the_instructor() -> None:
    text = _text(_graded(_exercise("logit_lens", _PASS, _FAULT)))
    assert "1 check could not be run, and that is our mistake" in text
    assert "neither for nor against you" in text
    assert "secret" not in text
    assert "KeyError" not in text


def test_the_score_is_said_and_drawn() -> None:
    soup = _soup(_graded(_exercise("a", _PASS), _exercise("b", _FAIL)))
    meter = soup.select_one("svg.meter")
    assert meter is not None
    assert meter["aria-label"] == "3 of 6 points"
    assert meter.rect is not None
    assert meter.rect["width"] == "50.0%"
    assert "1 of 2 exercises passes every check" in " ".join(soup.get_text(" ").split())
    assert "written question (2 more points) is marked by your instructor" in " ".join(
        soup.get_text(" ").split()
    )


def test_remarks_on_the_notebook_come_before_the_exercises() -> None:
    page = feedback.page(_graded(_exercise("logit_lens", _ERROR), reason="code cell 5 broke"))
    assert page.index("code cell 5 broke") < page.index('id="ex-logit_lens"')
    assert "See to the remark about your notebook first" in page


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("unreadable", "its JSON ends early, at line 212", "Restart and run all"),
        ("missing", "no folder 01_logit_lens", "send it again"),
    ],
)
def test_without_a_grade_there_is_a_reason_and_a_way_on(
    status: str, reason: str, said: str
) -> None:
    zeros = (ExerciseResult("logit_lens", 0.0, 3.0, ()),)
    text = _text(LabResult("ada", _LAB, status, reason, 0.0, 3.0, zeros))  # type: ignore[arg-type]
    assert reason in text
    assert said in text
    assert "There is no mark for it yet" in text
    assert "0 of 3" not in text


def test_given_words_take_the_place_of_names() -> None:
    words = {
        _LAB: "Lab 1: the logit lens",
        f"{_LAB}/logit_lens": "The lens",
        f"{_LAB}/logit_lens/test_keeps_its_input": "The arguments are left alone.",
    }
    text = _soup(_graded(_exercise("logit_lens", _PASS)), words).get_text()
    assert all(word in text for word in words.values())
    assert "01 Logit lens" in _text(_graded(_exercise("logit_lens", _PASS)))


_EVIL = "<img src=x onerror=alert(1)></pre><script>alert(2)</script>\" onload='x' {{ 7*7 }}"


def test_what_does_not_hold_says_where_to_read_again() -> None:
    words = {f"{_LAB}/{name}#section": f"Part 1 › <{name}>" for name in ("one", "two", "three")}
    result = _graded(_exercise("one", _PASS), _exercise("two", _FAIL), _exercise("four", _FAIL))
    soup = _soup(result, words)
    assert [line.get_text() for line in soup.select(".again")] == [
        "Read again in the notebook: Part 1 › <two>"
    ]
    assert "View › Table of Contents" in soup.get_text()
    assert "Table of Contents" not in _soup(result).get_text(), "where nothing is known of it"


def test_whatever_a_student_wrote_is_text() -> None:
    check = CheckResult("t", "FAIL", f"{_EVIL}\n{_EVIL}", _EVIL)
    result = _graded(_exercise("logit_lens", check, _PASS), student=_EVIL, reason=_EVIL)
    soup = _soup(result)
    assert not soup.find_all(["script", "img", "iframe", "link", "object"])
    assert not [tag for tag in soup.find_all() for name in tag.attrs if name.startswith("on")]
    assert soup.get_text().count("<script>alert(2)</script>") >= 5
    assert "49" not in soup.get_text()


def test_code_between_backticks_is_set_as_code_and_stays_text() -> None:
    check = CheckResult("t", "FAIL", "Use `a < b` and `<script>`, not ` alone.")
    problem = _soup(_graded(_exercise("logit_lens", check))).select_one(".problems p")
    assert problem is not None
    assert [code.get_text() for code in problem.select("code")] == ["a < b", "<script>"]
    assert problem.get_text() == "Use a < b and <script>, not ` alone."


def test_control_characters_and_terminal_colours_do_not_reach_the_page() -> None:
    message = "red \x1b[31mtext\x1b[0m \x00\x08\x9b \ud800 end\x0c"
    page = feedback.page(_graded(_exercise("logit_lens", CheckResult("t", "FAIL", message))))
    assert "red text \ufffd\ufffd\ufffd \ufffd end" in page
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", page)


def test_a_message_without_end_is_cut() -> None:
    check = CheckResult("t", "ERROR", "boom\n" + "x" * 1_000_000)
    page = feedback.page(_graded(_exercise("logit_lens", check)))
    assert len(page) < 30_000
    assert "[996000 more characters]" in page


_NAMES = [
    "ada", "Ada", "ADA", "Ada Lovelace", "Élodie", "E\u0301lodie", "日本 太郎", "o'brien, pat",
    "a.b@c.d", "..", ".", "", " ", "../../etc/passwd", "/abs", "a/b", "a\\b", "a:b", ".hidden",
    "end.", "end ", "CON", "nul.txt", "-rf", "x" * 300, "ß", "ss", "\udcff", "a\x00b",
    "a\u202eb", "%2e%2e", "#?&", "a-b-0123456789",
]  # fmt: skip


def test_file_names_are_safe_and_tell_students_apart() -> None:
    names = feedback.file_names(_NAMES)
    assert set(names) == set(_NAMES)
    assert len({name.casefold() for name in names.values()}) == len(_NAMES)
    for name in names.values():
        assert re.fullmatch(r"[^\W_][\w .,'()@+-]*", name), name
        assert not name.endswith((" ", "."))
        assert len(name.encode()) <= 110
    for plain in ("Ada Lovelace", "日本 太郎", "o'brien, pat", "a.b@c.d", "Élodie"):
        assert names[plain] == plain


def test_no_id_can_take_the_file_name_of_another() -> None:
    taken = feedback.file_names(["a/b"])["a/b"]
    names = feedback.file_names(["a/b", taken])
    assert names["a/b"] != names[taken]


def test_pages_lie_below_the_folder_and_are_returned(tmp_path: Path) -> None:
    results = [_graded(_exercise("logit_lens", _PASS), student=name) for name in _NAMES]
    written = feedback.write(tmp_path / "out", results)
    assert len(set(written)) == len(_NAMES)
    inside = (tmp_path / "out" / "feedback").resolve()
    for path in written:
        assert path.resolve().parent.parent == inside
        assert path.name == "01_logit_lens.html"
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(written)
    named = tmp_path / "out" / "feedback" / "Ada Lovelace" / "01_logit_lens.html"
    assert "Feedback for <bdi>Ada Lovelace</bdi>" in named.read_text()


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    results = [_graded(_exercise("logit_lens", _FAIL), student=name) for name in ("b", "a")]
    first = {p: p.read_bytes() for p in feedback.write(tmp_path, results)}
    again = {p: p.read_bytes() for p in feedback.write(tmp_path, results[::-1])}
    assert first == again
