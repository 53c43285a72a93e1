"""What a browser shows; these tests run where Debian's chromium and its driver are installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver

from grader.course.labs import ROOT
from tests.browser import chromium

Open = Callable[..., WebDriver]

if not chromium.INSTALLED:
    collect_ignore_glob = ["test_*.py"]


def pytest_report_header() -> str:
    """Say in the run's first lines whether pages are looked at."""
    if chromium.INSTALLED:
        return f"browser: {chromium.CHROMIUM}"
    return f"browser: none, so no page is looked at ({chromium.HOW})"


@pytest.fixture(scope="module")
def browser() -> Iterator[Open]:
    """Open headless browsers: ``browser(width, dark=False)``; they are closed afterwards."""
    opened = []

    def start(width: int = 1280, dark: bool = False) -> WebDriver:
        opened.append(chromium.start(width, dark))
        return opened[-1]

    yield start
    for driver in opened:
        driver.quit()


@pytest.fixture
def screenshots() -> Path:
    """The folder of screenshots: build output, to be looked at."""
    folder = Path(os.environ.get("SCREENSHOTS", ROOT / "out" / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
