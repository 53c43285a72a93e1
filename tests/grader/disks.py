"""Grade onto a disk that is full, and onto one that is read-only: run by ``test_disks``.

It is started with ``unshare -rm``, so that it may mount small memory file systems that nobody else
sees. It prints one JSON object: what each run said, and what was on the disk after it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from grader import grading
from grader.errors import UserError
from grader.grading import Order, Step
from grader.ledger import chain, results
from grader.seeds import PUBLIC
from tests import small_course
from tests.grader.crash import files

SIZE = 30


def main(folder: Path) -> None:
    """Run all and print what came of it."""
    lab = small_course.write_course(folder / "course")
    small_course.write_class(lab, folder / "class", SIZE)
    order = Order(folder / "class", folder / "undisturbed", (lab,), 2, PUBLIC)
    found: dict[str, Any] = {"undisturbed": _run(order)}
    wanted = files(order.out)

    full = folder / "full"
    _mount(full, f"size={len(wanted['results.jsonl']) // 2 >> 10}k")
    found["full"] = _run(Order(order.place, full, order.labs, 2, PUBLIC))
    _remount(full, "size=16m")
    found["room again"] = _run(Order(order.place, full, order.labs, 2, PUBLIC))
    found["room again"]["as undisturbed"] = files(full) == wanted

    # Room for all results, and not for the pages.
    pages = folder / "pages"
    _mount(pages, f"size={(2 * len(wanted['results.jsonl']) >> 10) + 24}k")
    found["no room for pages"] = _run(Order(order.place, pages, order.labs, 2, PUBLIC))
    _remount(pages, "size=16m")
    found["room for pages"] = _run(Order(order.place, pages, order.labs, 2, PUBLIC))
    found["room for pages"]["as undisturbed"] = files(pages) == wanted

    fixed = folder / "fixed"
    _mount(fixed, "size=16m")
    shutil.copytree(order.out, fixed, dirs_exist_ok=True)
    _remount(fixed, "ro")
    changed = folder / "class" / "s00000" / lab.name / f"{lab.topic}.ipynb"
    changed.write_bytes(small_course.submission(lab, 2, "s00000"))
    found["read-only"] = _run(Order(order.place, fixed, order.labs, 2, PUBLIC))
    found["read-only"]["as undisturbed"] = files(fixed) == wanted
    found["read-only, new"] = _run(Order(order.place, fixed / "new", order.labs, 2, PUBLIC))
    print(json.dumps(found))


def _run(order: Order) -> dict[str, Any]:
    """Grade; tell what was said, how many were graded in this run, and what holds on the disk."""
    graded: list[str] = []

    def see(step: Step) -> None:
        if step.result is not None:
            graded.append(step.result.student)

    said = ""
    try:
        grading.grade(order, see)
    except UserError as error:
        said = str(error)
    path = order.out / "results.jsonl"
    holds = results.read(path) if path.exists() else []
    return {
        "said": said,
        "graded": graded,
        "holds": [result.student for result in holds],
        "problems": chain.problems(path, PUBLIC) if path.exists() else [],
    }


def _mount(place: Path, options: str) -> None:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)


def _remount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
