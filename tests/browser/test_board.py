"""The workshop board's page: what the room sees, what the host has, what happens when it is away.

What the page is told, and what it may load and run, is tested without a browser in
``tests/grader/board/test_board_http.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser import chromium, page
from tests.browser.conftest import Open
from tests.grader import boards
from tests.grader.boards import Served

_NASTY = "<img src=x onerror=1>"


@pytest.fixture(scope="module")
def browser(browser: Open) -> WebDriver:
    """One window for all tests of this file."""
    return browser()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A room of 30 in its 40th minute, one of them with a nasty name."""
    # A port that the letters can say, if one is free: the picture shows them then.
    path = tmp_path_factory.mktemp("board") / "b.sqlite"
    for port in (8087, 8086, 0):
        try:
            with boards.served(path, port) as one:
                boards.fill(one, _NASTY)
                yield one
            return
        except AssertionError as error:
            if "did not start" not in str(error):
                raise


def _size(browser: WebDriver, width: int, height: int, dark: bool = False) -> None:
    chromium.size(browser, width, height)
    chromium.prefer_dark(browser, dark)


def _open(browser: Any, url: str) -> None:
    """Open a page as in a new tab: an earlier test's code may be kept in this one."""
    browser.get(url.partition("#")[0])
    browser.execute_script("sessionStorage.clear()")
    browser.get("about:blank")
    browser.get(url)


def _until(happens: Callable[[], object], seconds: float = 15) -> None:
    ends = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)


def _text(browser: Any, identity: str) -> str:
    return str(browser.find_element(By.ID, identity).text)


def _shows(browser: Any) -> bool:
    return bool(browser.find_element(By.ID, "board").is_displayed())


def _row(browser: Any, exercise: str) -> list[str]:
    # In one go: the page may replace the row between two questions.
    script = "return [...document.querySelectorAll(arguments[0])].map((cell) => cell.textContent)"
    selector = f"tr[data-exercise={exercise}] td.count"
    return [str(text) for text in browser.execute_script(script, selector)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_reads_at_any_size_in_light_and_dark(
    browser: Any, served: Served, screenshots: Path, width: int, dark: bool
) -> None:
    _size(browser, width, 1250 if width > 400 else 2350, dark)
    _open(browser, f"{served.link.address}/#host={served.board.host_token}")
    _until(lambda: _shows(browser))
    assert page.too_wide(browser) == []
    assert page.unreadable(browser, leave=".out, thead") == []
    assert page.unnamed(browser) == []
    assert not browser.find_elements(By.CSS_SELECTOR, "button:empty")
    path = screenshots / f"board_{width}_{'dark' if dark else 'light'}.png"
    assert browser.save_screenshot(str(path))
    assert path.stat().st_size > 20_000
    assert served.board.host_token not in browser.current_url, "a projector shows the address"
    script = "return performance.getEntriesByType('resource').map((one) => one.name)"
    asked = {name for name in browser.execute_script(script) if not name.startswith("data:")}
    assert asked == {served.link.address + "/state"}
    assert browser.get_log("browser") == []


def test_the_room_is_there_by_numbers_and_words(browser: Any, served: Served) -> None:
    _size(browser, 1280, 1250)
    _open(browser, served.link.url)
    _until(lambda: _shows(browser))
    told = {one["name"]: one for one in served.state()["exercises"]}
    for name, one in told.items():
        expected = [str(one[field]) for field in ("passed", "trying", "stuck", "left")]
        assert _row(browser, name) == expected
    assert any(one["stuck"] for one in told.values())
    names = browser.find_element(By.CSS_SELECTOR, ".names bdi")
    assert names.text == _NASTY, "as text, never as markup"
    assert not browser.find_elements(By.CSS_SELECTOR, "img:not(#qr)")
    assert "person 9" not in browser.page_source, "who did not say so is not named"
    assert _text(browser, "people").startswith("30 people joined")
    line = f'board.join("{served.link.letters or served.link.url}", "your nickname")'
    assert _text(browser, "line") == f"from labkit import board\n{line}"
    compile(line, "cell", "exec")
    head = [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "#room thead th")]
    assert head == ["exercise", "✓ passed", "… trying", "! stuck", "↷ left open"]
    assert not browser.find_element(By.ID, "controls").is_displayed(), "only the host has them"


