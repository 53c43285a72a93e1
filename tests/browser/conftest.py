"""What a browser shows; these tests run where Debian's chromium and its driver are installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

from grader.course.labs import ROOT

_CHROMIUM, _DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
Open = Callable[..., WebDriver]

if not (_CHROMIUM and _DRIVER):
    collect_ignore_glob = ["test_*.py"]


def pytest_report_header() -> str:
    """Say in the run's first lines whether pages are looked at."""
    if _CHROMIUM and _DRIVER:
        return f"browser: {_CHROMIUM}"
    return "browser: none, so no page is looked at (apt-get install chromium chromium-driver)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Open]:
    """Open headless browsers: ``browser(width, dark=False)``; they are closed afterwards."""
    opened = []

    def start(width: int = 1280, dark: bool = False) -> WebDriver:
        options = Options()
        options.binary_location = str(_CHROMIUM)
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
            f"--window-size={width},1400", "--force-device-scale-factor=1",
        ):  # fmt: skip
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(_DRIVER))
        opened.append(driver)
        if dark:
            features = [{"name": "prefers-color-scheme", "value": "dark"}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        return driver

    yield start
    for driver in opened:
        driver.quit()


@pytest.fixture
def screenshots() -> Path:
    """The folder of screenshots: build output, to be looked at."""
    folder = Path(os.environ.get("SCREENSHOTS", ROOT / "out" / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
