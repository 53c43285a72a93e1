"""Every way to set the course up installs the same tested versions."""

from __future__ import annotations

import re
import tomllib

import yaml
from packaging.requirements import Requirement

from grader.course.labs import ROOT

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())


def _lock() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().split()
    return {name.lower().replace("_", "-"): version for name, version in
            (line.split("==") for line in lines)}  # fmt: skip


def test_the_lock_meets_every_range() -> None:
    lock = _lock()
    asked = [*_PROJECT["dependencies"], *_PROJECT["optional-dependencies"]["dev"]]
    assert len(asked) > 15
    for text in asked:
        requirement = Requirement(text)
        version = lock[requirement.name.lower()]
        assert requirement.specifier.contains(version), f"{text} against {version} in the lock"


def test_the_lock_pins_and_brings_no_cuda() -> None:
    lock = _lock()
    assert lock["torch"] == "2.13.0"
    assert not [name for name in lock if name.startswith(("nvidia-", "cuda-")) or name == "triton"]


def test_conda_gets_the_versions_of_the_lock() -> None:
    plain = [line for line in _ENVIRONMENT["dependencies"] if isinstance(line, str)]
    pip = next(line["pip"] for line in _ENVIRONMENT["dependencies"] if isinstance(line, dict))
    assert "-c requirements.lock" in pip
    assert "-e ." in pip
    pins = dict(line.split("=", 1) for line in plain if "=" in line)
    assert pins.pop("pytorch-cpu") == _lock()["torch"]
    assert re.fullmatch(r"3\.\d+", pins.pop("python"))
    assert pins == {}, "all else comes from the lock"


def test_make_installs_from_the_lock() -> None:
    makefile = (ROOT / "Makefile").read_text()
    installs = [line for line in makefile.splitlines() if "pip install" in line]
    assert installs
    assert all("-c requirements.lock" in line for line in installs)


def test_ci_runs_what_the_readme_says() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text().splitlines()
    assert "make test" in (ROOT / "README.md").read_text()
