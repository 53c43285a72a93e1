"""JupyterLab as ``make lab`` starts it, in a browser: run cells, type, read what they show."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from grader.course.labs import ROOT

_PATIENCE = 240  # seconds: a busy machine imports for a minute


def options() -> list[str]:
    """The options that ``make lab`` gives to JupyterLab."""
    recipe = re.search(r"^lab:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    return re.findall(r"--\S+", recipe[1])


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Serve a folder with the options of ``make lab``; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", *options(), "--no-browser", "--allow-root",
        f"--port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}",
        "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with (folder / "jupyterlab.log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "IPYTHONDIR": str(folder)}
        )
        try:
            _until(lambda: urlopen(f"{address}/api").status == 200)
            yield address
        finally:
            process.terminate()
            process.wait(30)


class Notebook:
    """An open notebook, driven through JupyterLab's own commands."""

    def __init__(self, driver: WebDriver, address: str, path: str) -> None:
        self.driver = driver
        driver.set_script_timeout(_PATIENCE)
        driver.get(f"{address}/lab/tree/{path}")
        self._wait("return window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 20")
        self._wait("return jupyterapp.shell.currentWidget.sessionContext.session?.kernel != null")

    def find(self, text: str) -> int:
        """Return the number of the first cell that holds a text."""
        return int(
            self.driver.execute_script(
                "return jupyterapp.shell.currentWidget.content.widgets.findIndex("
                "cell => cell.model.sharedModel.source.includes(arguments[0]))",
                text,
            )
        )

    def type(self, cell: int, source: str) -> None:
        """Replace what stands in a cell."""
        self.driver.execute_script(
            "jupyterapp.shell.currentWidget.content.widgets[arguments[0]].model.sharedModel"
            ".setSource(arguments[1])",
            cell,
            source,
        )

    def run(self, cell: int, command: str = "notebook:run-cell") -> WebElement:
        """Run a cell, or what a command makes of it; return it when nothing runs any more."""
        self.driver.execute_async_script(
            "const [cell, command, done] = arguments;"
            "const content = jupyterapp.shell.currentWidget.content;"
            "content.activeCellIndex = cell; content.scrollToItem(cell, 'start');"
            "jupyterapp.commands.execute(command).then(() => done())",
            cell,
            command,
        )
        return self.cell(cell)

    def cell(self, cell: int) -> WebElement:
        """Return a cell as the page shows it."""
        element: Any = self.driver.execute_script(
            "const content = jupyterapp.shell.currentWidget.content;"
            "content.scrollToItem(arguments[0], 'center'); content.activeCellIndex = arguments[0];"
            "return content.widgets[arguments[0]].node",
            cell,
        )
        assert isinstance(element, WebElement)
        return element

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme."""
        self.driver.execute_async_script(
            "const [theme, done] = arguments; const change = 'apputils:change-theme';"
            "jupyterapp.commands.execute(change, {theme}).then(() => setTimeout(done, 1000))",
            name,
        )

    def _wait(self, script: str) -> None:
        WebDriverWait(self.driver, _PATIENCE).until(lambda d: d.execute_script(script))


def _until(condition: Any) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            if condition():
                return
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.3)
