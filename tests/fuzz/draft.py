"""A submission in the making: a real notebook that mutators change, and then a student's folder."""

from __future__ import annotations

import ast
import copy
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Literal, TypeAlias

LAB = "01_logit_lens"
FILE = "logit_lens.ipynb"
EXERCISES = ("final_norm", "token_rank", "kl_to_final", "commit_layer", "challenge_answer")
"""Those that are checked, because their checks are cheap."""

Kept: TypeAlias = None
"""What a mutator returns that no mark may hang on."""
Touched: TypeAlias = frozenset[str]
"""What a mutator returns that may cost these exercises, and no other."""
Lost: TypeAlias = Literal["all"]
"""What a mutator returns after which nothing is promised, but a grade or a named reason."""

Cell = dict[str, Any]


class DoesNotApply(Exception):
    """This mutator finds nothing to change in this notebook."""


def _write(home: Path, data: bytes) -> None:
    (home / LAB).mkdir(parents=True)
    (home / LAB / FILE).write_bytes(data)


@dataclass
class Draft:
    """One mutant while it is made.

    Attributes:
        notebook: the document; empty where the file that was started from is no JSON.
        data: the file's bytes; made of the document when the first file mutator asks for them.
        student: the folder's name.
        write: puts the bytes into a student's folder, which is not there yet.
    """

    notebook: Cell
    student: str
    data: bytes = b""
    write: Callable[[Path, bytes], None] = field(default=_write)

    @property
    def cells(self) -> list[Any]:
        """The notebook's cells."""
        cells = self.notebook.get("cells")
        if not isinstance(cells, list):
            raise DoesNotApply
        return cells

    def of_kind(self, kind: str) -> list[Cell]:
        """The cells of one kind, as they stand in the list."""
        return [c for c in self.cells if isinstance(c, dict) and c.get("cell_type") == kind]

    def pick(self, draw: Random) -> tuple[str, Cell]:
        """Return a checked exercise and the one cell that defines it."""
        found = [(name, c) for c in self.of_kind("code") for name in sorted(defined(c))]
        once = [pair for pair in found if [n for n, _ in found].count(pair[0]) == 1]
        if not once:
            raise DoesNotApply
        return draw.choice(once)

    def function(self, draw: Random) -> tuple[str, Cell]:
        """Return a checked exercise that is a plain function, alone in its cell but for imports."""
        for _ in range(20):
            name, cell = self.pick(draw)
            if text(cell).startswith(f"def {name}(") and defined(cell) == {name}:
                return name, cell
        raise DoesNotApply

    def position(self, cell: Cell) -> int:
        """Return where a cell stands."""
        return next(n for n, other in enumerate(self.cells) if other is cell)

    def insert(self, place: int, *sources: str) -> None:
        """Put code cells in."""
        self.cells[place:place] = [new(source) for source in sources]

    def anywhere(self, draw: Random) -> int:
        """Draw a place for a new cell: below the imports, for what hangs on them."""
        return draw.randint(len(self.cells) // 3, len(self.cells))

    def bytes(self) -> bytes:
        """Return the file's bytes."""
        if not self.data:
            self.data = json.dumps(self.notebook, indent=1).encode()
        return self.data


def start(path: Path, student: str) -> Draft:
    """Begin with a copy of a submission."""
    data = path.read_bytes()
    try:
        return Draft(json.loads(data), student)
    except ValueError:
        return Draft({}, student, data)


def new(source: str, kind: str = "code") -> Cell:
    """Make a cell."""
    cell: Cell = {"cell_type": kind, "metadata": {}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def twin(cell: Cell) -> Cell:
    """Copy a cell."""
    return copy.deepcopy(cell)


def text(cell: Cell) -> str:
    """Return a cell's source as one text; empty where it is none."""
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(part, str) for part in source):
        return "".join(source)
    return source if isinstance(source, str) else ""


def is_python(cell: Cell) -> bool:
    """Can plain Python read a cell?"""
    return _tree(text(cell)) is not None


def parsed(cell: Cell) -> list[ast.stmt]:
    """Return a cell's statements; none where it is no Python."""
    return _tree(text(cell)) or []


def defined(cell: Cell) -> set[str]:
    """Return the checked exercises that a cell defines, however deep it does."""
    names = set()
    for statement in parsed(cell):
        for node in ast.walk(statement):
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
    return names & set(EXERCISES)


@lru_cache(maxsize=2000)
def _tree(source: str) -> list[ast.stmt] | None:
    if not any(name in source for name in (*EXERCISES, "with check")) and len(source) > 5_000:
        return None  # one of our own long lines
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
