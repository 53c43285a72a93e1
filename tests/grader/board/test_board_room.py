"""The board's arithmetic: time paths, the clock, and who is stuck."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from grader.board.clock import Clock
from grader.board.plan import Plan, paths, plan
from grader.board.room import Event, Participant, Room
from grader.course import labs
from grader.course.labs import Lab
from grader.errors import UserError

LABS = list(labs.find().values())
START = 1_800_000_000.0
FIRST, SECOND = "residual_stack", "final_norm"

# Read off the READMEs by hand.
READ = {
    "01_logit_lens": {45: [1, 2, 3], 90: [1, 2, 3, 4, 5, 6], 180: [*range(1, 13)]},
    "02_patching": {45: [1, 2, 3, 4], 90: [*range(1, 7)], 180: [*range(1, 9), 17]},
    "03_induction_heads": {
        45: [1, 2, 3, 4, 5],
        90: [*range(1, 7), 11],
        180: [*range(1, 9), 10, 11, 20, 21],
    },
}


def _paths(lab: Lab) -> dict[int, tuple[int, ...]]:
    readme = lab.source.with_name("README.md").read_text(encoding="utf-8")
    return paths(readme, len(lab.exercises))


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_every_lab_has_time_paths_that_grow(lab: Lab) -> None:
    found = _paths(lab)
    assert {45, 90, 180} <= set(found), "a path of the README names no exercises"
    assert set(found[45]) <= set(found[90]) <= set(found[180])
    if lab.name in READ:
        assert {length: list(numbers) for length, numbers in found.items()} == READ[lab.name]


@pytest.mark.parametrize("minutes", [10, 30, 45, 60, 90, 137, 180, 480])
@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_a_plan_fills_the_time_without_gaps(lab: Lab, minutes: int) -> None:
    made = plan(lab, minutes)
    assert [task.name for task in made.tasks] == [one.name for one in lab.exercises]
    assert made.stops[0].start == 0
    assert all(one.end == other.start for one, other in pairwise(made.stops))
    assert all(stop.end > stop.start for stop in made.stops)
    assert made.stops[-1].end == minutes
    assert made.stops[-1].task is None, "some time is left for questions"


def test_a_lab_without_paths_gets_what_matters_most(tmp_path: Path) -> None:
    lab = labs.named("1")
    shutil.copytree(lab.source.parent, tmp_path / "solutions" / lab.name)
    lab = replace(lab, root=tmp_path)
    (tmp_path / "solutions" / lab.name / "README.md").write_text("# A lab\n")
    made = plan(lab, 45)
    chosen = [stop.task for stop in made.stops if stop.task]
    assert sum(task.minutes for task in chosen) <= 45
    left_out = [task for task in made.tasks if task not in chosen]
    # Nothing that matters more was left out though it would have fitted in place of the least.
    assert min(task.importance for task in chosen) >= 4
    assert {task.importance for task in left_out if task.minutes <= 5} <= {3, 4}


@pytest.mark.parametrize("minutes", [-5, 0, 9, 481])
def test_minutes_that_nobody_can_plan_are_one_line(minutes: int) -> None:
    with pytest.raises(UserError, match="--minutes is between 10 and 480"):
        plan(LABS[0], minutes)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("exercises 1, 2 and 4 to 6.", (1, 2, 4, 5, 6)),
        ("exercise 3.", (3,)),
        ("everything. If time runs out, leave out exercise 2.", (1, 2, 3, 4, 5, 6, 7, 8, 9)),
        ("exercises 2 (the norm) and 3; exercise 9 is for the evening.", (2, 3)),
        ("part 5 (exercises 7 and 8), and part 3.", (7, 8)),
        ("exercises 8 to 12.", (8, 9)),
    ],
)
def test_a_path_is_read_as_a_person_would(text: str, numbers: tuple[int, ...]) -> None:
    assert paths(f"# Lab\n\n## Paths\n\n- **60 minutes**: {text}\n\n## More\n", 9) == {60: numbers}


def test_the_clock_counts_no_pause() -> None:
    clock = Clock()
    assert (clock.state, clock.elapsed(START)) == ("ready", 0)
    clock.press("pause", START)  # means nothing yet
    clock.press("start", START)
    clock.press("start", START + 50)  # nor does a second start
    assert clock.elapsed(START + 60) == 60
    clock.press("pause", START + 60)
    assert (clock.state, clock.elapsed(START + 600)) == ("paused", 60)
    clock.press("resume", START + 660)
    assert clock.elapsed(START + 690) == 90
    assert clock.worked(START + 30, START + 690) == 60  # 660 s, 600 of them a break
    clock.press("pause", START + 700)
    clock.press("reset", START + 800)
    assert (clock.state, clock.elapsed(START + 900)) == ("ready", 0)
    assert clock.worked(START + 700, START + 900) == 100  # the break counts as one still


def _ends(clock: Clock, made: Plan) -> list[float]:
    return [stop.end for stop in clock.stops(made)]


def test_more_minutes_go_to_the_exercise_at_hand() -> None:
    made, clock = plan(LABS[0], 90), Clock()
    first, second, *rest = (stop.end for stop in made.stops)
    clock.press("start", START)
    clock.press("extend", START + 60 * (first + 1), 5)
    assert _ends(clock, made) == [first, second + 5, *(end + 5 for end in rest)]
    clock.press("extend", START + 60 * (first + 1), -5)
    assert _ends(clock, made) == [first, second, *rest]
    clock.press("extend", START + 60 * (first + 2), -60)  # no shorter than it has been already
    assert _ends(clock, made)[1] == first + 2
    over = Clock()
    over.press("start", START)
    over.press("extend", START + 60 * 100, 10)
    assert _ends(over, made)[-1] == 110


class _Told(Room):
    """A room that is told what happens in minutes."""

    def join(self, name: str, minute: float = 0, shown: bool = False) -> Participant:
        body = {"nickname": name, "shown": shown, "key": f"hash of {name}'s"}
        self.apply(Event(START + 60 * minute, "join", name, body))
        return self.by_id[name]

    def check(self, name: str, minute: float, exercise: str, passed: bool) -> None:
        body = {"exercise": exercise, "passed": passed, "number": f"{minute} {exercise}"}
        self.apply(Event(START + 60 * minute, "check", name, body))

    def press(self, minute: float, button: str) -> None:
        self.apply(Event(START + 60 * minute, "clock", "", {"press": button, "minutes": 0}))

    def at(self, minute: float, who: Participant, exercise: str, minutes: int = 10) -> str | None:
        return self.standing(who, exercise, minutes, START + 60 * minute)


def test_trying_becomes_stuck_after_the_exercises_minutes_and_ends_when_it_passes() -> None:
    room = _Told()
    ada = room.join("ada")
    assert room.at(1, ada, FIRST) is None
    room.check("ada", 2, FIRST, False)
    room.check("ada", 9, FIRST, False)
    assert [room.at(minute, ada, FIRST) for minute in (9, 11.9, 12, 20)] == [
        *("trying", "trying", "stuck", "stuck")
    ]
    # An exercise of one minute is not given up after one, and one of an hour not waited for.
    assert [room.at(minute, ada, FIRST, minutes=1) for minute in (6, 7)] == ["trying", "stuck"]
    assert [room.at(minute, ada, FIRST, minutes=60) for minute in (16, 17)] == ["trying", "stuck"]
    room.check("ada", 18, FIRST, True)
    room.check("ada", 19, FIRST, False)  # trying something out
    assert room.at(30, ada, FIRST) == "passed"


def test_a_break_makes_nobody_stuck() -> None:
    room = _Told()
    ada = room.join("ada")
    room.press(0, "start")
    room.check("ada", 2, FIRST, False)
    room.press(5, "pause")
    room.press(35, "resume")
    assert [room.at(minute, ada, FIRST) for minute in (34, 41, 42)] == ["trying", "trying", "stuck"]


def test_who_goes_on_leaves_it_open_and_may_come_back() -> None:
    room = _Told()
    ada = room.join("ada")
    room.check("ada", 1, FIRST, False)
    room.check("ada", 3, SECOND, False)
    assert (room.at(20, ada, FIRST), room.at(20, ada, SECOND)) == ("left", "stuck")
    room.check("ada", 21, FIRST, False)
    assert room.at(22, ada, FIRST) == "trying", "the time is counted anew"


def test_who_is_not_heard_of_is_quiet_and_not_stuck() -> None:
    room = _Told()
    ada = room.join("ada")
    room.check("ada", 1, FIRST, False)
    assert (room.at(20, ada, FIRST), room.quiet(ada, START + 60 * 20)) == ("stuck", False)
    assert (room.at(22, ada, FIRST), room.quiet(ada, START + 60 * 22)) == ("left", True)


def test_a_report_that_comes_twice_counts_once_and_one_of_nobody_never() -> None:
    room = _Told()
    ada = room.join("ada")
    room.check("ada", 1, FIRST, False)
    room.check("ada", 1, SECOND, False)
    room.check("ada", 1, FIRST, False)
    assert ada.current == SECOND
    room.check("nobody", 2, FIRST, True)
    assert list(room.people()) == [ada]
