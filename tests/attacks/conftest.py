"""The corpus is graded once for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.run import Run, everything


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """All attacks, graded as one class."""
    with everything(tmp_path_factory.mktemp("attacks")) as graded:
        yield graded
