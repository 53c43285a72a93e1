"""Every command in README, INSTRUCTORS and SECURITY works, in the order in which they stand.

They run in a copy of a course with one small lab and a class of two. What costs minutes or needs
a network is read by its own parser only, or by make without doing it, and runs in the test that
`ELSEWHERE` names.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import typing
from pathlib import Path

import pytest
import typer.main

from grader.cli import app
from grader.course import labs, notebooks
from grader.course.labs import ROOT
from grader.handout import scaffold
from tests.documents.commands import Command, File, NotACommand, options, read

DOCUMENTS = ("README.md", "INSTRUCTORS.md", "SECURITY.md")
LAB = "01_logit_lens"  # the name that the documents use; what is in it is the scaffold's

ELSEWHERE = {
    "make demo": (
        "tests/contract/test_notebooks.py::test_the_solution_notebook_runs_offline",
        "tests/grader/test_grading.py::test_the_sample_class_gets_its_golden_marks",
    ),
    "make test": ("tests/contract/test_setup.py::test_ci_runs_what_the_readme_says",),
    "make lab": ("tests/browser/test_jupyterlab.py::test_from_make_lab_to_a_green_check",),
    "make bench": ("tests/bench/test_bench.py::test_every_table_is_there",),
    "conda env create": ("tests/contract/test_setup.py::test_conda_gets_the_versions_of_the_lock",),
    "nbgrader generate_assignment": (
        "tests/grader/test_nbgrader.py::test_generate_assignment_makes_the_released_lab",
    ),
    "nbgrader autograde": ("tests/grader/test_nbgrader.py::test_the_marks_are_those_of_grade",),
    "nbgrader formgrader": (
        "tests/grader/test_nbgrader_formgrader.py::test_the_button_grades_isolated_and_warm",
    ),
    "python -m tests.scale": (
        "tests/grader/test_small_course.py::test_marks_of_the_small_class",
    ),
    "python -m tests.grader.crash": (
        "tests/grader/ledger/test_crash.py::test_kills_at_random_moments_change_no_byte_and_leave_nothing",
    ),
    "python -m labkit.dictionary": (
        "tests/labkit/test_dictionary_shipped.py::test_its_figures_hold_on_held_out_text",
    ),
    "python -m tests.bench.checks": (
        "tests/bench/test_bench.py::test_a_check_is_timed_until_its_block_is_drawn",
    ),
    "python -m tests.board_load": (
        "tests/grader/board/test_board_load.py::test_no_report_is_lost_or_counted_twice_when_the_board_is_killed",
    ),
    "python -m tests.similar_load": (
        "tests/grader/similar/test_similar.py::test_100_students_take_a_part_of_a_minute",
    ),
    "python -m tests.spd_rates": (
        "tests/contract/test_spd_rates.py::test_the_embedding_alone_is_found_and_judged_with_the_truth",
    ),
    "python -m tests.fuzz": (
        "tests/fuzz/test_fuzz.py::test_every_mutant_gets_a_grade_or_a_reason_and_keeps_what_it_did_not_touch",
    ),
}  # fmt: skip
"""What is not run here, by how it begins, and the tests that run what it runs."""

AFRESH = {" grade submitted/ --out marks/ --secret secret.key": "marks"}
"""A class is graded with a secret or without one: the other's marks go first."""

