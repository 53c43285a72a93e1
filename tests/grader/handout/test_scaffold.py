"""A new lab keeps the contract from its first minute, and a name is refused in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader.course import labs
from grader.errors import UserError
from grader.handout import release, scaffold
from grader.judging import reference
from grader.workers.processes import Nursery
from tests.contract import test_labs as contract

pytestmark = pytest.mark.xdist_group("course")
LAB, EXERCISE = "07_entropy", scaffold.EXERCISE


def test_new_writes_the_sources_and_nothing_else(tmp_path: Path) -> None:
    written = scaffold.new(tmp_path, "02_patching")
    assert sorted(written) == sorted(
        str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()
    )
    assert "solutions/02_patching/patching.nb.py" in written
    lab = labs.find(tmp_path)["02_patching"]
    assert [exercise.name for exercise in lab.exercises] == [EXERCISE]
    assert [question.name for question in lab.questions] == ["entropy_and_truth", "spot_the_bug"]
    for path in written:
        text = (tmp_path / path).read_text()
        assert "{{" not in text
        assert text.endswith("\n")


@pytest.mark.parametrize(
    "name",
    ["patching", "2_patching", "02-patching", "02_", "02_Patching", "02_class", "../02_x", ""],
)
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="is no name for a lab") as caught:
        scaffold.new(tmp_path, name)
    assert "\n" not in str(caught.value)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "taken", ["solutions/02_patching", "labs/02_x", "grader/checks/05_patching"]
)
def test_a_lab_that_is_there_is_left_alone(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).mkdir(parents=True)
    with pytest.raises(UserError, match=f"{taken} is there already"):
        scaffold.new(tmp_path, "02_patching")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_the_release_of_it_is_clean(released_course: Path) -> None:
    assert release.drift(released_course) == []


def test_the_contract_of_every_lab_holds(
    released_course: Path, nursery: Nursery, tmp_path: Path
) -> None:
    lab = labs.find(released_course)[LAB]
    (exercise,) = lab.exercises
    contract.test_an_exercise_has_points_checks_hints_and_variants(lab, exercise)
    contract.test_every_check_file_belongs_to_an_exercise(lab)
    contract.test_a_lab_has_what_every_lab_has(lab)
    contract.test_the_solution_passes_every_check(lab, exercise)
    for name in reference.variants(lab, "alternatives", EXERCISE):
        contract.test_an_alternative_passes_every_check(lab, exercise, name)
    for name in reference.variants(lab, "misconceptions", EXERCISE):
        contract.test_a_misconception_fails_and_is_recognised(lab, exercise, name)
    for trivial in contract.TRIVIAL:
        contract.test_a_trivial_answer_earns_nothing(lab, exercise, trivial)
    contract.test_the_released_notebook_earns_nothing(lab, nursery)
    contract.test_the_solution_notebook_earns_everything(lab, nursery, tmp_path)


def test_its_notebook_runs_from_top_to_bottom(course: Path) -> None:
    path = course / "solutions" / LAB / "entropy.ipynb"
    script = (
        "import nbclient, nbformat, sys; path = sys.argv[1]; nb = nbformat.read(path, 4);"
        "nbclient.NotebookClient(nb, kernel_name='python3').execute(); nbformat.write(nb, path)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], cwd=path.parent, check=True)
    outputs = {c.id: c.get("outputs", []) for c in nbformat.read(path, as_version=4).cells}
    assert "image/png" in str(outputs)
    assert outputs["check_token_entropy"]
