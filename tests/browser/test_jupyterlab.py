"""A student's first minutes: ``make lab``, a check that fails, a hint, a green one."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path

from selenium.webdriver.common.by import By

from grader.course import labs
from grader.judging import reference
from tests.browser.conftest import Open
from tests.browser.jupyterlab import Notebook, server

LAB = labs.named("01")


def test_from_make_lab_to_a_green_check(browser: Open, screenshots: Path, tmp_path: Path) -> None:
    shutil.copytree(LAB.released, tmp_path / LAB.name)
    first = LAB.exercises[0].name
    wrong = next(iter(reference.variants(LAB, "misconceptions", first).values()))
    renamed = inspect.getsource(wrong).replace(f"def {wrong.__name__}(", f"def {first}(")
    with server(tmp_path) as address:
        driver = browser(1280)
        notebook = Notebook(driver, address, f"{LAB.name}/{LAB.topic}.ipynb")
        driver.save_screenshot(str(screenshots / "lab.png"))
        written, checked = notebook.find(f"def {first}("), notebook.find(f"with check({first})")

        early = notebook.run(checked)
        assert "run the cell that defines it" in early.text or "is not defined" in early.text
        notebook.run(written, "notebook:run-all-above")
        notebook.run(written)
        block = notebook.run(checked).find_element(By.CLASS_NAME, "labkit-check")
        assert f"{first} is not written yet" in block.text

        given = LAB.exercises[0].cell.source
        notebook.type(written, renamed)
        notebook.run(written)
        block = notebook.run(checked).find_element(By.CLASS_NAME, "labkit-check")
        assert f"{first} does not pass yet" in block.text
        assert "Next:" in block.text
        driver.save_screenshot(str(screenshots / "check_fails.png"))

        hint = notebook.cell(notebook.find("<summary>Hint 1"))
        first_hint, second = hint.find_elements(By.TAG_NAME, "details")[:2]
        first_hint.find_element(By.TAG_NAME, "summary").click()
        assert first_hint.get_attribute("open") is not None
        assert second.get_attribute("open") is None
        driver.save_screenshot(str(screenshots / "hint.png"))

        notebook.type(written, given)
        notebook.run(written)
        block = notebook.run(checked).find_element(By.CLASS_NAME, "labkit-check")
        assert f"{first} passes" in block.text
        assert f"{LAB.name}: 1 of {len(LAB.exercises)} exercises pass" in block.text
        driver.save_screenshot(str(screenshots / "check_passes.png"))

        notebook.theme("JupyterLab Dark")
        driver.save_screenshot(str(screenshots / "check_dark.png"))
        assert not driver.find_elements(By.CSS_SELECTOR, ".jp-Dialog, .jp-toast-message")
