"""A course of one scaffolded lab, made once, so that no test here hangs on the real labs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course import labs
from grader.handout import fingerprints, release, scaffold

LAB = "07_entropy"


@pytest.fixture(scope="session")
def released_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only: labkit, the set-up files, and lab 07_entropy, released."""
    root = tmp_path_factory.mktemp("course")
    junk = shutil.ignore_patterns("__pycache__")
    shutil.copytree(labs.ROOT / "labs" / "labkit", root / "labs" / "labkit", ignore=junk)
    for name in ("pyproject.toml", "nbgrader_config.py", "requirements.lock", "environment.yml"):
        shutil.copy(labs.ROOT / name, root / name)
    scaffold.new(root, LAB)
    release.write(root)
    return root


@pytest.fixture
def measured(released_course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured at the first release is measured again: saves seconds for each change."""
    once = fingerprints.measure(released_course)
    monkeypatch.setattr(fingerprints, "measure", lambda root: once)


@pytest.fixture
def own_helpers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget the helper modules of other courses: all their labs have the same names."""
    monkeypatch.setattr(sys, "path", [p for p in sys.path if "solutions" not in Path(p).parts])
    others = sys.modules.pop("entropy_helpers", None)
    yield
    sys.modules.pop("entropy_helpers", None)
    if others is not None:
        sys.modules["entropy_helpers"] = others


@pytest.fixture
def course(released_course: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    return Path(shutil.copytree(released_course, tmp_path / "course"))
