"""Say what this machine has: versions, the model's cache, isolation; and what to do."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from grader.course.labs import ROOT
from grader.sandbox import rungs

_SHOWN = ("torch", "transformer-lens", "sae-lens", "nbgrader", "pytest", "jupyterlab")


def report(console: Console) -> int:
    """Print the findings; return 0 when nothing is missing that labs or grading need."""
    worst = 0
    for good, line, advice in _findings():
        console.print(f"{'[green]ok[/]  ' if good else '[red]look[/]'}  {escape(line)}")
        if advice:
            console.print(f"      {escape(advice)}")
        worst = max(worst, 0 if good else 1)
    return worst


def _findings() -> Iterator[tuple[bool, str, str]]:
    version = platform.python_version_tuple()
    new_enough = (int(version[0]), int(version[1])) >= (3, 11)
    yield new_enough, f"Python {platform.python_version()} on {platform.system()}", (
        "" if new_enough else "the course needs Python 3.11 or newer"
    )  # fmt: skip
    locked = dict(_locked())
    for name in _SHOWN:
        try:
            found = importlib.metadata.version(name).split("+")[0]
        except importlib.metadata.PackageNotFoundError:
            yield False, f"{name} is not installed", "run make demo, or pip install -e ."
            continue
        same = found == locked.get(name)
        advice = "" if same else f"tested with {locked.get(name)}: rm -r .venv and run make again"
        yield same, f"{name} {found}", advice
    yield from _model()
    ladder = rungs()
    yield True, "isolation: a process of its own, to which only data crosses: yes", ""
    for sentence in ladder.sentences():
        yield True, f"isolation: {sentence}", ""
    doors = " and ".join(ladder.open_doors())
    yield ladder.strong, f"isolation is {'strong' if ladder.strong else 'weak'}", (
        "" if ladder.strong else
        f"nothing here keeps students' code from {doors}: grade needs --isolation weak; Linux with "
        "user namespaces, or with Landlock and seccomp, closes all doors (see SECURITY.md)"
    )  # fmt: skip


def _model() -> Iterator[tuple[bool, str, str]]:
    from labkit import fetch

    folder = fetch.cached()
    if folder is None:
        yield False, "model smollm2 is not in the cache", "with a network: make model"
    else:
        yield True, f"model smollm2 in {folder}", ""


def _locked() -> Iterator[tuple[str, str]]:
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        name, _, version = line.partition("==")
        if version:
            yield name.strip().lower(), version.strip()
