"""The graph of heads: the model's own forward pass, edges that can be cut, gradients by reader."""

from __future__ import annotations

import pytest
import torch
from labkit import models
from labkit.errors import LabError
from labkit.headgraph import HeadGraph
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge


def _model(**config: object) -> TransformerBridge:
    settings = {"n_layers": 3, "attn_only": True, "normalization_type": None, **config}
    return models.random(7, dtype=torch.float64, **settings)


@pytest.fixture
def tokens() -> Tensor:
    return torch.randint(37, (4, 6), generator=torch.Generator().manual_seed(0))


def test_it_computes_what_the_model_computes(tokens: Tensor) -> None:
    model = _model()
    graph = HeadGraph(model)
    written, logits = graph.run(graph.embed(tokens))
    with torch.no_grad():
        truth, cache = model.run_with_cache(tokens)
    torch.testing.assert_close(logits, truth[:, -1])
    for number, name in enumerate(graph.nodes[1:-1], start=1):
        layer, head = divmod(number - 1, model.cfg.n_heads)
        assert name == f"L{layer}H{head}"
        own = cache["z", layer][:, :, head] @ model.blocks[layer].attn.W_O[head]
        torch.testing.assert_close(written[number], own.detach())
    assert not written[-1].any()


def test_edges_lead_to_later_layers_in_the_order_of_computation() -> None:
    graph = HeadGraph(_model())
    assert len(graph.edges) == 13 + 4 * 9 + 4 * 5 + 4
    assert graph.edges == sorted(graph.edges, key=lambda edge: (edge[1], edge[0]))
    assert all(graph.layer_of[s] < graph.layer_of[t] for s, t in graph.edges)
    assert int(graph.is_edge.sum()) == len(graph.edges)
    assert all(bool(graph.is_edge[edge]) for edge in graph.edges)


def test_all_edges_cut_is_the_corrupted_run_and_one_edge_reaches_its_target_only(
    tokens: Tensor,
) -> None:
    graph = HeadGraph(_model())
    start, end = graph.embed(tokens), graph.embed(tokens.flip(0))
    other, corrupted = graph.run(end)
    _, logits = graph.run(start, cut=graph.is_edge, instead=other)
    torch.testing.assert_close(logits, corrupted)
    clean, _ = graph.run(start)
    cut = torch.zeros_like(graph.is_edge)
    cut[0, 6] = True  # the input's message to one head of the second layer
    written, _ = graph.run(start, cut=cut, instead=other)
    changed = [not torch.allclose(a, b) for a, b in zip(written, clean, strict=True)]
    assert changed == [False] * 6 + [True] + [False] * 2 + [True] * 4 + [False]


def test_the_gradient_at_a_reader_is_that_of_what_it_reads(tokens: Tensor) -> None:
    graph = HeadGraph(_model())
    start = graph.embed(tokens)
    nudge = torch.zeros(len(graph.nodes), *start.shape, dtype=start.dtype, requires_grad=True)
    graph.run(start, nudge=nudge)[1].square().sum().backward()
    draw = torch.Generator().manual_seed(1)
    way = torch.randn(nudge.shape, generator=draw, dtype=start.dtype)
    ahead, behind = (graph.run(start, nudge=s * way)[1].square().sum() for s in (1e-5, -1e-5))
    assert nudge.grad is not None
    slope = (nudge.grad * way).sum()
    torch.testing.assert_close(slope, (ahead - behind) / 2e-5, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "config", [{"normalization_type": "RMS"}, {"attn_only": False}, {"n_key_value_heads": 2}]
)
def test_a_model_that_is_no_sum_of_heads_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(LabError, match="attention-only models without norm"):
        HeadGraph(_model(**config))
