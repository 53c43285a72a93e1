"""The sample class in ``tests/submissions/``: how each of its notebooks is made.

``python -m tests.sample_class`` writes them anew after a lab has changed, and their golden results
beside them; a test holds both to what is committed. Every notebook starts from the released one, so
that what is graded is what a student can really hand in.
"""

from __future__ import annotations

import ast
import copy
import inspect
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from labkit import models
from labkit.planted import challenge_seed

from grader.course import labs, notebooks
from grader.course.labs import Lab
from grader.judging import reference

SUBMISSIONS = Path(__file__).with_name("submissions")
GOLDEN = Path(__file__).with_name("submissions.golden.json")
LAB = "01_logit_lens"

MISCONCEPTIONS = {
    "bela": ("residual_stack", "stops_after_attention"),
    "chen": ("logit_lens", "no_norm"),
    "dalia": ("token_rank", "ascending"),
    "emeka": ("kl_to_final", "reversed"),
    "farah": ("final_norm", "unbiased_std"),
    "goran": ("commit_layer", "first_hit"),
}
"""Student -> (exercise, misconception): everything else they wrote is right."""

Notebook = Any


def solved(lab: Lab, student: str) -> Notebook:
    """Return the released notebook with every exercise solved, for one student's challenge."""
    notebook = notebooks.student_notebook(lab.cells, lab.name)
    for exercise in lab.exercises:
        write(notebook, exercise.name, exercise.cell.source)
    for cell in notebook.cells:
        if cell.cell_type == "code" and 'student_name = "' in cell.source:
            cell.source = cell.source.replace('"reference"', f'"{student}"')
    write(notebook, "challenge_answer", f"challenge_answer = {answer(lab, student)!r}\n")
    return notebook


def answer(lab: Lab, student: str) -> dict[str, Any]:
    """Return what a student finds in their planted challenge."""
    kind = reference.definitions(lab)["helpers"].CHALLENGE
    truth = models.planted(kind, challenge_seed(lab.name, student)).truth
    assert truth is not None
    return dict(truth)


def write(notebook: Notebook, exercise: str, source: str) -> None:
    """Put code into an exercise's cell."""
    cell(notebook, exercise).source = source


def cell(notebook: Notebook, exercise: str) -> Any:
    """Return the solution cell of an exercise."""
    return next(
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == exercise
    )


def as_cell(lab: Lab, kind: reference.Kind, exercise: str, name: str) -> str:
    """Return one of our variants as a student would have written it into the exercise's cell."""
    variant = reference.variants(lab, kind, exercise)[name]
    module = inspect.getsource(sys.modules[variant.__module__])
    keyword = "class" if inspect.isclass(variant) else "def"
    others = {
        n for n in reference.variants(lab, kind, exercise) if n != name and not n.startswith("_")
    }
    kept = [
        ast.get_source_segment(module, node) or ""
        for node in ast.parse(module).body
        if not (isinstance(node, ast.Expr) or getattr(node, "name", None) in others)
    ]
    source = "\n\n".join(line for line in kept if "__future__" not in line)
    return source.replace(f"{keyword} {name}(", f"{keyword} {exercise}(") + "\n"


