"""``kill -9`` at any moment: the same command again ends with the files of an undisturbed run.

A few moments of each kind here; fifty with ``python -m tests.grader.crash --moments 50``. It runs
in a process of its own, since that one adopts orphans and reads its own descendants.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grader import crash

_ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc and adopts orphans")
def test_kills_at_random_moments_change_no_byte_and_leave_nothing() -> None:
    moments = 2 * len(crash.KINDS)
    done = subprocess.run(
        [sys.executable, "-m", "tests.grader.crash", "--moments", str(moments), "--size", "24"],
        cwd=_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{moments} kills" in done.stdout
    assert done.stdout.count("the same files, nothing left") == moments
