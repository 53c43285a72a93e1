"""The two notebooks of a lab, made of its source cells with nbgrader's metadata (schema 3).

The solution notebook is nbgrader's source version, output-free; the student notebook is what stock
``nbgrader generate_assignment`` makes of it, by nbgrader's own preprocessors. Both have fixed cell
ids and name no version of Python or of the kernel, so the same source gives the same bytes.

Not here: parsing (``source``), files on disk and the leak check (``release``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import nbformat
from nbformat import NotebookNode

from grader.course.source import Cell

OWN_ID = re.compile(r"\w+-(code|markdown)-\d+")


def solution_notebook(cells: Sequence[Cell], lab: str) -> NotebookNode:
    """The output-free notebook with every solution in it: nbgrader's source version of ``lab``."""
    notebook = nbformat.v4.new_notebook(
        metadata={
            # No version of Python or of the kernel: they would differ from author to author.
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "title": lab.replace("_", " "),
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    for cell, cell_id in zip(cells, _cell_ids(cells), strict=True):
        metadata = {"nbgrader": _nbgrader(cell)} if cell.grade_id else {}
        notebook.cells.append(make[cell.kind](cell.source, id=cell_id, metadata=metadata))
    nbformat.validate(notebook)
    return cast(NotebookNode, notebook)


def student_notebook(cells: Sequence[Cell], lab: str) -> NotebookNode:
    """What ``nbgrader generate_assignment`` makes of the solution notebook, by the same steps.

    Left out of nbgrader's list are only the steps that need a course: the gradebook's SaveCells,
    the header and footer, and the tests that nbgrader instantiates in a kernel (we have none).
    """
    # nbgrader takes seconds to import, and grading reads the sources without a notebook.
    from nbgrader import preprocessors as steps

    notebook = solution_notebook(cells, lab)
    resources: dict[str, Any] = {}
    for step in (
        steps.LockCells,
        steps.ClearSolutions,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ComputeChecksums,
        steps.ClearHiddenTests,
        steps.ClearMarkScheme,
        steps.ComputeChecksums,
        steps.CheckCellMetadata,
    ):
        notebook, resources = step().preprocess(notebook, resources)
    return notebook


def to_bytes(notebook: NotebookNode) -> bytes:
    """The notebook as nbconvert writes it: sorted keys, indent 1, a newline at the end."""
    return (str(nbformat.writes(notebook)).rstrip("\n") + "\n").encode()


def _cell_ids(cells: Sequence[Cell]) -> Iterator[str]:
    """Fixed ids: a graded cell's is its grade id, another's counts on from the graded cell above.

    A cell put in changes the ids up to the next graded cell, not those of the whole notebook.
    """
    anchor, count = "start", 0
    for cell in cells:
        if cell.grade_id:
            anchor, count = cell.grade_id, 0
            yield cell.grade_id[:64]
        else:
            count += 1
            yield f"{anchor[:44]}-{cell.kind}-{count}"


def _nbgrader(cell: Cell) -> dict[str, Any]:
    """nbgrader's metadata, schema 3; the checksum and cell_type are added on release."""
    metadata: dict[str, Any] = {
        "grade": cell.exercise is None,
        "grade_id": cell.grade_id,
        "locked": cell.check is not None,
        "schema_version": 3,
        "solution": cell.check is None,
        "task": False,
    }
    return metadata if cell.exercise else metadata | {"points": _plain(cast(float, cell.points))}


def _plain(points: float) -> float | int:
    """2.0 as 2: what people write."""
    return int(points) if points.is_integer() else points


def is_own_id(cell_id: str) -> bool:
    """Whether a cell without a grade id has an id that release made; Jupyter's are 8 hex digits."""
    return OWN_ID.fullmatch(cell_id) is not None


def checksum(cell: Mapping[str, Any]) -> str:
    """nbgrader's checksum of a cell as a notebook file holds it."""
    from nbgrader.utils import compute_checksum

    text = cell["source"]
    node = nbformat.from_dict({**cell, "source": text if isinstance(text, str) else "".join(text)})
    return str(compute_checksum(node))
