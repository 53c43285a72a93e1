"""A full disk and a read-only folder are said in one line, and nothing that was graded is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.grader import disks

_ROOT = Path(__file__).resolve().parents[3]
_IN_A_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    mount = ["mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run([*_IN_A_NAMESPACE, *mount], capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each run said and left."""
    assert _can_mount(), "this machine lets us make no namespace with a small disk in it"
    folder = tmp_path_factory.mktemp("disks")
    command = [*_IN_A_NAMESPACE, sys.executable, "-m", "tests.grader.disks", str(folder)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert answer["undisturbed"]["said"] == ""
    assert len(answer["undisturbed"]["holds"]) == disks.SIZE
    return answer


def _assert_one_line(said: str, why: str) -> None:
    assert said.startswith("cannot write to ")
    assert why in said
    assert "the same command goes on" in said
    assert "\n" not in said


def test_a_full_disk_keeps_all_that_was_graded(found: dict[str, Any]) -> None:
    full = found["full"]
    _assert_one_line(full["said"], "No space left on device")
    assert 0 < len(full["holds"]) < disks.SIZE
    assert set(full["graded"]) == set(full["holds"]), "what was said to be graded is on the disk"
    assert full["problems"] == []


def test_with_room_again_the_same_command_grades_the_rest_and_no_more(
    found: dict[str, Any],
) -> None:
    again = found["room again"]
    assert again["said"] == ""
    assert not set(again["graded"]) & set(found["full"]["holds"])
    assert len(again["graded"]) + len(found["full"]["holds"]) == disks.SIZE
    assert again["as undisturbed"]


def test_no_room_for_the_pages_costs_no_mark(found: dict[str, Any]) -> None:
    _assert_one_line(found["no room for pages"]["said"], "No space left on device")
    assert len(found["no room for pages"]["holds"]) == disks.SIZE
    again = found["room for pages"]
    assert (again["said"], again["graded"]) == ("", [])
    assert again["as undisturbed"]


@pytest.mark.parametrize("which", ["read-only", "read-only, new"])
def test_a_read_only_folder_is_said_before_anything_is_graded(
    found: dict[str, Any], which: str
) -> None:
    _assert_one_line(found[which]["said"], "Read-only file system")
    assert found[which]["graded"] == []
    assert found[which].get("as undisturbed", True)
