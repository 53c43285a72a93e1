"""Debian's chromium without a screen, where it is installed."""

from __future__ import annotations

import shutil

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

CHROMIUM, _DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

INSTALLED = bool(CHROMIUM and _DRIVER)

HOW = "apt-get install chromium chromium-driver"
"""How they come to be there."""


def start(width: int = 1280, dark: bool = False, height: int = 1400) -> WebDriver:
    """Open a browser; whoever asks for it calls its ``quit``."""
    options = Options()
    options.binary_location = str(CHROMIUM)
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
        f"--window-size={width},{height}", "--force-device-scale-factor=1",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(_DRIVER))
    if dark:
        prefer_dark(driver)
    return driver


def prefer_dark(driver: WebDriver, dark: bool = True) -> None:
    """Say to pages what the system's colours are."""
    features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def size(driver: WebDriver, width: int, height: int) -> None:
    """Give pages exactly this much room; a window of its own is never as narrow as a telephone."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
