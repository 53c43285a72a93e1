"""What happens to whole cells: lost metadata, copies, moves, merges and splits."""

from __future__ import annotations

from random import Random

from tests.fuzz.draft import (
    DoesNotApply,
    Draft,
    Kept,
    Lost,
    Touched,
    defined,
    is_python,
    new,
    parsed,
    text,
    twin,
)


def loses_metadata_of_one(draw: Random, draft: Draft) -> Kept:
    """An exercise's cell was typed anew."""
    draft.pick(draw)[1]["metadata"] = {}


def loses_metadata_of_all(draw: Random, draft: Draft) -> Kept:
    """A tool strips all metadata."""
    for cell in draft.of_kind("code") + draft.of_kind("markdown"):
        cell["metadata"] = {}
    draft.notebook["metadata"] = {}


def keeps_only_sources(draw: Random, draft: Draft) -> Kept:
    """A tool writes nothing but kinds and sources."""
    for cell in draft.of_kind("code") + draft.of_kind("markdown"):
        for key in set(cell) - {"cell_type", "source"}:
            del cell[key]


def loses_ids(draw: Random, draft: Draft) -> Kept:
    """An old Jupyter has no cell ids."""
    for cell in draft.of_kind("code"):
        cell.pop("id", None)


def repeats_one_id(draw: Random, draft: Draft) -> Kept:
    """Every cell has the same id."""
    for cell in draft.of_kind("code"):
        cell["id"] = "same"


def swaps_grade_ids(draw: Random, draft: Draft) -> Kept:
    """Two exercises were written into each other's cells."""
    first, second = draft.pick(draw)[1], draft.pick(draw)[1]
    first["metadata"], second["metadata"] = second.get("metadata", {}), first.get("metadata", {})


def duplicates_an_exercise(draw: Random, draft: Draft) -> Kept:
    """A cell was copied and pasted."""
    cell = draft.pick(draw)[1]
    draft.cells.insert(draft.position(cell) + 1, twin(cell))


def duplicates_everything(draw: Random, draft: Draft) -> Kept:
    """A merge tool kept both sides."""
    draft.cells.extend([twin(cell) for cell in draft.cells])


def leaves_the_stub_above(draw: Random, draft: Draft) -> Kept:
    """The exercise was written in a new cell below the given one."""
    name, cell = draft.function(draw)
    draft.insert(draft.position(cell), f"def {name}(*args):\n    raise NotImplementedError()\n")


def leaves_the_stub_below(draw: Random, draft: Draft) -> Touched:
    """The exercise was written above the given cell, which counts as in the notebook."""
    name, _ = draft.function(draw)
    draft.insert(len(draft.cells), f"def {name}(*args):\n    raise NotImplementedError()\n")
    return frozenset({name})


def deletes_an_exercise(draw: Random, draft: Draft) -> Touched:
    """A cell is gone."""
    cell = draft.pick(draw)[1]
    draft.cells.remove(cell)
    return frozenset(defined(cell))


def deletes_the_checks(draw: Random, draft: Draft) -> Kept:
    """Somebody tidied up."""
    for cell in draft.of_kind("code"):
        if "with check" in text(cell) and not defined(cell):
            draft.cells.remove(cell)


def deletes_the_prose(draw: Random, draft: Draft) -> Kept:
    """Only code is left."""
    draft.notebook["cells"] = draft.of_kind("code")


def deletes_any_cells(draw: Random, draft: Draft) -> Lost:
    """Three cells are gone, the imports perhaps."""
    for _ in range(min(3, len(draft.cells))):
        draft.cells.pop(draw.randrange(len(draft.cells)))
    return "all"


def reorders_the_prose(draw: Random, draft: Draft) -> Kept:
    """Markdown cells stand in any order."""
    places = [draft.position(cell) for cell in draft.of_kind("markdown")]
    cells = [draft.cells[place] for place in places]
    draw.shuffle(cells)
    for place, cell in zip(places, cells, strict=True):
        draft.cells[place] = cell


def moves_an_exercise_to_the_end(draw: Random, draft: Draft) -> Kept:
    """A cell was moved below everything."""
    cell = draft.pick(draw)[1]
    draft.cells.append(draft.cells.pop(draft.position(cell)))


