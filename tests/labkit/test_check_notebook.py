"""A check in a notebook: the block's HTML, missing names, and variables grading will not have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from bs4 import BeautifulSoup
from labkit.checking.block import Block
from labkit.checking.notebook import leanings

CELLS = [
    "import torch\nfrom torch import Tensor\nfrom labkit import check, plots\nrate = 2",
    "with check(double) as c:\n    c.call(torch.ones(2))",
    "factor = plots.labels(['a']) and 2.0",
    "def twice(x):\n    return factor * x\ndef double(x):\n    return twice(x) * rate / 2",
    "with check(double) as c:\n    x = torch.ones(2, 3)\n    c.close(c.call(x), 2 * x, 'doubled')",
    "def double(x):\n    return 3 * x",
    "with check(double) as c:\n    x = torch.ones(2, 3)\n    c.close(c.call(x), 2 * x, 'doubled')",
    "plots.heatmap(torch.eye(3), title='Eye')",
    "nowhere + 1",
    "def later(x):\n    raise NotImplementedError()\n"
    "class Later:\n    def go(self):\n        later(1)",
    "figure = later(2)",
    "figure + 1",
    "Later().go()",
    "raise NotImplementedError('of the cell itself')",
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """What the cells above leave behind, run by a real kernel."""
    folder = tmp_path_factory.mktemp("notebook")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbformat.write(book, folder / "in.ipynb")
    command = [
        *(sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute"),
        *("--allow-errors", "--output", "out.ipynb", "in.ipynb"),
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    done = nbformat.read(Path(folder) / "out.ipynb", as_version=4)
    return [cell.outputs for cell in done.cells]


def the_block(cell: list[Any]) -> tuple[BeautifulSoup, str]:
    (output,) = cell
    assert output.output_type == "display_data"
    return BeautifulSoup(output.data["text/html"], "html.parser"), output.data["text/plain"]


def test_a_function_that_is_not_there_is_one_block_and_no_traceback(
    outputs: list[list[Any]],
) -> None:
    page, text = the_block(outputs[1])
    assert text.startswith(
        "○ double cannot be checked yet\n  `double` is not defined: run the cell"
    )
    assert "double cannot be checked yet" in page.get_text()


def test_a_variable_that_grading_lacks_is_named_with_its_cell(outputs: list[list[Any]]) -> None:
    page, text = the_block(outputs[4])
    assert text.startswith("✓ double passes")
    assert "uses the notebook variable factor (cell [3]), which will not be" in page.get_text()
    assert "rate" not in text


def test_a_failed_comparison_is_one_block_with_a_described_picture(
    outputs: list[list[Any]],
) -> None:
    page, text = the_block(outputs[6])
    (image,) = page.find_all("img")
    assert image["src"].startswith("data:image/png;base64,iVBOR")
    assert image["alt"].startswith("Three pictures: yours, expected and the difference")
    assert image["alt"].endswith("yours 3, expected 2.")
    assert "Should hold: doubled" in page.get_text()
    assert "Careful" not in text


def test_a_figure_is_one_image_with_alt_text(outputs: list[list[Any]]) -> None:
    page, text = the_block(outputs[7])
    (image,) = page.find_all("img")
    assert image["alt"].startswith("Heatmap: Eye. 3 layer rows by 3 position columns.")
    assert text == f"[figure: {image['alt']}]"


def test_other_name_errors_show_as_ever(outputs: list[list[Any]]) -> None:
    (error,) = outputs[8]
    assert error.output_type == "error"
    assert (error.ename, error.evalue) == ("NameError", "name 'nowhere' is not defined")
    assert error.traceback


def test_an_experiment_that_lacks_an_exercise_says_which(outputs: list[list[Any]]) -> None:
    for cell in (10, 12):
        _, text = the_block(outputs[cell])
        assert text.startswith("○ later is needed for this cell\n  It is not written yet: do its")


def test_a_variable_that_an_earlier_cell_did_not_come_to_make_is_named(
    outputs: list[list[Any]],
) -> None:
    _, text = the_block(outputs[11])
    assert text.startswith("○ figure is needed for this cell\n  Cell [11], which makes it, ended")


def test_other_exceptions_of_that_kind_show_as_ever(outputs: list[list[Any]]) -> None:
    (error,) = outputs[13]
    assert (error.ename, error.evalue) == ("NotImplementedError", "of the cell itself")


def test_what_a_student_says_is_escaped() -> None:
    evil = "<script>alert(1)</script> \x1b[31m & `<b>` \ud800"
    block = Block(
        "failed", evil, should=evil, sentence=evil, details=(evil,), held=(evil,),
        misconceptions=(evil,), warning=evil, next_step=evil, lab=evil, progress=(1, 2),
    )  # fmt: skip
    source = block._repr_html_()
    page = BeautifulSoup(source, "html.parser")
    assert page.find("script") is None
    assert not [tag for tag in page.find_all("b") if not tag.get_text().strip("<b>")]
    assert page.get_text().count("<script>alert(1)</script>") == 9
    assert "\x1b" not in source + repr(block)
    (source + repr(block)).encode()  # a lone surrogate would break the notebook's own messages


def test_a_block_says_in_words_what_its_colour_says() -> None:
    words = {"passed": "passes", "failed": "does not pass yet", "unwritten": "is not written yet"}
    for status, said in words.items():
        block = Block(status, "norm")  # type: ignore[arg-type]
        page = BeautifulSoup(block._repr_html_(), "html.parser")
        assert page.get_text().endswith(f"norm {said}")
        assert "color:#000" not in block._repr_html_()


def test_a_block_draws_its_picture_only_for_a_notebook() -> None:
    block = Block("failed", "norm", yours=torch.ones(2, 3), expected=torch.zeros(2, 3))
    assert "img" not in repr(block)
    assert block._repr_html_().count("<img alt=") == 1


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["def f(x):\n    return x + 1"], {}),
        (["m = open('x')", "def f(x):\n    return m"], {"m": 1}),
        (["m = open('x')", "def g():\n    return m\ndef f(x):\n    return g()"], {"m": 1}),
        (["m = open('x')", "def f(x, y=m):\n    return x"], {"m": 1}),
        (["m = open('x')", "class f:\n    def forward(self):\n        return [m for _ in 'ab']"],
         {"m": 1}),
        (["m = open('x')", "def f(m):\n    return m"], {}),
        (["m = open('x')", "def f():\n    m = 3\n    return m"], {}),
        (["m = 3", "def f():\n    return m"], {}),
        (["m = open('x')", "def f():\n    return m", "def f():\n    return 1"], {}),
        (["m = open('x')", "z = 1", "m = open('y')", "def f():\n    return m"], {"m": 3}),
        (["%%time\nm = open('x')", "%matplotlib inline\ndef f():\n    return m"], {"m": 1}),
        (["this is no Python", "m = open('x')", "def f():\n    return m"], {"m": 2}),
    ],
)  # fmt: skip
def test_leanings(cells: list[str], expected: dict[str, int]) -> None:
    assert leanings("f", cells, {"f"}) == expected
