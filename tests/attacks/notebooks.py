"""Attacks in the notebook file itself: each turns an honest notebook into a hostile one.

Every public function here is one; it gets the honest notebook as JSON values and returns what is
handed in. None touches the honest part, so whoever hands it in has that part's marks, unless the
file is one of `UNREADABLE`.
"""

from __future__ import annotations

import copy
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

Notebook = dict[str, Any]
Poison = Callable[[Notebook], Notebook | bytes]

UNREADABLE = {
    "cells_by_the_ten_thousand", "code_without_end", "deep_json", "no_notebook_but_a_list",
}  # fmt: skip
"""These are refused with a reason."""
FAMILY = "notebooks"


def find() -> dict[str, Poison]:
    """Return the attacks of this module, by name."""
    own = vars(sys.modules[__name__]).items()
    machinery = {"find", "student", "poisoned", "to_bytes"}
    return {
        name: thing
        for name, thing in own
        if inspect.isfunction(thing) and name not in machinery and not name.startswith("_")
    }


def student(name: str) -> str:
    """Who hands in the attack of that name."""
    return f"{FAMILY}-{name}"


def poisoned(poison: Poison, honest: bytes) -> bytes:
    """Return the file that an attack makes of an honest one."""
    made = poison(json.loads(honest))
    return made if isinstance(made, bytes) else to_bytes(made)


def points_by_the_million(notebook: Notebook) -> Notebook:
    """Every graded cell is worth 1e9 points, and some are worth NaN."""
    for count, cell in enumerate(_graded(notebook)):
        cell["metadata"]["nbgrader"]["points"] = 1e9 if count % 2 else float("nan")
    return notebook


def marks_in_the_metadata(notebook: Notebook) -> Notebook:
    """The notebook says of itself that it was graded."""
    notebook["metadata"]["nbgrader"] = {"score": 1e9, "max_score": 1, "status": "graded"}
    notebook["metadata"]["interp_labs"] = {"score": 1e9, "digest": "0" * 16}
    return notebook


def outputs_with_scores(notebook: Notebook) -> Notebook:
    """Every code cell has outputs that speak of passed checks: numbers, NaN, a check's words."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            data = {"text/plain": ["1e9"], "text/html": ["<script>canary</script>"]}
            result = {"output_type": "execute_result", "data": data, "metadata": {}}
            said = {"output_type": "stream", "name": "stdout", "text": ["4 of 4 checks hold"]}
            cell["outputs"] = [{**result, "execution_count": float("nan")}, said]
    return notebook


def checks_that_say_yes(notebook: Notebook) -> Notebook:
    """The visible check cells hold other code: an `assert True`, and a score as last value."""
    for cell in _graded(notebook):
        if cell["metadata"]["nbgrader"]["grade"]:
            cell["source"] = ["assert True\n", "1e9"]
            cell["metadata"]["nbgrader"]["locked"] = False
    return notebook


def hidden_checks_of_its_own(notebook: Notebook) -> Notebook:
    """Functions named as hidden checks and fixtures are named, for a runner that collects them."""
    source = (
        "import pytest\n\ndef test_token_rank(student=None):\n    assert True\n\n"
        "@pytest.fixture\ndef student():\n    return None\n\n"
        "def pytest_runtest_makereport(item, call):\n    return 'passed'\n\n"
        "class Student:\n    pass\n"
    )
    return _with_code(notebook, source)


def exercise_cell_twice(notebook: Notebook) -> Notebook:
    """An unwritten exercise's cell stands there fifty times, each with another guess."""
    for guess in range(50):
        cell = copy.deepcopy(_exercise(notebook, "token_rank"))
        cell["id"] = f"guess-{guess}"
        cell["source"] = f"def token_rank(logits, answer):\n    return {guess}\n"
        notebook["cells"].append(cell)
    return notebook


def grade_ids_exchanged(notebook: Notebook) -> Notebook:
    """The right functions' cells bear the names of exercises that are worth more."""
    for name, other in (("final_norm", "challenge_answer"), ("commit_layer", "train_tuned_lens")):
        one, two = _exercise(notebook, name), _exercise(notebook, other)
        one["metadata"], two["metadata"] = two["metadata"], one["metadata"]
    return notebook