_STUDENTS = ("ada", "bo")
_GRADEBOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,Logit lens (77)
Points Possible,,,,,10
"Lovelace, Ada",101,,ada,Spring,
"Bo, Bo",102,,bo,Spring,
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one small lab, and what an instructor has beside it."""
    root = tmp_path_factory.mktemp("documents") / "course"
    junk = shutil.ignore_patterns("__pycache__", "[0-9][0-9]_*", "weights")
    for folder in ("grader", "labs/labkit"):
        shutil.copytree(ROOT / folder, root / folder, ignore=junk)
    for name in ("pyproject.toml", "nbgrader_config.py", "requirements.lock", "environment.yml"):
        shutil.copy(ROOT / name, root / name)
    scaffold.new(root, LAB)
    (root / "students.csv").write_text("student\n" + "\n".join(_STUDENTS) + "\n")
    (root / "gradebook.csv").write_text(_GRADEBOOK)
    lab = labs.find(root)[LAB]
    notebook = notebooks.student_notebook(lab.cells, lab.name)
    shutil.copytree(lab.source.parent, lab.released, ignore=shutil.ignore_patterns("*.nb.py"))
    (lab.released / f"{lab.topic}.ipynb").write_bytes(notebooks.to_bytes(notebook))
    for student in _STUDENTS:
        folder = root / "submitted" / student / LAB
        folder.mkdir(parents=True)
        (folder / f"{lab.topic}.ipynb").write_bytes(notebooks.to_bytes(notebook))
        for cell in notebook.cells:  # the next one has solved it
            source = "return torch.distributions.Categorical(logits=logits).entropy()"
            cell.source = cell.source.replace("raise NotImplementedError()", source)
    return root


def _elsewhere(command: Command) -> str | None:
    words = " ".join(command.words)
    return next((begins for begins in ELSEWHERE if words.startswith(begins)), None)


def test_every_command_works_in_the_order_of_the_documents(course: Path, tmp_path: Path) -> None:
    found = {document: read((ROOT / document).read_text()) for document in DOCUMENTS}
    assert all(len(commands) >= 5 for commands in found.values())
    wrong = _tried(found, Path(shutil.copytree(course, tmp_path / "course")))
    assert not wrong, "\n".join(wrong)


def _tried(found: dict[str, list[Command | File]], folder: Path) -> list[str]:
    """Run what was found, what stands there twice once; return what went wrong."""
    wrong: list[str] = []
    ours: dict[str, dict[str, typing.Any]] = {}
    where: list[str] = []
    in_order = [(document, one) for document, commands in found.items() for one in commands]
    for document, one in in_order:
        place = f"{document}:{one.line}: {one.text}"
        if isinstance(one, File):
            (folder / one.name).write_text(one.text)
            continue
        words = one.words
        if words[:2] != ["python", "-m"]:
            if problem := _in_a_shell(one, folder):
                wrong.append(f"{place}\n{problem}")
            continue
        if one.names_only and _elsewhere(one) is None:
            words = [*words, "--help"]
        typed = " ".join(words)
        if typed not in ours:
            remove = [gone for end, gone in AFRESH.items() if typed.endswith(end)]
            ours[typed] = {"words": words, "parse_only": bool(_elsewhere(one)), "remove": remove}
            where.append(place)
    (folder / "commands.json").write_text(json.dumps(list(ours.values())))
    path = os.pathsep.join([str(folder), str(folder / "labs"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, ROOT / "tests/documents/terminal.py", "commands.json", "results.json"],
        cwd=folder, capture_output=True, text=True, timeout=600,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "100"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for place, result in zip(where, json.loads((folder / "results.json").read_text()), strict=True):
        print(f"{result['seconds']:6.2f} s  {place}")
        if result["code"] or "Traceback" in result["said"]:
            wrong.append(f"{place}\n{result['said'][-1500:]}")
    return wrong


def _in_a_shell(command: Command, folder: Path) -> str:
    """Run one that is not ours; return what went wrong."""
    text = command.text.replace("<address>", "https://example.org")
    where, environment = folder, dict(os.environ)
    if _elsewhere(command) is not None:
        if command.words[0] != "make":
            return ""  # the test that is named has its words
        text, where = text.replace("make ", "make -n ", 1), ROOT
        environment.pop("MAKEFLAGS", None)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", text], cwd=where, env=environment, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_option_in_a_sentence_exists(document: str) -> None:
    there: set[str] = set()
    group: typing.Any = typer.main.get_command(app)
    for command in group.commands.values():
        for parameter in command.params:
            there.update(parameter.opts)
    assert options((ROOT / document).read_text()) <= there


def test_what_is_run_elsewhere_is_in_a_document_and_its_test_exists() -> None:
    texts = [read((ROOT / document).read_text()) for document in DOCUMENTS]
    said = {_elsewhere(one) for found in texts for one in found if isinstance(one, Command)}
    assert said - {None} == set(ELSEWHERE)
    for tests in ELSEWHERE.values():
        for identity in tests:
            file, _, name = identity.partition("::")
            tree = ast.parse((ROOT / file).read_text())
            assert name in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, identity


@pytest.mark.parametrize(
    "text",
    [
        "    pyhton -m grader doctor\n",
        "    .venv/bin/pyton -m grader doctor\n",
        "Type `pythn -m grader doctor`.\n",
        "```\ngraed submitted/\n```\n",
    ],
)
def test_a_misspelt_program_is_seen(text: str) -> None:
    with pytest.raises(NotACommand):
        read(f"Words.\n\n{text}")


def test_a_misspelt_command_option_target_or_number_is_seen(course: Path, tmp_path: Path) -> None:
    text = """\
Words.

    .venv/bin/python -m grader docter
    .venv/bin/python -m grader release --bundel class.zip
    .venv/bin/python -m grader grade submited/ --out marks/
    python -c 'import secrets; print(secrets.token_hexe(32))' > secret.key
    make dmeo
    .venv/bin/python -m tests.fuzz --conut 2000

More: `.venv/bin/python -m tests.fuz`, `python -m grader simliar`, `make demo`, `--isolaton weak`.
"""
    found = {"D.md": read(text)}
    wrong = _tried(found, Path(shutil.copytree(course, tmp_path / "course")))
    lines = [int(one.split(":")[1]) for one in wrong]
    assert sorted(lines) == [3, 4, 5, 6, 7, 8, 10, 10]
    assert options(text) == {"--isolaton"}
