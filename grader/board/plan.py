"""A lab's time path: which exercises a workshop of so many minutes does, and when.

The paths stand in the lab's README, under "Paths": ``- **90 minutes**: exercises 1 to 6, ...``. A
lab whose README has none gets the most important exercises that fit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.course.labs import Lab
from grader.errors import UserError
from grader.pages.feedback import title

_WORTH = re.compile(r"difficulty \d/5 · importance (\d)/5 · (\d+) min")
_PATH = re.compile(r"^- \*\*(\d+) minutes\*\*: *(.*?)(?=^- |^#|^$|\Z)", re.MULTILINE | re.DOTALL)
_NUMBERS = re.compile(r"\bexercises? ((?:\d+|to|and|,|\([^()\d]*\)|\s)+)")
_SPARE = 0.1  # of the time, at least: questions, figures, talk
_STRETCH = 1.5  # the most that an exercise's minutes grow to fill the time
LONGEST = 8 * 60


@dataclass(frozen=True)
class Task:
    """One exercise as the board shows it."""

    number: int  # 1-based, as in the lab's README
    name: str
    minutes: int  # the lab's estimate
    importance: int  # 1 to 5


@dataclass(frozen=True)
class Stop:
    """A stretch of the time path, in minutes from the start."""

    task: Task | None  # None: what is left, for questions, figures and talk
    start: float
    end: float


@dataclass(frozen=True)
class Plan:
    """A lab's exercises and its time path."""

    lab: str
    title: str
    minutes: int
    tasks: tuple[Task, ...]
    stops: tuple[Stop, ...]


def plan(lab: Lab, minutes: int) -> Plan:
    """Lay a lab out over a workshop's minutes.

    Raises:
        UserError: the lab has no exercises, or nobody can plan so few or so many minutes.
    """
    if not 10 <= minutes <= LONGEST:
        raise UserError(f"--minutes is between 10 and {LONGEST}, not {minutes}")
    tasks = tuple(_tasks(lab))
    if not tasks:
        raise UserError(f"{lab.name} has no exercises to show on a board")
    readme = lab.source.with_name("README.md")
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    chosen = _chosen(tasks, paths(text, len(tasks)), minutes)
    return Plan(lab.name, title(lab.name, {}), minutes, tasks, _stops(chosen, minutes))


def paths(readme: str, count: int) -> dict[int, tuple[int, ...]]:
    """Read the time paths of a README: minutes to numbers of exercises, in the notebook's order.

    Args:
        readme: its text.
        count: how many exercises the lab has; other numbers are not exercises.
    """
    _, _, section = readme.partition("\n## Paths\n")
    section = section.partition("\n## ")[0]
    found: dict[int, tuple[int, ...]] = {}
    before: tuple[int, ...] = ()
    for minutes, text in _PATH.findall(section):
        first = re.split(r"[.;](?:\s|$)", text)[0]  # what follows is advice, such as what to omit
        numbers = list(before) if re.match(r"the (same|above)\b", first) else []
        if first.startswith("everything"):
            numbers = list(range(1, count + 1))
        for listed in _NUMBERS.findall(first):
            numbers += _numbers(listed)
        before = tuple(sorted({n for n in numbers if 1 <= n <= count}))
        if before:
            found[int(minutes)] = before
    return found


def _numbers(listed: str) -> list[int]:
    """Read ``1, 2 and 4 to 6``."""
    plain = re.sub(r"\([^()]*\)", " ", listed)
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s+to\s+(\d+))?", plain):
        found += range(int(first), int(last or first) + 1)
    return found


def _tasks(lab: Lab) -> list[Task]:
    found = []
    for number, exercise in enumerate(lab.exercises, start=1):
        place = lab.cells.index(exercise.cell)
        worth = _WORTH.search(lab.cells[place - 1].source) if place else None
        importance, minutes = (int(worth[1]), int(worth[2])) if worth else (3, 10)
        found.append(Task(number, exercise.name, minutes, importance))
    return found


def _chosen(tasks: tuple[Task, ...], known: dict[int, tuple[int, ...]], minutes: int) -> list[Task]:
    """The path's exercises: the README's longest that fits, else the most important ones."""
    fitting = [length for length in known if length <= minutes]
    if fitting:
        return [tasks[number - 1] for number in known[max(fitting)]]
    chosen: list[Task] = []
    room = minutes * (1 - _SPARE)
    for task in sorted(tasks, key=lambda one: (-one.importance, one.number)):
        if task.minutes <= room:
            chosen.append(task)
            room -= task.minutes
    return sorted(chosen or [tasks[0]], key=lambda one: one.number)


def _stops(chosen: list[Task], minutes: int) -> tuple[Stop, ...]:
    """Give each exercise its share, in whole minutes; what is left is for questions and talk."""
    asked = sum(task.minutes for task in chosen)
    scale = min(_STRETCH, minutes * (1 - _SPARE) / asked)
    stops, spent = [], 0
    for task in chosen:
        start, spent = round(spent * scale), spent + task.minutes
        stops.append(Stop(task, start, max(start + 1, round(spent * scale))))
    end = stops[-1].end
    return (*stops, Stop(None, end, minutes)) if end < minutes else tuple(stops)