def test_the_page_is_live(browser: Any, served: Served) -> None:
    _open(browser, served.link.url)
    _until(lambda: _shows(browser))
    last = served.state()["exercises"][-1]["name"]
    before = int(_row(browser, last)[0])
    key = served.join("late")
    served.report(key, last, True)
    _until(lambda: _row(browser, last)[0] == str(before + 1))
    served.post("/leave", {}, key)
    _until(lambda: _row(browser, last)[0] == str(before))


def test_a_code_is_typed_and_a_wrong_one_is_said(browser: Any, served: Served) -> None:
    _open(browser, served.link.address)
    field = browser.find_element(By.ID, "typed")
    _until(field.is_displayed)
    field.send_keys("zzzzz", Keys.ENTER)
    _until(browser.find_element(By.ID, "wrong").is_displayed)
    assert "not the code of this board" in _text(browser, "wrong")
    field.clear()
    field.send_keys(served.link.letters or served.link.code, Keys.ENTER)
    _until(lambda: _shows(browser))
    assert browser.current_url.lower() == served.link.url


def test_the_host_has_the_timer(browser: Any, served: Served, screenshots: Path) -> None:
    _size(browser, 1280, 1250)
    _open(browser, f"{served.link.address}/#host={served.board.host_token}")
    _until(lambda: _shows(browser))

    def press(label: str) -> None:
        buttons = browser.find_elements(By.CSS_SELECTOR, "#controls button")
        next(one for one in buttons if one.is_displayed() and one.text == label).click()

    here = _text(browser, "now")
    (row,) = browser.find_elements(By.CSS_SELECTOR, "tr.here code")
    assert here.endswith(row.text), "the row of the exercise at hand is marked"
    left = _text(browser, "left")
    _until(lambda: _text(browser, "left") != left, 5)
    press("Pause")
    _until(lambda: _text(browser, "now") == f"Break, then: {here}")
    left = _text(browser, "left")
    minutes, _, seconds = left.partition(":")
    press("5 minutes more")
    _until(lambda: _text(browser, "left") == f"{int(minutes) + 5}:{seconds}")
    press("5 minutes less")
    _until(lambda: _text(browser, "left") == left)
    press("Go on")
    _until(lambda: _text(browser, "now") == here)
    browser.find_element(By.ID, "fill").click()
    browser.save_screenshot(str(screenshots / "join_on_a_projector.png"))
    size = browser.execute_script(
        "return parseFloat(getComputedStyle(document.getElementById('link')).fontSize)"
    )
    assert size >= 70, "it fills the screen"
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    assert _text(browser, "fill") == "Fill the screen"
    browser.find_element(By.CSS_SELECTOR, ".names button").click()  # the nasty name
    _until(lambda: _NASTY not in browser.find_element(By.TAG_NAME, "body").text)


def test_a_board_that_is_away_is_said_and_comes_back(browser: Any, tmp_path: Path) -> None:
    with boards.served(tmp_path / "b.sqlite") as one:
        port = int(one.link.address.rsplit(":", 1)[1])
        _open(browser, one.link.url)
        _until(lambda: _shows(browser))
        one.join("ada")
        _until(lambda: _text(browser, "people") == "1 person joined")
    _until(browser.find_element(By.ID, "away").is_displayed, 30)
    assert "does not answer. What you see is of" in _text(browser, "away")
    with boards.served(tmp_path / "b.sqlite", port) as one:
        one.join("bo")
        _until(lambda: _text(browser, "people") == "2 people joined", 40)
        assert not browser.find_element(By.ID, "away").is_displayed()
