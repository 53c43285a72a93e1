"""Formgrader's button: the request that its page sends, to a server of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.nbgrader_course import (
    CHECK,
    LAB,
    RIGHT,
    hand_in,
    in_gradebook,
    nbgrader,
    solved,
    take_any_machine,
)

pytestmark = pytest.mark.xdist_group("course")
_PATIENCE = 120.0  # seconds for what takes three, unless the machine is very busy


@pytest.fixture(scope="module")
def course(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = tmp_path_factory.mktemp("formgrader") / "course"
    shutil.copytree(released_course, course)
    take_any_machine(course)
    hand_in(
        course, "naive", solved(course, "p = logits.softmax(-1); return -(p * p.log()).sum(-1)")
    )
    hand_in(course, "right", solved(course, RIGHT))
    hand_in(course, "broken", b"{")
    nbgrader(course, "generate_assignment", LAB, "--force")
    return course


@pytest.fixture(scope="module")
def server(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A Jupyter server with formgrader in it, on this machine only: what it says of itself."""
    home = tmp_path_factory.mktemp("jupyter")
    log = home / "log"
    command = [
        sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--IdentityProvider.token=a-token",
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    ]  # fmt: skip
    names = ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(home),
        "HF_HUB_OFFLINE": "1",
        **{name: str(home) for name in names},
    }
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=course, env=environment, stderr=output)
    try:
        yield _found(home, process, log)
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _found(home: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for path in home.glob("jpserver-*.json"):
            told: dict[str, Any] = json.loads(path.read_text() or "{}")
            if "url" in told:
                return told
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def press(server: dict[str, Any], student: str) -> dict[str, Any]:
    """Ask for one submission to be graded, as the page does."""
    request = urllib.request.Request(
        f"{server['url']}formgrader/api/submission/{LAB}/{student}/autograde",
        data=b"",
        headers={"Authorization": "token a-token"},
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as reply:
        answer: dict[str, Any] = json.loads(reply.read())
    return answer


def test_the_button_grades_isolated_and_warm(course: Path, server: dict[str, Any]) -> None:
    for student, mark in {"naive": 1.5, "right": 2.0, "broken": 0.0}.items():
        answer = press(server, student)
        assert answer["success"], answer
        assert in_gradebook(course / "gradebook.db", LAB)[student][CHECK] == mark
    assert "not valid JSON" in answer["log"]
    again = press(server, "naive")
    assert again["success"] and in_gradebook(course / "gradebook.db", LAB)["naive"][CHECK] == 1.5


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc")
def test_the_server_keeps_one_warm_parent(server: dict[str, Any]) -> None:
    press(server, "right")
    before = warm_parents(server["pid"])
    press(server, "naive")
    assert len(before) == 1 and warm_parents(server["pid"]) == before


def warm_parents(pid: int) -> list[str]:
    """The server's children that are warm parents, by process id."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [c for c in children if "warm_parent" in Path(f"/proc/{c}/cmdline").read_text()]
