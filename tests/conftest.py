"""What all tests share: no network, one torch thread, one warm parent."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
import torch

from grader import processes
from grader.processes import Nursery
from grader.sandbox import Limits

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The warm parent, with the isolation that this machine has."""
    with processes.nursery(Limits()) as warm:
        yield warm
