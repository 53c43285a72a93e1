"""Otter, in an environment of its own: its wishes for versions are not ours.

The environment is made on demand and sees our packages, so that torch is there once. Where pip
reaches nothing, the table says so.
"""

from __future__ import annotations

import json
import subprocess
import sysconfig
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

from grader.course.labs import ROOT, Lab
from grader.errors import UserError
from tests.peers import bridge, measure, stock_nbgrader
from tests.peers.measure import Timeline
from tests.peers.otter_run import GRADED

_FOLDER = ROOT / ".venv-peers"
_WANTED = "otter-grader>=7,<8"
_PATIENCE = 300  # seconds for pip

_TEST = """\
OK_FORMAT = False

from otter.test_files import test_case

name = {exercise!r}
points = {points!r}
"""
_CASE = """

@test_case(points={points!r}, hidden=True)
def {check}(env):
    from tests.peers import bridge

    assert bridge.holds({lab!r}, {exercise!r}, {check!r}, env)
"""


def python() -> Path:
    """Return the interpreter of otter's environment, made when it is missing.

    Raises:
        UserError: it cannot be made; says why in one line.
    """
    program = _FOLDER / "bin" / "python"
    ready = _FOLDER / "ready"
    if ready.exists() and ready.read_text() == _WANTED:
        return program
    venv.create(_FOLDER, with_pip=True, clear=True)
    paths = sysconfig.get_paths(vars={"base": str(_FOLDER), "platbase": str(_FOLDER)})
    Path(paths["purelib"], "ours.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    command = [str(program), "-m", "pip", "install", "--quiet", _WANTED]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
        problem = done.stderr.strip().splitlines()[-1:] if done.returncode else []
    except subprocess.TimeoutExpired:
        problem = [f"pip was not ready after {_PATIENCE} s"]
    if problem:
        raise UserError(f"no otter here: {problem[0][:120]}")
    ready.write_text(_WANTED)
    return program


def autograder(path: Path, lab: Lab) -> Path:
    """Write the zip that otter grades by: a test file an exercise, a test case a hidden check."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"lang": "python"}))
        for beside in sorted(lab.released.iterdir()):
            if beside.is_file() and beside.suffix in (".py", ".json"):
                archive.writestr(f"files/{beside.name}", beside.read_bytes())
        for exercise in lab.exercises:
            checks = bridge.names(lab, exercise.name)
            text = _TEST.format(exercise=exercise.name, points=exercise.points)
            for check in checks:
                text += _CASE.format(
                    points=exercise.points / len(checks), check=check,
                    lab=lab.name, exercise=exercise.name,
                )  # fmt: skip
            archive.writestr(f"tests/{exercise.name}.py", text)
    return path


def grade(
    zipped: Path,
    notebooks: Sequence[Path],
    seconds: float,
    before: Sequence[str] = (),
    code: Path = ROOT,
    told: Path | None = None,
) -> tuple[Timeline, dict[Path, dict[str, float]]]:
    """Grade notebooks one after the other; return what it took, and the marks by exercise."""
    program = python()
    command = [*before, str(program), "-m", "tests.peers.otter_run", str(zipped)]
    command += [str(path) for path in notebooks]
    environment = stock_nbgrader.environment(program.parent, code, told)
    timeline = measure.run(command, GRADED, zipped.parent, environment, seconds)
    marks = {}
    for line in timeline.said.splitlines():
        if line.startswith(GRADED):
            found = json.loads(line.removeprefix(GRADED))
            marks[Path(found["notebook"])] = found["marks"]
    return timeline, marks
