"""``--to canvas``: a CSV that Canvas' gradebook imports (Grades, Import).

Canvas finds students by the column ``ID`` and assignments by the number at the end of their titles,
so the marks are filled into the gradebook that the instructor exported: ``--from FILE.csv``. Of its
columns only those that name the student and those of the labs are kept, since Canvas takes every
other column for a change. A student without a mark keeps what the gradebook had: an empty cell
would take a grade away. Marks are scaled to the "Points Possible" of Canvas' assignment.

Which column is a lab's is told by its title, else by ``[columns]`` in ``course.toml``. What Canvas
asks of the file stands in its own source, ``lib/gradebook_importer.rb``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from grader.course.labs import Lab
from grader.errors import UserError
from grader.intake import naming, tables
from grader.intake.tables import Table
from grader.ledger.results import replace
from grader.marks import filling
from grader.marks.gradebook import number
from grader.marks.run import Marks

USUAL = "canvas.csv"
_WHERE = "in Canvas: Grades, Export, Export Entire Gradebook"
_ID = re.compile(r"\s*\((\d+)\)\s*$")
_READ_ONLY = re.compile(r"read\s+only", re.IGNORECASE)


def write(marks: Marks, labs: Mapping[str, Lab], target: Path) -> str:
    """Fill the marks into an exported gradebook; see `grader.export`.

    Raises:
        UserError: no gradebook, or a lab's column in it cannot be told.
        OSError: the file cannot be written.
    """
    table = tables.read(filling.source(marks, "Canvas' gradebook", _WHERE), "Canvas' gradebook")
    section = table.column("Section")
    identity = table.column("ID")
    if section is None or identity is None or table.column("Student", "LastName") != 0:
        raise UserError(f"{marks.source} is not Canvas' gradebook: export it ({_WHERE})")
    points = [n for n, row in enumerate(table.rows) if "Points Possible" in row[0]]
    columns = {name: _column(marks, table, labs[name], labs) for name in _names(marks, labs)}
    columns_of_names: filling.Columns = {
        "key": [identity],
        "student": [table.column("SIS Login ID"), table.column("SIS User ID"), identity],
        "email": [table.column("SIS Login ID")],
        "name": [0],
    }
    rows = filling.Rows(table, columns_of_names, points)
    cells = [_padded(row, len(table.titles)) for row in table.rows]
    written, strangers = 0, []
    for result in marks.results:
        mark = marks.final(result).final
        where = rows.of(result, marks.came(result))
        if not where and mark is not None:
            strangers.append(result.student)
        column = columns[result.lab]
        for row in where if mark is not None else ():
            possible = _number(cells[points[0]][column]) if points else 0.0
            scale = possible / result.max_score if possible and result.max_score else 1.0
            cells[row][column] = number(round((mark or 0.0) * scale, 2))
            written += 1
    kept = [*range(section + 1), *sorted(columns.values())]
    replace(target, tables.to_bytes([[row[n] for n in kept] for row in cells], table))
    titles = ", ".join(table.titles[column] for column in sorted(columns.values()))
    said = f"{written} marks under {titles} are in {target}"
    if strangers:
        said += f"; not in the gradebook, so not in it: {filling.listed(strangers)}"
    return said


def _names(marks: Marks, labs: Mapping[str, Lab]) -> list[str]:
    names = sorted({result.lab for result in marks.results})
    for name in names:
        if name not in labs:
            raise UserError(f"the results hold marks for {name}, which is no lab of this course")
    return names


def _column(marks: Marks, table: Table, lab: Lab, labs: Mapping[str, Lab]) -> int:
    """The position of a lab's assignment."""
    wanted = marks.rules.columns.get(lab.name)
    if wanted is not None:
        found = [n for n, title in enumerate(table.titles) if title.strip() == wanted.strip()]
    else:
        found = [
            n
            for n, title in enumerate(table.titles)
            if _ID.search(title) and _is_of(_ID.sub("", title), lab, labs)
        ]
        found = [n for n in found if not _READ_ONLY.search("".join(_cells_of_points(table, n)))]
    if len(found) == 1:
        return found[0]
    titles = [title for title in table.titles if _ID.search(title)]
    which = f"{len(found)} columns look like {lab.name}" if found else f"no column is {lab.name}"
    raise UserError(
        f'{which} in {marks.source}: name it in course.toml, [columns] {lab.name} = "...", out of '
        f"{filling.listed(titles) or 'the titles with a number in brackets'}"
    )


def _is_of(title: str, lab: Lab, labs: Mapping[str, Lab]) -> bool:
    plain = re.sub(r"[^\w\s-]+", " ", title).strip()
    if (whole := naming.lab_named(plain, labs.values())) is not None:
        return whole == lab
    return [found.name for found, _ in naming.split(plain, labs.values())] == [lab.name]


def _cells_of_points(table: Table, column: int) -> list[str]:
    return [row[column] for row in table.rows if "Points Possible" in row[0] and column < len(row)]


def _padded(row: list[str], length: int) -> list[str]:
    return [*row, *[""] * (length - len(row))]


def _number(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return 0.0
