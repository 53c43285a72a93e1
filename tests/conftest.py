"""What all tests share: no network, one torch thread, one warm parent."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
import torch

from grader.sandbox import Limits
from grader.workers import processes
from grader.workers.processes import Nursery

torch.set_num_threads(1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share tests out by file, as fixtures are; those of the contract also by lab."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileAndLab(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            lab = re.search(r"\[(\d\d_[a-z0-9_]+)", test)
            return f"{file} {lab[1]}" if lab else file

    return ByFileAndLab(config, log)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The warm parent, with the isolation that this machine has."""
    with processes.nursery(Limits()) as warm:
        yield warm
