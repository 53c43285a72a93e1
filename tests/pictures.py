"""The README's pictures: ``python -m tests.pictures`` takes them anew from what really runs.

A student's notebook in JupyterLab with a check, the class page of a graded run, the board of a
workshop; each a small PNG in ``docs/``. Needs Debian's chromium and its driver.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from grader.course import labs
from grader.course.labs import ROOT, Lab
from tests import sample_class
from tests.browser import chromium
from tests.browser.jupyterlab import Notebook, server
from tests.grader import boards

FOLDER = ROOT / "docs"
_COLOURS = 128  # of the palette: text stays crisp, a file a third as large
_WIDE, _HIGH = 1200, 760


def student(path: Path) -> None:
    """JupyterLab on lab 01, an exercise with a known mistake, and its check."""
    lab = labs.named(sample_class.LAB)
    exercise, name = sample_class.MISCONCEPTIONS["chen"]
    before = [one.name for one in lab.exercises]
    before = before[: before.index(exercise)]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(lab.released, Path(folder) / lab.name)
        with server(Path(folder)) as address, _Window(_HIGH + 300) as driver:
            notebook = Notebook(driver, address, f"{lab.name}/{lab.topic}.ipynb")
            notebook.theme("JupyterLab Light")
            driver.execute_script("jupyterapp.shell.collapseLeft()")
            notebook.run(notebook.find(f"def {before[0]}("), "notebook:run-all-above")
            for solved in before:
                source = next(one.cell.source for one in lab.exercises if one.name == solved)
                _write(notebook, solved, source)
            _write(notebook, exercise, _as_typed(lab, exercise, name))
            driver.execute_script(
                "jupyterapp.shell.currentWidget.content.scrollToItem(arguments[0], 'start')",
                notebook.find(f"def {exercise}("),
            )
            time.sleep(1)
            _save(driver, path)


def _as_typed(lab: Lab, exercise: str, misconception: str) -> str:
    """A misconception as a student would write it: without the words that name the mistake."""
    tree = ast.parse(sample_class.as_cell(lab, "misconceptions", exercise, misconception))
    (function,) = (node for node in tree.body if getattr(node, "name", "") == exercise)
    assert isinstance(function, ast.FunctionDef)
    del function.body[0]
    return ast.unparse(function)


def _write(notebook: Notebook, exercise: str, source: str) -> None:
    """Write an exercise, run its cell and its check."""
    written = notebook.find(f"def {exercise}(")
    notebook.type(written, source)
    notebook.run(written)
    notebook.run(notebook.find(f"with check({exercise})"))


def class_page(path: Path) -> None:
    """The page of the sample class, graded as ``make demo`` does."""
    with tempfile.TemporaryDirectory() as folder, _Window(_HIGH + 240) as driver:
        command = [sys.executable, "-m", "grader", "grade", str(sample_class.SUBMISSIONS)]
        command += ["--out", folder, "--isolation", "weak"]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        driver.get((Path(folder) / "index.html").as_uri())
        _save(driver, path)


def board(path: Path) -> None:
    """The workshop's page in its 40th minute, for a room of 30."""
    with (
        tempfile.TemporaryDirectory() as folder,
        boards.served(Path(folder) / "board.sqlite", 8087) as one,
        _Window(_HIGH + 280) as driver,
    ):
        boards.fill(one)
        driver.get(one.link.url)
        WebDriverWait(driver, 20).until(lambda d: d.find_element(By.ID, "board").is_displayed())
        time.sleep(1)
        _save(driver, path)


PICTURES: dict[str, Callable[[Path], None]] = {
    "student": student,
    "class": class_page,
    "board": board,
}


class _Window:
    """A browser of the pictures' size, for a ``with`` block."""

    def __init__(self, height: int = _HIGH) -> None:
        self._driver = chromium.start(_WIDE)
        chromium.size(self._driver, _WIDE, height)
        self._driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})

    def __enter__(self) -> WebDriver:
        return self._driver

    def __exit__(self, *_: object) -> None:
        self._driver.quit()


def _save(driver: WebDriver, path: Path) -> None:
    """Write what the window shows, with a palette of its own."""
    image = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    small = image.quantize(_COLOURS, dither=Image.Dither.NONE)
    path.parent.mkdir(parents=True, exist_ok=True)
    small.save(path, optimize=True)
    print(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}: "
          f"{path.stat().st_size / 1000:.0f} kB, {image.width} x {image.height}")  # fmt: skip


def main() -> int:
    """Take all pictures, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="student, class, board")
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    if not chromium.INSTALLED:
        print(f"no browser here: {chromium.HOW}", file=sys.stderr)
        return 2
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    for name in asked.names or PICTURES:
        PICTURES[name](asked.out / f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
