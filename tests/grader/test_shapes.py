"""The warm parent hears of the shapes that checks use, so that no worker builds them itself."""

from __future__ import annotations

from typing import Any

from labkit import models, native

from grader.workers.processes import Nursery
from tests.workers import Worker

KNOWN = "from labkit import native\ndef known():\n    return [list(s) for s in native.booted()]"


def _known(nursery: Nursery) -> list[Any]:
    with Worker(nursery, KNOWN) as worker:
        known: list[Any] = worker.call("known")
        return known


def test_a_shape_is_told_once_and_known_to_every_worker_after(nursery: Nursery) -> None:
    model = models.random(0, n_layers=1, d_vocab=23, eps=0.125)
    shape = [native.config_of(model), "float32"]
    assert shape in _known(nursery)
    assert nursery._news() == []
    assert shape in _known(nursery)


def test_many_shapes_fit_into_the_requests(nursery: Nursery) -> None:
    for size in range(40, 130):
        models.random(0, n_layers=1, attn_only=True, d_vocab=size)
    told = {shape[0]["d_vocab"] for _ in range(3) for shape in _known(nursery)}
    newest = {config["d_vocab"] for config, _ in native.booted()}
    assert newest <= told
