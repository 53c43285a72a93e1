"""The attack corpus against stock nbgrader and otter: what gets through there, and here.

An attack succeeds when an exercise that it attacks earns points, when a canary of its own was
touched, or when it returns the proof that it got through. A peer runs in a copy of the course that
is thrown away, with rlimits and time limits; the attacks aim at canaries and count what they take.
``BENCH_ATTACKS`` is how many of each family are tried; all, and an hour, with ``all``.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from grader import grading, sandbox
from grader.course import labs
from grader.course.labs import ROOT, Lab
from grader.errors import UserError
from grader.seeds import PUBLIC
from tests.attacks import corpus
from tests.attacks.canaries import Canaries, put_out, sweep
from tests.attacks.corpus import WON, Attack
from tests.peers import classes, otter_grader, stock_nbgrader
from tests.peers.classes import Notebook

_LIMITED = ("bash", "-c", 'ulimit -v 8388608 -n 1024 -f 262144 -t 300; exec "$@"', "limited")
_A_CELL = 20  # seconds
_A_NOTEBOOK = 120
_AT_ONCE = 2

Marks = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Raid:
    """The attacks that are tried, and what they aim at.

    Attributes:
        notebooks: by student, as handed in.
        copy: the course that is thrown away, for those who run attacks in their own process.
        folder: for everything else.
    """

    lab: Lab
    attacks: Sequence[Attack]
    notebooks: Mapping[str, Notebook]
    canaries: Canaries
    copy: Path
    folder: Path

    def won(self, marks: Marks, said: Mapping[str, str]) -> set[str]:
        """Return who got through: by marks, by what they said, by their own canary."""
        return {
            attack.student
            for attack in self.attacks
            if any(marks.get(attack.student, {}).get(name, 0) > 0 for name in attack.exercises)
            or WON in said.get(attack.student, "")
            or self.canaries.token in said.get(attack.student, "")
            or self.canaries.touched(attack.student)
        }


def attacks() -> Table:
    """Try the attacks on each grader and count, by family, which got through."""
    lab = labs.named(corpus.LAB)
    chosen = _chosen(corpus.find(lab))
    rows = Table("attacks", title="attacks that get through, of those tried")
    columns: dict[str, set[str] | str] = {}
    tried: dict[str, Callable[[Raid], set[str]]] = {
        "ours": _ours, "stock nbgrader": _nbgrader, "otter": _otter
    }  # fmt: skip
    for who, grade in tried.items():
        rows.add_column(who, justify="right")
        with tempfile.TemporaryDirectory(prefix="interp-labs-peers-") as place:
            folder = Path(place)
            with put_out(folder) as canaries:
                try:
                    columns[who] = grade(_raid(lab, chosen, canaries, folder))
                except UserError as error:
                    columns[who] = str(error)
                finally:
                    sweep()  # what they left for the next, where nothing kept them from it
    for family in [*sorted({attack.family for attack in chosen}), ""]:
        names = {attack.student for attack in chosen if family in ("", attack.family)}
        counts = [
            column if isinstance(column, str) else f"{len(column & names)} of {len(names)}"
            for column in columns.values()
        ]
        rows.add_row(family or "all", *counts)
    rows.caption = f"{len(chosen)} of {len(corpus.find(lab))} code attacks; BENCH_ATTACKS=all: all"
    return rows


def _chosen(found: Sequence[Attack]) -> list[Attack]:
    """Take some of each family, spread over its names."""
    asked = os.environ.get("BENCH_ATTACKS", "2")
    chosen: list[Attack] = []
    for family in sorted({attack.family for attack in found}):
        own = [attack for attack in found if attack.family == family]
        count = len(own) if asked == "all" else min(int(asked), len(own))
        chosen += [own[place * len(own) // count] for place in range(count)]
    return chosen


def _raid(lab: Lab, chosen: Sequence[Attack], canaries: Canaries, folder: Path) -> Raid:
    copy = folder / "course"
    for name in ("grader", "labs", "solutions", "tests"):
        junk = shutil.ignore_patterns("__pycache__", "submissions")
        shutil.copytree(ROOT / name, copy / name, ignore=junk)
    notebooks = {
        attack.student: corpus.submission(lab, attack, canaries.constants(attack.student))
        for attack in chosen
    }
    return Raid(lab, chosen, notebooks, canaries, copy, folder)


def _ours(raid: Raid) -> set[str]:
    for student, notebook in raid.notebooks.items():
        place = raid.folder / "class" / student / raid.lab.name
        classes.write(notebook, place / f"{raid.lab.topic}.ipynb")
    order = grading.Order(
        place=raid.folder / "class",
        out=raid.folder / "marks",
        labs=(raid.lab,),
        workers=_AT_ONCE,
        secret=PUBLIC,
        rungs=sandbox.rungs(),
    )
    marks, said = {}, {}
    for result in grading.grade(order, lambda step: None):
        marks[result.student] = {e.name: e.score for e in result.exercises}
        checks = [check.message for e in result.exercises for check in e.checks]
        said[result.student] = "\n".join([result.reason, *checks])
    return raid.won(marks, said)


def _nbgrader(raid: Raid) -> set[str]:
    told = raid.folder / "told"

    def part(number: int) -> Marks:
        source = classes.lean(classes.source(raid.lab), raid.lab)
        course = stock_nbgrader.course(
            raid.folder / f"nbgrader-{number}", raid.lab, source, _A_CELL, raid.copy, told
        )
        for student in list(raid.notebooks)[number::_AT_ONCE]:
            course.hand_in({student: classes.lean(raid.notebooks[student], raid.lab)})
            # One at a time: an attack that ends the grader ends its own run.
            course.nbgrader(
                "autograde", course.assignment, "--student", student,
                seconds=_A_NOTEBOOK, before=_LIMITED,
            )  # fmt: skip
        return course.marks()

    marks: dict[str, Mapping[str, float]] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for found in pool.map(part, range(_AT_ONCE)):
            marks |= found
    return raid.won(marks, _said(told))


def _otter(raid: Raid) -> set[str]:
    otter_grader.python()
    told = raid.folder / "told"
    zipped = otter_grader.autograder(raid.folder / "autograder.zip", raid.lab)

    def one(student: str) -> Mapping[str, float]:
        path = raid.folder / f"{student}.ipynb"
        classes.write(classes.lean(raid.notebooks[student], raid.lab), path)
        _, marks = otter_grader.grade(zipped, [path], _A_NOTEBOOK, _LIMITED, raid.copy, told)
        return marks.get(path, {})

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        marks = dict(zip(raid.notebooks, pool.map(one, raid.notebooks), strict=True))
    return raid.won(marks, _said(told))


def _said(told: Path) -> dict[str, str]:
    """Read what the bridge wrote, by student."""
    said: dict[str, str] = {}
    for line in told.read_text(errors="replace").splitlines() if told.exists() else []:
        try:
            student, messages = json.loads(line)
            said[student] = said.get(student, "") + "\n".join(messages)
        except (ValueError, TypeError):
            continue  # written by an attack
    return said
