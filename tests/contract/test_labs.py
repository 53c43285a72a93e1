"""The contract every lab keeps, whatever labs there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from grader.course import labs
from grader.course.labs import Exercise, Lab
from grader.judging import exam, plugin, reference
from grader.judging.exam import Key, LocalExam
from grader.judging.judge import Judge
from grader.judging.recognise import recognise
from grader.records import Submission
from grader.seeds import PUBLIC, Secret
from grader.workers.processes import Nursery
from tests import sample_class

LABS = list(labs.find().values())
EXERCISES = [(lab, exercise) for lab in LABS for exercise in lab.exercises]
MISCONCEPTIONS = [
    (lab, exercise, name)
    for lab, exercise in EXERCISES
    for name in reference.variants(lab, "misconceptions", exercise.name)
]
ALTERNATIVES = [
    (lab, exercise, name)
    for lab, exercise in EXERCISES
    for name in reference.variants(lab, "alternatives", exercise.name)
]
SEEDS = 20


def _id(value: object) -> str:
    return getattr(value, "name", str(value))


def _key(lab: Lab, number: int) -> Key:
    return Key(Secret(b"a secret of the contract tests"), f"student {number}", lab)


def _outcomes(key: Key, kind: reference.Kind, exercise: Exercise, name: str) -> list[exam.Outcome]:
    variant = reference.variants(key.lab, kind, exercise.name)[name]
    challenge = key.challenge() if reference.is_value(key.lab, exercise.name) else None
    definitions = reference.bind(key.lab, exercise.name, variant, challenge)
    return plugin.run(LocalExam(key, definitions), [exercise.name])


@pytest.mark.parametrize(("lab", "exercise"), EXERCISES, ids=_id)
def test_an_exercise_has_points_checks_hints_and_variants(lab: Lab, exercise: Exercise) -> None:
    assert exercise.points > 0
    path = lab.checks / f"test_{exercise.name}.py"
    assert len(re.findall(r"^def test_", path.read_text(), re.MULTILINE)) >= 3
    before = lab.cells[lab.cells.index(exercise.cell) - 1]
    assert before.kind == "markdown"
    hints = re.findall(r"<summary>Hint (\d)", before.source)
    assert hints == ["1", "2", "3"]
    assert re.search(r"difficulty \d/5 · importance \d/5 · \d+ min", before.source)
    assert reference.variants(lab, "misconceptions", exercise.name)
    assert len(reference.variants(lab, "alternatives", exercise.name)) >= 2


@pytest.mark.parametrize("lab", LABS, ids=_id)
def test_every_check_file_belongs_to_an_exercise(lab: Lab) -> None:
    names = {exercise.name for exercise in lab.exercises}
    for path in lab.checks.rglob("*.py"):
        assert path.stem.removeprefix("test_") in names, f"{path} belongs to no exercise"


@pytest.mark.parametrize("lab", LABS, ids=_id)
def test_a_lab_has_what_every_lab_has(lab: Lab) -> None:
    assert len(lab.questions) >= 2
    text = "\n".join(cell.source for cell in lab.cells if cell.kind == "markdown").lower()
    for part in ("predict", "spot the bug", "further reading", "45", "90", "180"):
        where = text if not part.isdigit() else (lab.source.parent / "README.md").read_text()
        assert part in where, f"{lab.name} has no {part!r}"


@pytest.mark.parametrize(("lab", "exercise"), EXERCISES, ids=_id)
def test_the_solution_passes_every_check(lab: Lab, exercise: Exercise) -> None:
    for number in range(3):
        key = _key(lab, number)
        if reference.is_value(lab, exercise.name):
            key = Key(PUBLIC, "reference", lab)  # an answer is right for one student only
        outcomes = plugin.run(LocalExam(key, reference.definitions(lab)), [exercise.name])
        assert outcomes
        assert [(o.check, o.message) for o in outcomes if o.status != "PASS"] == []


@pytest.mark.parametrize(("lab", "exercise", "name"), ALTERNATIVES, ids=_id)
def test_an_alternative_passes_every_check(lab: Lab, exercise: Exercise, name: str) -> None:
    """Two for each exercise over 20 seeds, further ones over 5."""
    place = list(reference.variants(lab, "alternatives", exercise.name)).index(name)
    for number in range(SEEDS if place < 2 else 5):
        outcomes = _outcomes(_key(lab, number), "alternatives", exercise, name)
        assert [(number, o.check, o.message) for o in outcomes if o.status != "PASS"] == []


@pytest.mark.parametrize(("lab", "exercise", "name"), MISCONCEPTIONS, ids=_id)
def test_a_misconception_fails_and_is_recognised(lab: Lab, exercise: Exercise, name: str) -> None:
    variant = reference.variants(lab, "misconceptions", exercise.name)[name]
    key = _key(lab, 0)
    outcomes = _outcomes(key, "misconceptions", exercise, name)
    failed = [o for o in outcomes if o.status != "PASS"]
    assert failed, f"{name} passes every check for {key.student}"
    assert {o.status for o in failed} <= {"FAIL", "ERROR"}, [o.message for o in failed]
    said = {c.misconception for c in recognise(key, outcomes)[exercise.name]} - {None}
    assert said == {reference.sentence(variant)}, f"{name} was taken for {said}"


def _zeros(*args: object, **kwargs: object) -> object:
    tensors = [a for a in args if isinstance(a, torch.Tensor)]
    return torch.zeros_like(tensors[0]) if tensors else 0.0


def _first(*args: object, **kwargs: object) -> object:
    return args[0] if args else None


def _nan(*args: object, **kwargs: object) -> object:
    tensors = [a for a in args if isinstance(a, torch.Tensor)]
    return torch.full_like(tensors[0].double(), torch.nan) if tensors else float("nan")


def _unwritten(*args: object, **kwargs: object) -> object:
    raise NotImplementedError


TRIVIAL = {
    "zeros": _zeros, "first": _first, "nan": _nan, "unwritten": _unwritten,
    "none": lambda *a, **k: None, "text": lambda *a, **k: "42", "empty": lambda *a, **k: [],
    "infinite": lambda *a, **k: torch.full((2, 2), torch.inf),
    "number": lambda *a, **k: torch.tensor(1.0),
}  # fmt: skip


@pytest.mark.parametrize("trivial", TRIVIAL)
@pytest.mark.parametrize(("lab", "exercise"), EXERCISES, ids=_id)
def test_a_trivial_answer_earns_nothing(lab: Lab, exercise: Exercise, trivial: str) -> None:
    wrong = TRIVIAL[trivial]
    value = wrong() if reference.is_value(lab, exercise.name) and trivial != "unwritten" else wrong
    definitions = {**reference.definitions(lab), exercise.name: value}
    outcomes = plugin.run(LocalExam(_key(lab, 0), definitions), [exercise.name])
    assert {o.status for o in outcomes} <= {"FAIL", "ERROR"}, [
        (o.check, o.status, o.message) for o in outcomes if o.status not in ("FAIL", "ERROR")
    ]


@pytest.mark.parametrize("lab", LABS, ids=_id)
def test_the_released_notebook_earns_nothing(lab: Lab, nursery: Nursery) -> None:
    notebook = lab.released / f"{lab.topic}.ipynb"
    result = Judge(nursery).grade(Submission("nobody", lab.name, notebook), lab)
    assert (result.status, result.score) == ("graded", 0.0)
    assert result.max_score == lab.max_score > 0
    for exercise in result.exercises:
        assert exercise.checks
        assert all(check.status in ("FAIL", "ERROR") for check in exercise.checks)


@pytest.mark.parametrize("lab", LABS, ids=_id)
def test_the_solution_notebook_earns_everything(lab: Lab, nursery: Nursery, tmp_path: Path) -> None:
    path = tmp_path / "notebook.ipynb"
    path.write_bytes((lab.source.parent / f"{lab.topic}.ipynb").read_bytes())
    result = Judge(nursery).grade(Submission("reference", lab.name, path), lab)
    lost = [(e.name, c.id, c.message) for e in result.exercises for c in e.checks if c.message]
    assert lost == []
    assert result.reason == ""
    assert result.score == result.max_score


def test_there_is_a_lab() -> None:
    assert LABS
    assert sample_class.LAB in labs.find()


def test_no_two_labs_have_a_helper_of_one_name() -> None:
    # The judge has the helpers of all labs on one path: of two it would import the first.
    names = [path.name for lab in LABS for path in lab.source.parent.glob("*_helpers.py")]
    assert len(names) > len(LABS)
    assert len(set(names)) == len(names)
