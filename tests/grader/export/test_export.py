"""Exports in general: formats are found by looking, and what a user can get wrong is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import export
from grader.errors import UserError


def test_a_format_is_a_file_in_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "abacus.py").write_text(
        'USUAL = "beads.txt"\n\n\ndef write(marks, labs, target):\n    return f"{target}!"\n'
    )
    monkeypatch.setattr(export, "__path__", [*export.__path__, str(tmp_path)])
    assert {"abacus", "nbgrader"} <= set(export.formats())
    run = tmp_path / "marks"
    run.mkdir()
    (run / "results.jsonl").write_text(
        '{"student": "a", "lab": "x", "status": "missing", "reason": "", "score": 0, '
        '"max_score": 1, "exercises": []}\n'
    )
    assert export.export(run, "abacus", labs={}) == "beads.txt!"
    assert export.export(run, "abacus", tmp_path / "y", labs={}) == f"{tmp_path / 'y'}!"


def test_an_unknown_format_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--to is one of .*nbgrader.*, not 'abacus'"):
        export.export(tmp_path, "abacus")


def test_a_folder_without_results_says_what_comes_first(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="grade SUBMISSIONS --out"):
        export.export(tmp_path / "nowhere", "nbgrader")
