"""The command behind lab 06's rates: one short run, and the counting."""

from __future__ import annotations

import pytest

from tests import spd_rates
from tests.spd_rates import Run


def _run(seed: int, *faults: str, content: bool = True) -> Run:
    return Run(seed, faults, content, {"embed": 1.0}, {"embed": 0.99}, {"embed": 5}, 0.01, 2.0)


def test_the_embedding_alone_is_found_and_judged_with_the_truth() -> None:
    run = spd_rates.decompose(0, "embed")
    assert run.faults == ()
    assert run.content
    assert run.live == {"embed": 5}
    assert abs(run.ml2r["embed"] - 1) < 0.1


def test_rates_count_first_runs_and_what_they_call_for(capsys: pytest.CaptureFixture[str]) -> None:
    firsts = [_run(0), _run(1, "embed: 4 live", content=False), _run(2, "embed: 6 live")]
    spd_rates.report(firsts, [None, _run(10_001), None])
    said = capsys.readouterr().out
    assert "right, without a restart: 1 of 3" in said
    assert "right, with the one restart: 2 of 3" in said
    assert "restarts called for: 1, of them after a right run: 0" in said
    assert "wrong runs that diagnose calls right: 1" in said
    assert "first runs: seed 1: embed: 4 live" in said
