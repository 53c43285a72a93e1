"""What the page shows: the room and the clock as data, and the page that draws it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import segno
from labkit.board.link import Link

from grader.board.plan import Plan
from grader.board.room import STANDINGS, Room
from grader.pages import feedback


def page(plan: Plan) -> str:
    """The page, the same for everybody; what it shows it asks for, with the code or the token."""
    return feedback.render(
        "board.html.j2",
        ("page.css", "board.css"),
        "board.js",
        allow="connect-src 'self'; img-src data:",
        lab=plan.title,
    )


def welcome(plan: Plan, link: Link) -> dict[str, Any]:
    """What never changes while a board runs: the lab, and how to join."""
    code = segno.make(link.url, error="m", micro=False)
    short = link.letters or link.url  # from a screen on the wall it is typed by hand
    return {
        "lab": plan.lab,
        "title": plan.title,
        "link": link.url,
        # Dark on white, whatever the page's colours: cameras expect it so.
        "qr": code.svg_data_uri(border=4, dark="#000", light="#fff", omitsize=True),
        "line": f'from labkit import board\nboard.join("{short}", "your nickname")',
    }


def state(plan: Plan, room: Room, now: float) -> dict[str, Any]:
    """How far the room is: counts, and of names only those of the stuck who let them be shown."""
    people = list(room.people())
    exercises = []
    for task in plan.tasks:
        counts: Counter[str] = Counter()
        names = []
        for who in people:
            standing = room.standing(who, task.name, task.minutes, now)
            if standing is not None:
                counts[standing] += 1
            if standing == "stuck" and who.shown:
                names.append(who.nickname)
        one: dict[str, Any] = {"number": task.number, "name": task.name}
        one["stuck_names"] = sorted(names, key=str.casefold)
        one |= {standing: counts[standing] for standing in STANDINGS}
        exercises.append(one)
    return {
        "joined": len(people),
        "quiet": sum(room.quiet(who, now) for who in people),
        "exercises": exercises,
        "clock": _clock(plan, room, now),
    }


def _clock(plan: Plan, room: Room, now: float) -> dict[str, Any]:
    clock = room.clock
    stops = [
        {
            "exercise": stop.task.name if stop.task else "",
            "number": stop.task.number if stop.task else 0,
            "start": round(stop.start, 2),
            "end": round(stop.end, 2),
        }
        for stop in clock.stops(plan)
    ]
    elapsed = round(clock.elapsed(now), 1)
    running = clock.state == "running"
    # While it runs, the moment at which it stood at 0: that stays the same from answer to answer.
    return {
        "state": clock.state,
        "zero": round(now - clock.elapsed(now), 1) if running else None,
        "elapsed": None if running else elapsed,
        "stops": stops,
    }
