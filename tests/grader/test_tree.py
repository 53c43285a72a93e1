"""The shape of the tree: which package may know of which."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import grader

_ROOT = Path(grader.__file__).parent
# What hidden checks import; the judging package is behind it and knows it.
_FOR_CHECKS = {"answers", "assertions", "student"}


def _imports() -> dict[str, set[str]]:
    """Return which packages of the grader each of its packages imports."""
    found: dict[str, set[str]] = {}
    for path in _ROOT.rglob("*.py"):
        package, *inside = path.relative_to(_ROOT).parts
        if package == "checks" or not inside:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "grader":
                for name in node.names:
                    first = f"{node.module}.{name.name}".split(".")[1]
                    if (_ROOT / first).is_dir() and first != package:
                        found.setdefault(package, set()).add(first)
    return found


def test_packages_import_each_other_in_one_direction() -> None:
    imports = _imports()
    assert {"judging", "marks", "pages"} <= set(imports)
    order = list(TopologicalSorter(imports).static_order())  # a cycle raises
    assert order.index("line") < order.index("workers") < order.index("judging")


def test_what_checks_import_does_not_reach_the_marks() -> None:
    imports = _imports()
    for name in _FOR_CHECKS:
        text = (_ROOT / f"{name}.py").read_text()
        assert not any(f"grader.{package}" in text for package in ("marks", "ledger", "pages"))
    assert "marks" not in imports["judging"]


def test_who_starts_processes_is_said_in_one_place() -> None:
    starts = ("subprocess", "multiprocessing", "os.fork", "os.exec")
    found = {
        path.relative_to(_ROOT).as_posix()
        for path in _ROOT.rglob("*.py")
        if "checks" not in path.relative_to(_ROOT).parts
        and any(word in path.read_text() for word in starts)
    }
    assert found == {
        "workers/processes.py",
        "workers/warm_parent.py",  # forks the children that student code runs in
        "sandbox/ladder.py",  # tries each rung in a child that it drops
        "handout/fingerprints.py",  # our own misconceptions, in a fresh interpreter
    }