def one_grade_id_for_all(notebook: Notebook) -> Notebook:
    """Every cell is the solution cell, and the check, of the exercise that is right."""
    for cell in notebook["cells"]:
        cell["metadata"]["nbgrader"] = {
            "grade_id": "final_norm", "grade": True, "solution": True, "locked": False,
            "points": 100, "schema_version": 3, "task": True, "cell_type": "code",
        }  # fmt: skip
        cell["id"] = "final_norm"
    return notebook


def grade_ids_of_no_type(notebook: Notebook) -> Notebook:
    """The metadata is of other types than it should be: lists for dicts, numbers for names."""
    values: list[Any] = [[], 7, None, {"grade_id": ["x"]}, {"grade_id": {"a": 1}}, "nbgrader", True]
    for count, cell in enumerate(notebook["cells"]):
        cell["metadata"] = {"nbgrader": values[count % len(values)]}
        cell["id"] = values[(count + 1) % len(values)]
    return notebook


def paths_for_names(notebook: Notebook) -> Notebook:
    """Cell ids, grade ids and the kernel are paths out of any folder they are used in."""
    notebook["metadata"]["kernelspec"] = {"name": "../../evil", "argv": ["touch", "canary"]}
    for cell in notebook["cells"]:
        cell["id"] = "../../../canary"
        cell["attachments"] = {"../../canary.png": {"image/png": "QUJD"}}
    return _with_code(notebook, "", grade_id="../../../canary")


def a_name_that_is_not_mine(notebook: Notebook) -> Notebook:
    """The student's name in the notebook is a neighbour's, a path, and markup."""
    source = 'student_name = "../../ada\\n<script>canary</script>"\n'
    return _with_code(notebook, source)


def markup_everywhere(notebook: Notebook) -> Notebook:
    """Names and errors that would run in the browser of whoever reads the report."""
    source = (
        "def token_rank(*args):\n    raise type('<img src=canary onerror=alert(1)>', "
        "(Exception,), {})('<script>alert(1)</script>')\n"
        "if 1 / 0:\n    pass\nimport canary_of_markup as script\n"
    )
    notebook["metadata"]["title"] = "<script>alert(1)</script>"
    return _with_code(notebook, source)


def helpers_of_its_own(notebook: Notebook) -> Notebook:
    """The given modules are replaced by classes of the same names that know every answer."""
    source = (
        "class helpers:\n    CHALLENGE = 'commitment'\n    norm_weights = staticmethod(len)\n\n"
        "class models:\n    planted = staticmethod(print)\n\n"
        "class check:\n    def __init__(self, *args, **kwargs):\n        pass\n"
    )
    return _with_code(notebook, source)


def magics_that_run(notebook: Notebook) -> Notebook:
    """Shell lines, magics and scripts that write and fetch, for whoever runs the notebook."""
    source = (
        "!touch canary\n%run /etc/passwd\n%load_ext canary\nx = !cat secret.key\n"
        "get_ipython().system('touch canary')\n"
    )
    notebook = _with_code(notebook, source)
    return _with_code(notebook, "%%bash\ntouch canary\n")


def blank_lines(notebook: Notebook) -> Notebook:
    """Half a million blank lines before something that is not Python: patterns that look for
    the first word of a line look for it at each of them."""
    return _with_code(notebook, "\n" * 400_000 + "def (")


def blanks_and_exercises(notebook: Notebook) -> Notebook:
    """The same with blanks and tabs, and a word that begins a definition which never comes."""
    return _with_code(notebook, " \n\t\n" * 100_000 + "x = = 1\ntoken_rank\n")


def names_and_branches(notebook: Notebook) -> Notebook:
    """Thousands of names, then thousands of branches: whoever copies the names for each branch
    copies millions."""
    names = "".join(f"a{number:05d}=1\n" for number in range(5_000))
    return _with_code(notebook, names + "if 1:pass\n" * 5_000)


