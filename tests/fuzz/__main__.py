"""``python -m tests.fuzz --count 2000 --seed 0``: that many mutants graded, and a table of them."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz.course import write_course
from tests.fuzz.mutants import mutants, mutators
from tests.fuzz.run import Verdict, verdicts

_BATCH = 250  # mutants in one class: what is on disk at a time


def main() -> int:
    """Grade, print, and return 1 if anything was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, nargs="*", help="the numbers of single mutants")
    asked = parser.parse_args()
    wanted = [
        m for m in mutants(asked.count, asked.seed) if not asked.only or m.number in asked.only
    ]
    done: list[Verdict] = []
    stopped = 0
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        lab = write_course(Path(folder) / "course")
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            with tempfile.TemporaryDirectory() as home:
                try:
                    done += verdicts(batch, lab, Path(home))
                except Exception:
                    stopped += 1
                    traceback.print_exc()
            bad = _tell(done[start:])
            print(f"{len(done)} of {len(wanted)}: {bad} not as they must be", flush=True)
    _print_table(done)
    bad = sum(bool(verdict.problems) for verdict in done)
    count = Counter(v.result.status if v.result else "no result" for v in done)
    print(
        f"{len(done)} mutants, seed {asked.seed}, {time.perf_counter() - begun:.0f} s: "
        + ", ".join(f"{number} {status}" for status, number in sorted(count.items()))
        + f"; {stopped} runs stopped; {bad} not as they must be"
    )
    return 1 if bad or stopped else 0


def _tell(done: list[Verdict]) -> int:
    """Say what was not as it must be; return of how many mutants."""
    bad = [verdict for verdict in done if verdict.problems]
    for verdict in bad:
        print(f"{verdict.mutant.name}\n    " + "\n    ".join(verdict.problems))
    return len(bad)


def _print_table(done: list[Verdict]) -> None:
    print(f"{'mutator':44} {'keeps':10} mutants graded reason slowest")
    for mutator in mutators():
        mine = [v for v in done if mutator.name in v.mutant.mutators]
        graded = sum(v.result is not None and v.result.status == "graded" for v in mine)
        slowest = max((v.seconds for v in mine), default=0.0)
        print(
            f"{mutator.name:44} {mutator.promise:10} {len(mine):7} {graded:6} "
            f"{len(mine) - graded:6} {slowest:5.1f} s"
        )
    for verdict in sorted(done, key=lambda v: -v.seconds)[:5]:
        print(f"slow: {verdict.seconds:.1f} s, {verdict.mutant.name}")


if __name__ == "__main__":
    sys.exit(main())