def class_of(lab: Lab) -> dict[str, bytes]:
    """Return every file of the sample class: path below ``submissions`` -> bytes."""
    usual = f"{lab.topic}.ipynb"
    files = {f"ada/{lab.name}/{usual}": _bytes(solved(lab, "ada"))}
    files[f"untouched/{lab.name}/{usual}"] = _bytes(notebooks.student_notebook(lab.cells, lab.name))
    for student, (exercise, name) in MISCONCEPTIONS.items():
        notebook = solved(lab, student)
        write(notebook, exercise, as_cell(lab, "misconceptions", exercise, name))
        files[f"{student}/{lab.name}/{usual}"] = _bytes(notebook)
    for student, change in _ACCIDENTS.items():
        notebook = solved(lab, student)
        change(notebook)
        files[f"{student}/{lab.name}/{usual}"] = _bytes(notebook)
    whole = files[f"ada/{lab.name}/{usual}"]
    files[f"truncated/{lab.name}/{usual}"] = whole[: len(whole) // 2]
    files[f"renamed/{lab.name}/Untitled1-final (2).ipynb"] = _bytes(solved(lab, "renamed"))
    files["absent/other_course/notes.txt"] = b"I was ill.\n"
    return files


def write_all(folder: Path) -> None:
    """Write the sample class, afresh."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in class_of(labs.named(LAB)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _loops(notebook: Notebook) -> None:
    write(
        notebook,
        "kl_to_final",
        "def kl_to_final(lens_logits):\n    while True:\n        lens_logits = lens_logits + 0\n",
    )


def _raises_at_import(notebook: Notebook) -> None:
    first = next(c for c in notebook.cells if c.cell_type == "code")
    first.source += "\nimport interp_tools_of_my_own\n"
    target = cell(notebook, "token_rank")
    target.source += "\nraise RuntimeError('left here from debugging')\n"


def _extra_cells(notebook: Notebook) -> None:
    """Helper functions, experiments, magics and plots of the student's own, and one that counts."""
    solution = cell(notebook, "token_rank")
    position = notebook.cells.index(solution)
    solution.source = (
        "def token_rank(logits, answer):\n"
        "    last = logits[:, :, FINAL]\n"
        "    return _how_many_above(last, answer)\n"
    )
    helper = (
        "FINAL = -1\n\n"
        "def _how_many_above(last, answer):\n"
        "    own = torch.stack([last[:, b, t] for b, t in enumerate(answer.tolist())], dim=1)\n"
        "    return (last > own[..., None]).sum(dim=-1)\n"
    )
    experiments = [
        "%matplotlib inline\n!nvidia-smi\n",
        "%%time\ntotal = 0\nfor i in range(10**9):\n    total += i\n",
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2, 3])\n",
        "scratch = models.load('smollm2')\nprint(scratch.cfg)\n",
        "this is not python at all\n",
    ]
    new = [nbformat.v4.new_code_cell(helper, id="my-helper")]
    new += [nbformat.v4.new_code_cell(s, id=f"mine-{n}") for n, s in enumerate(experiments)]
    notebook.cells[position:position] = new


def _loses_metadata(notebook: Notebook) -> None:
    for part in notebook.cells:
        part.metadata = nbformat.NotebookNode()


def _leans_on_a_global(notebook: Notebook) -> None:
    write(
        notebook,
        "logit_lens",
        "favourite = models.random(seed=3)\n\n"
        "def logit_lens(stack, model):\n    return favourite.unembed(favourite.ln_final(stack))\n",
    )


_ACCIDENTS: dict[str, Callable[[Notebook], None]] = {
    "looping": _loops,
    "importing": _raises_at_import,
    "extra": _extra_cells,
    "metadata": _loses_metadata,
    "leaning": _leans_on_a_global,
}


def _bytes(notebook: Notebook) -> bytes:
    return notebooks.to_bytes(copy.deepcopy(notebook))


def golden(results: list[Any]) -> dict[str, Any]:
    """Cut results down to what is held: marks, statuses and recognised misconceptions."""
    return {
        result.student: {
            "status": result.status,
            "reason": result.reason,
            "score": result.score,
            "max_score": result.max_score,
            "lost": {
                exercise.name: {
                    "score": exercise.score,
                    "checks": {
                        c.id: [c.status, c.misconception or ""]
                        for c in exercise.checks
                        if c.status != "PASS"
                    },
                }
                for exercise in result.exercises
                if exercise.score < exercise.max_score and result.status == "graded"
                if result.student != "untouched"
            },
        }
        for result in results
    }


def main() -> None:
    """Write the class and its golden results."""
    import tempfile

    from grader import grading
    from grader.seeds import PUBLIC

    write_all(SUBMISSIONS)
    with tempfile.TemporaryDirectory() as out:
        order = grading.Order(SUBMISSIONS, Path(out), (labs.named(LAB),), 2, PUBLIC)
        results = list(grading.grade(order, lambda step: None))
    GOLDEN.write_text(json.dumps(golden(results), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