def magics_by_the_dozen(notebook: Notebook) -> Notebook:
    """As many magics as are read in one cell, in a long cell."""
    return _with_code(notebook, "%x\n" * 39 + "a = [1, 2, 3, 4]\n" * 2_000)


def many_replacement_fields(notebook: Notebook) -> Notebook:
    """An f-string of a hundred thousand fields."""
    return _with_code(notebook, "a = f'" + "{1}" * 100_000 + "'")


def one_long_line(notebook: Notebook) -> Notebook:
    """Ten thousand statements on one line."""
    return _with_code(notebook, "a=1;" * 10_000)


def deep_code(notebook: Notebook) -> Notebook:
    """Expressions of every form, as deep as the size allows: each breaks a recursion."""
    for source in (
        "-" * 50_000 + "1", "x" + ".a" * 30_000, "x=1" + "<1" * 20_000, "lambda:" * 10_000 + "1",
        "(" * 10_000 + ")" * 10_000, "x=f" + "()" * 20_000, "not " * 20_000 + "1",
        "if 1:pass\n" + "elif 1:pass\n" * 5_000,
    ):  # fmt: skip
        notebook = _with_code(notebook, source)
    return notebook


def text_that_is_none(notebook: Notebook) -> Notebook:
    """Null bytes, lone surrogates, terminal codes, right-to-left marks, sources of wrong types."""
    for source in ("x = '\0'", "y = '\ud800'", "# \x1b[2J\u202e", "é = 1\r\nè = 2\x0c"):
        notebook = _with_code(notebook, source)
    wrong: list[Any] = [None, 7, {"a": 1}, [1, None, ["x"]], True]
    for source in wrong:
        cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
        notebook["cells"].append(cell)
    return notebook


def cells_of_no_kind(notebook: Notebook) -> Notebook:
    """Cells that are no objects, of unknown kinds, and other lists of cells beside the first."""
    notebook["cells"] += [None, 7, "cell", [], {}, {"cell_type": ["code"]}, {"cell_type": "widget"}]
    notebook["worksheets"] = [{"cells": [None]}, 3, None]
    return notebook


def bombs_in_literals(notebook: Notebook) -> Notebook:
    """A name that the judge reads as a literal: deep, huge, and of every kind."""
    notebook = _with_code(notebook, "student_name = " + "[" * 80 + "]" * 80)
    notebook = _with_code(notebook, "student_name = '" + "n" * 100_000 + "'")
    return _with_code(notebook, "student_name = 1" + "0" * 4000)


def cells_by_the_ten_thousand(notebook: Notebook) -> Notebook:
    """More cells than anybody writes."""
    cell = {"cell_type": "code", "source": "", "metadata": {}, "outputs": []}
    notebook["cells"] += [cell] * 10_000
    return notebook


def code_without_end(notebook: Notebook) -> Notebook:
    """More code than anybody writes."""
    return _with_code(notebook, "a = 1\n" * 200_000)


def deep_json(notebook: Notebook) -> bytes:
    """Metadata a hundred thousand lists deep."""
    return to_bytes(notebook).replace(b'"metadata"', b'"x":' + b"[" * 100_000 + b',"metadata"', 1)


def number_without_end(notebook: Notebook) -> bytes:
    """A number of a million digits where a version should stand."""
    return to_bytes(notebook).replace(b'"nbformat": 4', b'"nbformat": 4' + b"0" * 1_000_000, 1)


def no_notebook_but_a_list(notebook: Notebook) -> bytes:
    """A list of notebooks: whoever takes the first or the last is led astray."""
    return json.dumps([notebook, notebook]).encode()


def to_bytes(notebook: Notebook) -> bytes:
    """Return the file; NaN and lone surrogates stay as they are."""
    return json.dumps(notebook).encode()


def _graded(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]


def _exercise(notebook: Notebook, name: str) -> dict[str, Any]:
    found = (c for c in _graded(notebook) if c["metadata"]["nbgrader"]["grade_id"] == name)
    return next(found)


def _with_code(notebook: Notebook, source: str, grade_id: str = "") -> Notebook:
    metadata = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    cell = {"cell_type": "code", "source": source, "metadata": metadata, "outputs": []}
    notebook["cells"].append(cell)
    return notebook
