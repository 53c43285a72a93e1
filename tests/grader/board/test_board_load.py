"""A small full room; ``python -m tests.board_load`` is the large one."""

from __future__ import annotations

import statistics
from pathlib import Path

from tests import board_load


def test_no_report_is_lost_or_counted_twice_when_the_board_is_killed(tmp_path: Path) -> None:
    load = board_load.simulate(people=12, reports=8, pages=2, folder=tmp_path)
    assert load.wrong_counts == []
    assert (load.sent, load.kept, load.distinct) == (96, 96, 96)
    assert load.holds
    assert load.notices <= 12, "each is told once"
    assert statistics.median(load.check_times) < 0.02
    assert [path.name for path in tmp_path.iterdir()] == ["board.sqlite"], "Ctrl-C leaves it tidy"
