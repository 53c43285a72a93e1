"""Release derives the same bytes from the same sources, and ``--check`` finds whatever differs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from grader.errors import UserError
from grader.handout import fingerprints, release

pytestmark = pytest.mark.xdist_group("course")
LAB = "07_entropy"
HOME, AWAY = f"solutions/{LAB}", f"labs/{LAB}"
RELEASED = [
    f"{AWAY}/README.md",
    f"{AWAY}/entropy.ipynb",
    f"{AWAY}/entropy_helpers.py",
    f"{AWAY}/misconceptions.json",
    f"{HOME}/entropy.ipynb",
    f"{HOME}/misconceptions.json",
]
STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"


def cells(path: Path) -> dict[str, nbformat.NotebookNode]:
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def fill_in(notebook: Path) -> None:
    """Does what a student does: replaces the stub."""
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.id == "token_entropy":
            assert STUB in cell.source
            cell.source = cell.source.replace(STUB, "    return logits.sum(-1)")
    nbformat.write(content, notebook)


def test_a_second_release_changes_nothing(course: Path) -> None:
    before = snapshot(course)
    assert release.write(course) == []
    assert snapshot(course) == before
    assert release.drift(course) == []


def test_a_release_from_nothing_gives_the_same_bytes(course: Path) -> None:
    before = snapshot(course)
    for path in RELEASED:
        (course / path).unlink()
    assert release.write(course) == RELEASED
    assert snapshot(course) == before


def test_the_student_has_stubs_and_the_solution_notebook_solutions(course: Path) -> None:
    solution, student = (
        cells(course / HOME / "entropy.ipynb"),
        cells(course / AWAY / "entropy.ipynb"),
    )
    assert list(solution) == list(student)
    assert "### BEGIN SOLUTION" in solution["token_entropy"].source
    assert student["token_entropy"].source.endswith(STUB)
    assert student["token_entropy"].source.startswith("def token_entropy(logits: Float[")
    assert student["question_entropy_and_truth"].source.endswith("YOUR ANSWER HERE")
    same = {name for name in solution if "BEGIN SOLUTION" not in solution[name].source}
    assert len(same) == len(solution) - 3
    assert all(solution[name].source == student[name].source for name in same)


def test_notebooks_carry_nbgrader_roles_and_nothing_of_a_machine(course: Path) -> None:
    for folder in (HOME, AWAY):
        notebook = nbformat.read(course / folder / "entropy.ipynb", as_version=4)
        nbformat.validate(notebook)
        assert set(notebook.metadata) == {"kernelspec", "language_info", "title"}
        assert notebook.metadata.language_info == {"name": "python"}
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    roles = {
        name: {key: cell.metadata.nbgrader.get(key) for key in ("grade", "solution", "points")}
        for name, cell in cells(course / AWAY / "entropy.ipynb").items()
        if "nbgrader" in cell.metadata
    }
    assert roles == {
        "token_entropy": {"grade": False, "solution": True, "points": None},
        "check_token_entropy": {"grade": True, "solution": False, "points": 2},
        "question_entropy_and_truth": {"grade": True, "solution": True, "points": 1},
        "question_spot_the_bug": {"grade": True, "solution": True, "points": 1},
    }


def test_misconceptions_are_indexed_without_code(course: Path) -> None:
    text = (course / AWAY / "misconceptions.json").read_text()
    index = json.loads(text)
    assert index["lab"] == LAB
    (exercise,) = index["exercises"]
    assert (exercise["name"], exercise["points"]) == ("token_entropy", 2.0)
    names = {"sign_forgotten", "bits", "softmax_over_positions", "mean_over_vocab"}
    assert {known["name"] for known in exercise["misconceptions"]} == names
    for known in exercise["misconceptions"]:
        assert known["sentence"].startswith(("Your", "You "))
        assert known["prints"][-1][0] == "stop"
    assert "softmax(" not in text
    assert "return" not in text


DRIFTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "helper edited in labs": (
        lambda root: (root / AWAY / "entropy_helpers.py").write_text("x = 1\n"),
        f"{AWAY}/entropy_helpers.py: differs",
    ),
    "solution notebook edited": (
        lambda root: (root / HOME / "entropy.ipynb").write_text("{}"),
        f"{HOME}/entropy.ipynb: differs",
    ),
    "student notebook filled in": (
        lambda root: fill_in(root / AWAY / "entropy.ipynb"),
        f"{AWAY}/entropy.ipynb: differs",
    ),
    "file lost": (
        lambda root: (root / AWAY / "README.md").unlink(),
        f"{AWAY}/README.md: missing: run",
    ),
    "lab lost": (
        lambda root: (root / AWAY).rename(root / "elsewhere"),
        f"{AWAY}: missing (nbgrader generate_assignment --force deletes it",
    ),
    "file nobody makes": (
        lambda root: (root / AWAY / "notes.txt").write_text("hello"),
        f"{AWAY}/notes.txt: no source makes it",
    ),
    "lab nobody makes": (
        lambda root: [(root / "labs/09_x").mkdir(), (root / "labs/09_x/x.py").write_text("")],
        "labs/09_x/x.py: no source makes it",
    ),
    "second notebook in solutions": (
        lambda root: (root / HOME / "copy.ipynb").write_text("{}"),
        f"{HOME}/copy.ipynb: no source makes it",
    ),
    "solutions folder without a source": (
        lambda root: (root / "solutions/09_x").mkdir(),
        "solutions/09_x: is no lab: it needs x.nb.py",
    ),
    "solution line in labkit": (
        lambda root: (root / "labs/labkit/hint.py").write_text(
            "log_p = torch.log_softmax(logits, dim=-1)\n"
        ),
        "labs/labkit/hint.py: holds solution text of token_entropy",
    ),
    "measured number off": (
        lambda root: scale_prints(root / HOME / "misconceptions.json", 1.1),
        f"{HOME}/misconceptions.json: differs",
    ),
}


def scale_prints(path: Path, factor: float) -> None:
    index = json.loads(path.read_text())
    for known in index["exercises"][0]["misconceptions"]:
        known["prints"] = [
            [n, *(x * factor for x in rest)] if n != "stop" else [n, *rest]
            for n, *rest in known["prints"]
        ]
    path.write_bytes(fingerprints.to_bytes(index))


@pytest.mark.parametrize("case", DRIFTS)
def test_drift_is_found_and_named(course: Path, measured: None, case: str) -> None:
    change, expected = DRIFTS[case]
    change(course)
    problems = release.drift(course)
    assert any(problem.startswith(expected) for problem in problems), problems
    assert all("\n" not in problem for problem in problems)
    assert len(problems) <= 2, problems


def test_what_running_the_course_leaves_behind_is_no_drift(course: Path) -> None:
    for name in (
        ".ipynb_checkpoints/entropy-checkpoint.ipynb",
        "__pycache__/entropy_helpers.cpython-311.pyc",
        "figures/entropy.png",
        "challenges/0123456789abcdef.safetensors",
    ):
        for folder in (HOME, AWAY):
            path = course / folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"left behind")
    assert release.drift(course) == []
    assert release.write(course) == []


def test_numbers_of_another_machine_are_kept(course: Path) -> None:
    for folder in (HOME, AWAY):
        scale_prints(course / folder / "misconceptions.json", 1.0005)
    before = snapshot(course)
    assert release.drift(course) == []
    assert release.write(course) == []
    assert snapshot(course) == before


def test_work_in_a_student_notebook_is_not_overwritten(course: Path) -> None:
    notebook = course / AWAY / "entropy.ipynb"
    released = notebook.read_bytes()
    fill_in(notebook)
    work = notebook.read_bytes()
    with pytest.raises(UserError, match=r"entropy\.ipynb holds someone's work .*token_entropy is"):
        release.write(course)
    assert notebook.read_bytes() == work
    assert release.write(course, force=True) == [f"{AWAY}/entropy.ipynb"]
    assert notebook.read_bytes() == released


@pytest.mark.parametrize("sign", ["a cell was added", "it is no released notebook", "question"])
def test_other_signs_of_work_count_too(course: Path, sign: str) -> None:
    notebook = course / AWAY / "entropy.ipynb"
    content = nbformat.read(notebook, as_version=4)
    if sign == "a cell was added":
        content.cells.append(nbformat.v4.new_code_cell("1 + 1"))
    elif sign == "question":
        content.cells[-2].source += " Where p rounds to 0."
    nbformat.write(content, notebook)
    if sign == "it is no released notebook":
        notebook.write_text("half a notebook")
    with pytest.raises(UserError, match=sign):
        release.write(course)


def test_a_notebook_that_was_only_run_is_replaced(course: Path) -> None:
    notebook = course / AWAY / "entropy.ipynb"
    released = notebook.read_bytes()
    content = nbformat.read(notebook, as_version=4)
    content.cells[1].execution_count = 1
    content.cells[1].outputs = [nbformat.v4.new_output("stream", text="hello")]
    nbformat.write(content, notebook)
    assert release.write(course) == [f"{AWAY}/entropy.ipynb"]
    assert notebook.read_bytes() == released


def test_a_reworded_source_is_released_over_the_old_notebook(course: Path, measured: None) -> None:
    source = course / HOME / "entropy.nb.py"
    source.write_text(source.read_text().replace("in nats.\n    \"\"\"", "in nats.").replace(
        '"""The entropy of', '"""Entropy: that of'))  # fmt: skip
    changed = release.write(course)
    assert changed == [f"{AWAY}/entropy.ipynb", f"{HOME}/entropy.ipynb"]
    assert release.drift(course) == []


def test_a_leak_stops_the_release_before_anything_is_written(course: Path, measured: None) -> None:
    helpers = course / HOME / "entropy_helpers.py"
    helpers.write_text(helpers.read_text() + "\n# return -(log_p.exp() * log_p).sum(dim = -1)\n")
    before = snapshot(course)
    with pytest.raises(UserError, match=r"entropy_helpers\.py: holds solution text"):
        release.write(course)
    assert snapshot(course) == before


def test_read_only_files_of_nbgrader_are_replaced(course: Path) -> None:
    readme = course / AWAY / "README.md"
    readme.write_text("old")
    os.chmod(readme, 0o444)
    assert release.write(course) == [f"{AWAY}/README.md"]


def test_a_check_that_cannot_run_is_one_line(course: Path) -> None:
    source = course / HOME / "entropy.nb.py"
    text = source.read_text()
    source.write_text(text.replace("helpers.coin_logits(", "helpers.no_such_thing("))
    with pytest.raises(UserError, match="fails the check of token_entropy") as caught:
        release.write(course)
    assert "\n" not in str(caught.value)