def moves_an_exercise_to_the_top(draw: Random, draft: Draft) -> Touched:
    """A cell was moved above the imports it may need."""
    cell = draft.pick(draw)[1]
    draft.cells.insert(0, draft.cells.pop(draft.position(cell)))
    return frozenset(defined(cell))


def swaps_two_exercises(draw: Random, draft: Draft) -> Kept:
    """Two cells stand in each other's places."""
    first, second = (draft.position(draft.pick(draw)[1]) for _ in range(2))
    cells = draft.cells
    cells[first], cells[second] = cells[second], cells[first]


def shuffles_all(draw: Random, draft: Draft) -> Lost:
    """All cells stand in any order."""
    draw.shuffle(draft.cells)
    return "all"


def merges_two_exercises(draw: Random, draft: Draft) -> Kept:
    """Two exercises stand in one cell."""
    first, second = draft.pick(draw)[1], draft.pick(draw)[1]
    if first is second or draft.position(first) > draft.position(second):
        raise DoesNotApply
    second["source"] = text(first).rstrip("\n") + "\n\n" + text(second)
    draft.cells.remove(first)


def merges_check_and_solution(draw: Random, draft: Draft) -> Kept:
    """A solution and the check below it stand in one cell."""
    cell = draft.pick(draw)[1]
    below = draft.cells[draft.position(cell) + 1 :]
    check = next((c for c in below if isinstance(c, dict) and "with check" in text(c)), None)
    if check is None or not parsed(check) or defined(check):
        raise DoesNotApply
    cell["source"] = text(cell).rstrip("\n") + "\n\n" + text(check)
    draft.cells.remove(check)


def merges_all_code(draw: Random, draft: Draft) -> Kept:
    """All code stands in one cell."""
    code = draft.of_kind("code")
    if not all(map(is_python, code)):
        raise DoesNotApply
    draft.notebook["cells"] = [new("\n\n".join(text(cell) for cell in code))]


def merges_with_prose(draw: Random, draft: Draft) -> Touched:
    """The text above an exercise has slipped into its cell."""
    cell = draft.pick(draw)[1]
    names = frozenset(defined(cell))
    cell["source"] = "Here is what to do: write it.\n\n" + text(cell)
    return names


def splits_between_statements(draw: Random, draft: Draft) -> Kept:
    """A cell was cut between two statements."""
    cells = [cell for cell in draft.of_kind("code") if len(parsed(cell)) > 1]
    if not cells:
        raise DoesNotApply
    cell = draw.choice(cells)
    nodes = parsed(cell)
    place = draw.randrange(1, len(nodes))
    above, below = nodes[place - 1 : place + 1]
    first = min([below.lineno, *(d.lineno for d in getattr(below, "decorator_list", []))])
    if above.end_lineno == first:  # on one line
        raise DoesNotApply
    lines = text(cell).split("\n")
    cell["source"] = "\n".join(lines[: first - 1])
    draft.insert(draft.position(cell) + 1, "\n".join(lines[first - 1 :]))


def splits_inside_a_function(draw: Random, draft: Draft) -> Touched:
    """A cell was cut in the middle of a function."""
    name, cell = draft.function(draw)
    lines = text(cell).split("\n")
    cut = draw.randint(1, max(1, len(lines) - 2))
    cell["source"] = "\n".join(lines[:cut])
    draft.insert(draft.position(cell) + 1, "\n".join(lines[cut:]))
    return frozenset({name})


def turns_prose_into_code(draw: Random, draft: Draft) -> Kept:
    """A markdown cell became a code cell."""
    prose = draft.of_kind("markdown")
    if not prose:
        raise DoesNotApply
    cell = draw.choice(prose)
    cell.update(cell_type="code", outputs=[], execution_count=None)


def turns_an_exercise_into_prose(draw: Random, draft: Draft) -> Touched:
    """A code cell became a markdown or raw cell by a slip of a key."""
    cell = draft.pick(draw)[1]
    lost = frozenset(defined(cell))
    cell["cell_type"] = draw.choice(["markdown", "raw"])
    return lost


def turns_an_exercise_into_prose_and_back(draw: Random, draft: Draft) -> Kept:
    """What that leaves: no outputs, and perhaps no metadata."""
    cell = draft.pick(draw)[1]
    for key in ("outputs", "execution_count", draw.choice(["metadata", "id"])):
        cell.pop(key, None)
