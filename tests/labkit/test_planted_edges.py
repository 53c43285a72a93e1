"""Greater-than and the switch, over seeds: each edge really cut, the planted ones and no other."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch
from labkit.headgraph import Edge, HeadGraph
from labkit.planted import greater_than, switch
from labkit.planted.contrast import Contrast
from torch import Tensor

BUILDERS = {"greater_than": greater_than, "switch": switch}


class Cutter:
    """Runs a contrast's model with edges cut, toward the corrupted prompts or toward nothing."""

    def __init__(self, contrast: Contrast) -> None:
        self.contrast = contrast
        self.graph = HeadGraph(contrast.model)
        self.other, _ = self.graph.run(self.graph.embed(contrast.corrupted))

    def logits(self, edges: set[Edge] | frozenset[Edge], instead: Tensor | None = None) -> Tensor:
        cut = torch.zeros_like(self.graph.is_edge)
        for edge in edges:
            cut[edge] = True
        other = self.other if instead is None else instead
        start = self.graph.embed(self.contrast.clean)
        return self.graph.run(start, cut=cut, instead=other)[1]

    def metric(self, logits: Tensor) -> Tensor:
        rows = torch.arange(len(logits))
        c = self.contrast
        return logits[rows, c.correct] - logits[rows, c.wrong]


@pytest.mark.usefixtures("one_bridge")
@pytest.mark.parametrize("name", BUILDERS)
def test_every_planted_edge_acts_and_no_other_over_100_seeds(name: str) -> None:
    builder: ModuleType = BUILDERS[name]
    layouts = set()
    for seed in range(100):
        contrast = builder.build(seed)
        cutter = Cutter(contrast)
        clean = cutter.metric(cutter.logits(set()))
        assert (clean > 0.5).all(), seed
        everything = frozenset(cutter.graph.edges)
        outside = everything - contrast.edges
        # All the others together do nothing, so no redundant way is hidden among them.
        torch.testing.assert_close(
            cutter.metric(cutter.logits(outside)), clean, atol=1e-4, rtol=0, msg=str(seed)
        )
        for edge in contrast.edges:
            change = cutter.metric(cutter.logits({edge})) - clean
            assert change.mean() < -0.5, (seed, edge)
        bare = cutter.metric(cutter.logits(contrast.edges))
        corrupted = cutter.metric(cutter.logits(everything))
        torch.testing.assert_close(bare, corrupted, atol=1e-3, rtol=0)
        layouts.add((str(contrast.truth), contrast.edges))
    assert len(layouts) >= (90 if name == "greater_than" else 2)


def test_the_model_says_the_larger_digits() -> None:
    contrast = greater_than.build(4)
    with torch.no_grad():
        logits = contrast.model(contrast.clean)[:, -1, 1 : 1 + greater_than.DIGITS]
    assert (contrast.correct > contrast.wrong).all()
    graph = HeadGraph(contrast.model)
    voice = contrast.truth["voice"]
    assert isinstance(voice, tuple)
    number = 1 + voice[0] * greater_than.HEADS + voice[1]
    written, _ = graph.run(graph.embed(contrast.clean))
    constant = written[number, 0, -1]
    torch.testing.assert_close(written[number], constant.expand_as(written[number]))
    quiet = logits - (constant @ contrast.model.W_U)[1 : 1 + greater_than.DIGITS]
    for row, tokens in enumerate(contrast.clean):
        digit = next(int(t) - 1 for t in tokens if 1 <= t <= greater_than.DIGITS)
        assert quiet[row, digit + 1 :].min() > quiet[row, : digit + 1].max() + 1


def test_the_switch_is_saturated_and_the_voice_is_missed() -> None:
    contrast = switch.build(1)
    place = contrast.truth["switch"]
    assert isinstance(place, tuple)
    with torch.no_grad():
        _, cache = contrast.model.run_with_cache(contrast.clean)
    assert cache["pattern", 0][:, place[1], -1].amax(-1).min() > 0.99999
    # The voice: nothing to the corrupted run, a lot to zero ablation.
    greater = greater_than.build(1)
    cutter = Cutter(greater)
    voice = greater.truth["voice"]
    assert isinstance(voice, tuple)
    edge = (1 + voice[0] * greater_than.HEADS + voice[1], 1 + 3 * greater_than.HEADS)
    whole = cutter.logits(set())
    torch.testing.assert_close(cutter.logits({edge}), whole, atol=1e-4, rtol=0)
    zeros = torch.zeros_like(cutter.other)
    assert (cutter.logits({edge}, zeros) - whole).abs().max() > 0.5
